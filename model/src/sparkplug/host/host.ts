/**
 * The edge nodes behind one broker, as a host application follows them: every message changes the state of its node, and the effects go to
 * the agent. It holds state and knows names; it opens no connection.
 */
import { decodeSparkplug } from '../decode.ts'
import { reduceEdgeNode } from '../edge-node.ts'
import {
  type EdgeNodeLimits,
  edgeNodeLimits,
  type EdgeNodeState,
  type NodeEffect,
  type NodeEvent,
  type NodeMessage,
  unknownEdgeNode
} from '../edge-node-types.ts'
import { parseSparkplugTopic } from '../topic.ts'
import type { HostNaming } from './host-config.ts'
import type { HostActions, HostReading, NodeName, SparkplugHost } from './host-types.ts'
import { deviceIdOf, type Subject, subjectKey } from './naming.ts'
import { declarationOfBirth, readingsOfMetrics } from './readings.ts'

export interface SparkplugHostOptions {
  readonly config: HostNaming
  readonly actions: HostActions
  readonly now: () => number
  /** Device ids have to differ within a scope only; all are in one when left out. */
  readonly scopeOf?: (node: NodeName) => string
}

interface Node {
  readonly name: NodeName
  state: EdgeNodeState
  askedAtMs: number | undefined
  /** Why its births are to be asked for as soon as that may be. */
  wanted: string | undefined
}

interface Known {
  readonly id: string
  blocked: ReadonlySet<string>
  online: boolean
}

interface Origin {
  readonly topic: string
  readonly payload: Uint8Array
}

export function createSparkplugHost({ config, actions, now, scopeOf = () => '' }: SparkplugHostOptions): SparkplugHost {
  const nodes = new Map<string, Node>()
  /** By `group/node[/device]`; undefined for those that are passed over. */
  const known = new Map<string, Known | undefined>()
  const owners = new Map<string, string>()
  const origins = new WeakMap<NodeMessage, Origin>()
  const counts = { gaps: 0, passedOver: 0, rebirthsAsked: 0 }
  const limits: EdgeNodeLimits = {
    ...edgeNodeLimits,
    reorderTimeoutMs: config.reorderTimeoutMs ?? edgeNodeLimits.reorderTimeoutMs,
    rebirthIntervalMs: config.rebirthIntervalMs ?? edgeNodeLimits.rebirthIntervalMs
  }

  /** Whose readings these are; undefined when they are not taken. */
  const knownOf = (subject: Subject, origin: Origin | undefined): Known | undefined => {
    const key = subjectKey(subject)
    if (known.has(key)) return known.get(key)
    const own = Object.hasOwn(config.devices ?? {}, key) ? config.devices?.[key] : undefined
    const rule = subject.device === '' ? (config.nodeName ?? '{node}') : (config.deviceName ?? '{node}-{device}')
    const id = own ?? (config.onlyNamed === true ? undefined : deviceIdOf(subject, rule))
    const scoped = `${scopeOf(subject)}/${id ?? ''}`
    const owner = id === undefined ? undefined : owners.get(scoped)
    if (id !== undefined && owner !== undefined && origin !== undefined) {
      const message = `device id "${id}" of ${key} is that of ${owner} already, expected an entry in \`devices\` for one of them`
      actions.refuse({ ...origin, node: subject, reason: { code: 'DEVICE_AMBIGUOUS', pointer: '', message } })
    }
    const entry = id === undefined || owner !== undefined ? undefined : { id, blocked: new Set<string>(), online: false }
    if (entry !== undefined) owners.set(scoped, key)
    known.set(key, entry)
    return entry
  }

  const act = (node: Node, effect: NodeEffect, origin: Origin | undefined) => {
    const subject = (device: string) => ({ ...node.name, device })
    switch (effect.type) {
      case 'birth': {
        const target = knownOf(subject(effect.device), origin)
        if (target === undefined) return passOver()
        const { readings, taken } = readingsOfMetrics(target.id, effect.metrics, { config })
        target.blocked = new Set(taken)
        target.online = true
        if (taken.length > 0) refuseNames(target.id, taken, { node, origin })
        const metrics = effect.metrics.filter(({ name }) => !target.blocked.has(name))
        const declared = declarationOfBirth(target.id, metrics, config)
        actions.device({ id: target.id, node: node.name, timeMs: effect.timeMs, declared, reason: '' })
        return give(readings, { node: node.name, isBirth: true })
      }
      case 'data': {
        const target = knownOf(subject(effect.device), origin)
        return target === undefined
          ? passOver()
          : give(readingsOfMetrics(target.id, effect.metrics, { config, blocked: target.blocked }).readings, {
              node: node.name,
              isBirth: false
            })
      }
      case 'death': {
        const target = known.get(subjectKey(subject(effect.device)))
        if (target === undefined) return undefined
        target.online = false
        return actions.device({ id: target.id, node: node.name, timeMs: effect.timeMs, declared: undefined, reason: effect.reason })
      }
      case 'rebirth':
        return ask(node, effect.reason)
      case 'gap':
        counts.gaps += 1
        return actions.gap(node.name, ((effect.to - effect.from + 256) % 256) + 1, known.get(subjectKey(subject('')))?.id)
      case 'refused': {
        const from = origins.get(effect.message) ?? origin
        const device = known.get(subjectKey(subject(effect.message.device)))?.id
        return from === undefined
          ? undefined
          : actions.refuse({ ...from, node: node.name, reason: effect.reason, ...(device === undefined ? {} : { device }) })
      }
      default:
        return effect satisfies never
    }
  }

  const ask = (node: Node, reason: string) => {
    counts.rebirthsAsked += 1
    node.askedAtMs = now()
    node.wanted = undefined
    actions.askRebirth(node.name, reason)
  }
  const askWanted = (node: Node) => {
    const { askedAtMs, wanted } = node
    const isDue = askedAtMs === undefined || Math.abs(now() - askedAtMs) >= limits.rebirthIntervalMs
    if (wanted !== undefined && isDue) ask(node, wanted)
  }
  const give = (readings: readonly HostReading[], about: { readonly node: NodeName; readonly isBirth: boolean }) => {
    if (readings.length > 0) actions.readings(readings, about)
  }
  const passOver = () => {
    counts.passedOver += 1
  }
  const refuseNames = (device: string, names: readonly string[], from: { readonly node: Node; readonly origin: Origin | undefined }) => {
    const { node, origin } = from
    const message = `metrics ${names.slice(0, 5).join(', ')} have the name of another one here, expected an entry in \`metrics\` for them`
    if (origin !== undefined)
      actions.refuse({ ...origin, node: node.name, device, reason: { code: 'METRIC_AMBIGUOUS', pointer: '', message } })
  }

  const step = (node: Node, event: NodeEvent, origin: Origin | undefined) => {
    const { state, effects } = reduceEdgeNode(node.state, event, { nowMs: now(), limits })
    node.state = state
    for (const effect of effects) act(node, effect, origin)
  }

  const nodeOf = ({ group, node: name }: NodeName): Node | undefined => {
    const key = `${group}/${name}`
    const found = nodes.get(key)
    if (found !== undefined || nodes.size >= (config.nodesMax ?? 500)) return found
    const node = { name: { group, node: name }, state: unknownEdgeNode, askedAtMs: undefined, wanted: undefined }
    nodes.set(key, node)
    return node
  }
  const all = (event: NodeEvent) => {
    for (const node of nodes.values()) step(node, event, undefined)
  }

  return {
    take(topic, payload, receivedAtMs) {
      const parsed = parseSparkplugTopic(topic)
      if (!parsed.ok) return actions.refuse({ topic, payload, reason: parsed.reason })
      const { value } = parsed
      if (value.type === 'STATE') return actions.stateSeen(value.host, payload)
      if (value.type === 'NCMD' || value.type === 'DCMD') return undefined
      const decoded = decodeSparkplug(payload)
      if (!decoded.ok) return actions.refuse({ topic, payload, node: value, reason: decoded.reason })
      const node = nodeOf(value)
      if (node === undefined) {
        const message = `edge node is ${value.group}/${value.node}, expected one of the ${nodes.size} that came first (nodesMax)`
        return actions.refuse({ topic, payload, node: value, reason: { code: 'SPARKPLUG_TOO_MANY_NODES', pointer: '', message } })
      }
      const message: NodeMessage = { type: value.type, device: 'device' in value ? value.device : '', payload: decoded.value, receivedAtMs }
      const origin = { topic, payload }
      origins.set(message, origin)
      return step(node, { type: 'message', message }, origin)
    },
    tick() {
      all({ type: 'tick' })
      for (const node of nodes.values()) askWanted(node)
    },
    lost: () => all({ type: 'lost' }),
    connected() {
      for (const key of Object.keys(config.devices ?? {})) {
        const [group = '', name = ''] = key.split('/')
        nodeOf({ group, node: name })
      }
      for (const node of nodes.values()) ask(node, 'connected')
    },
    know(names) {
      for (const name of names) nodeOf(name)
    },
    rebirth(name, reason) {
      const node = nodeOf(name)
      if (node === undefined) return
      node.wanted = reason
      askWanted(node)
    },
    get counts() {
      const online = [...nodes.values()].filter(({ state }) => state.online).length
      return { ...counts, nodesOnline: online, devicesOnline: [...known.values()].filter((entry) => entry?.online === true).length }
    }
  }
}
