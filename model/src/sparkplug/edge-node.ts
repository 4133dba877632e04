/**
 * What a host application knows of one edge node, and what a message changes: births, aliases, the order of `seq`, deaths (Sparkplug B 3.0,
 * chapters 5 and 6). Pure: `(state, event, nowMs) => { state, effects }`. It publishes nothing and keeps no clock.
 */
import type { Reason } from '../errors.ts'
import { typeNamed } from './datatypes.ts'
import { bdSeqOf, declarationOf, resolveMetric } from './edge-node-metrics.ts'
import {
  type DeclaredMetric,
  type EdgeNodeLimits,
  edgeNodeLimits,
  type EdgeNodeState,
  type NodeEffect,
  type NodeEvent,
  type NodeMessage,
  type NodeStep,
  type ResolvedMetric
} from './edge-node-types.ts'

const sequenceSize = 256

export function reduceEdgeNode(
  state: EdgeNodeState,
  event: NodeEvent,
  options: { readonly nowMs: number; readonly limits?: EdgeNodeLimits }
): NodeStep {
  const context: Context = { nowMs: options.nowMs, limits: options.limits ?? edgeNodeLimits, effects: [] }
  return { state: next(state, event, context), effects: context.effects }
}

interface Context {
  readonly nowMs: number
  readonly limits: EdgeNodeLimits
  readonly effects: NodeEffect[]
}

function next(state: EdgeNodeState, event: NodeEvent, context: Context): EdgeNodeState {
  switch (event.type) {
    case 'message':
      return onMessage(state, event.message, context)
    case 'tick':
      return isGapOver(state, context) ? closeGap(state, context) : state
    case 'lost':
      // The line to the broker: nothing is known of the node until its birth.
      return { ...endAll(state, context, 'connection to the broker lost'), nextSeq: undefined, held: [], gapSinceMs: undefined }
    default:
      return event satisfies never
  }
}

function onMessage(state: EdgeNodeState, message: NodeMessage, context: Context): EdgeNodeState {
  const { type, payload } = message
  if (type === 'NCMD' || type === 'DCMD') return state
  if (type === 'NBIRTH') return onNodeBirth(state, message, context)
  if (type === 'NDEATH') return onNodeDeath(state, message, context)
  const { seq } = payload
  if (seq === undefined || seq < 0 || seq >= sequenceSize) {
    context.effects.push(refused(message, 'SPARKPLUG_SEQ', `seq is ${seq ?? 'missing'}, expected 0 to 255`))
    return state
  }
  if (!state.online || state.nextSeq === undefined) {
    context.effects.push(refused(message, 'SPARKPLUG_NOT_BORN', `${type} came before the birth of its edge node, expected NBIRTH first`))
    return askRebirth(state, context, `${type} before NBIRTH`)
  }
  if (seq === state.nextSeq) return drain(apply({ ...state, nextSeq: after(seq) }, message, context), context)
  const held = [...state.held, { message, seq }]
  const waiting = { ...state, held, gapSinceMs: state.gapSinceMs ?? context.nowMs }
  return held.length > context.limits.heldMax || isGapOver(waiting, context) ? closeGap(waiting, context) : waiting
}

/** Applies what was held and is next now. */
function drain(state: EdgeNodeState, context: Context): EdgeNodeState {
  let current = state
  for (;;) {
    const index = current.held.findIndex((held) => held.seq === current.nextSeq)
    const found = current.held[index]
    if (found === undefined) break
    const held = current.held.toSpliced(index, 1)
    current = apply({ ...current, held, nextSeq: after(found.seq) }, found.message, context)
  }
  return current.held.length === 0 ? { ...current, gapSinceMs: undefined } : current
}

function isGapOver(state: EdgeNodeState, { nowMs, limits }: Context): boolean {
  // A clock that was set back must not keep a gap open for ever.
  return state.gapSinceMs !== undefined && (nowMs - state.gapSinceMs >= limits.reorderTimeoutMs || nowMs < state.gapSinceMs)
}

/** Gives the missing up: what came meanwhile is taken in its order, and the births are asked for. */
function closeGap(state: EdgeNodeState, context: Context): EdgeNodeState {
  let current = state
  while (current.held.length > 0 && current.nextSeq !== undefined) {
    const from = current.nextSeq
    const distance = (seq: number) => (seq - from + sequenceSize) % sequenceSize
    const nearest = current.held.reduce((best, held) => (distance(held.seq) < distance(best.seq) ? held : best))
    context.effects.push({ type: 'gap', from, to: before(nearest.seq) })
    current = drain({ ...current, nextSeq: nearest.seq }, context)
  }
  return askRebirth({ ...current, gapSinceMs: undefined }, context, 'a message is missing')
}

function onNodeBirth(state: EdgeNodeState, message: NodeMessage, context: Context): EdgeNodeState {
  const { payload } = message
  const { seq } = payload
  const bdSeq = bdSeqOf(payload)
  if (seq === undefined || seq < 0 || seq >= sequenceSize) {
    context.effects.push(refused(message, 'SPARKPLUG_SEQ', `seq of NBIRTH is ${seq ?? 'missing'}, expected 0 to 255`))
    return askRebirth(state, context, 'NBIRTH without seq')
  }
  // Another bdSeq is another session: devices that are not born again in it are gone. The same one is a rebirth.
  const isRebirth = state.online && bdSeq !== undefined && bdSeq === state.bdSeq
  const kept = isRebirth ? state : endAll(state, context, 'edge node was born anew')
  const born: EdgeNodeState = {
    ...kept,
    online: true,
    bdSeq,
    nextSeq: after(seq),
    subjects: isRebirth ? kept.subjects : new Map(),
    aliases: isRebirth ? kept.aliases : new Map(),
    held: [],
    gapSinceMs: undefined,
    rebirthAskedAtMs: undefined
  }
  // What waited for a message of before the birth is taken by what was known then.
  for (const { message: held } of state.held) apply(state, held, context)
  return declare(born, message, context)
}

/** Of a node that is not known to live, or of an earlier session, it ends nothing. */
function onNodeDeath(state: EdgeNodeState, message: NodeMessage, context: Context): EdgeNodeState {
  const bdSeq = bdSeqOf(message.payload)
  if (!state.online || bdSeq === undefined || bdSeq !== state.bdSeq) return state
  for (const { message: held } of state.held) apply(state, held, context)
  // The time of a last will is that of the connect: the host's own time is taken (chapter 5.4).
  return { ...endAll(state, context, 'edge node died'), nextSeq: undefined, held: [], gapSinceMs: undefined }
}

function endAll(state: EdgeNodeState, context: Context, reason: string): EdgeNodeState {
  for (const [device, subject] of state.subjects)
    if (subject.online) context.effects.push({ type: 'death', device, timeMs: context.nowMs, reason })
  const subjects = new Map([...state.subjects].map(([device, subject]) => [device, { ...subject, online: false }]))
  return { ...state, online: false, subjects }
}

function apply(state: EdgeNodeState, message: NodeMessage, context: Context): EdgeNodeState {
  const { type, device, payload, receivedAtMs } = message
  if (type === 'DBIRTH') return declare(state, message, context)
  const subject = state.subjects.get(device)
  if (type === 'DDEATH') {
    if (subject?.online !== true) return state
    context.effects.push({ type: 'death', device, timeMs: payload.timeMs ?? receivedAtMs, reason: 'device died' })
    return { ...state, subjects: new Map(state.subjects).set(device, { ...subject, online: false }) }
  }
  if (subject?.online !== true) {
    context.effects.push(
      refused(message, 'SPARKPLUG_NOT_BORN', `${type} came before the birth of device "${device}", expected DBIRTH first`)
    )
    return askRebirth(state, context, `${type} before DBIRTH`)
  }
  const metrics: ResolvedMetric[] = []
  const wrong: Reason[] = []
  let unknown = false
  payload.metrics.forEach((metric, index) => {
    const declared = declarationOf(state, device, metric)
    if (declared === undefined) {
      unknown = true
      const name = metric.name === undefined ? `alias ${metric.alias ?? 'missing'}` : `"${metric.name}"`
      wrong.push(
        reasonAt(index, 'SPARKPLUG_METRIC_UNKNOWN', `metric ${name} is in no birth of ${device === '' ? 'the node' : `device "${device}"`}`)
      )
      return
    }
    const resolved = resolveMetric(metric, declared, message)
    if (resolved.ok) metrics.push(resolved.value)
    else wrong.push({ ...resolved.reason, pointer: `/metrics/${index}` })
  })
  if (metrics.length > 0) context.effects.push({ type: 'data', device, metrics })
  pushWrong(wrong, message, context)
  return unknown ? askRebirth(state, context, 'a metric is in no birth') : state
}

function declare(state: EdgeNodeState, message: NodeMessage, context: Context): EdgeNodeState {
  const { device, payload, receivedAtMs } = message
  if (!state.subjects.has(device) && state.subjects.size >= context.limits.devicesMax + 1) {
    const limit = `edge node has ${state.subjects.size - 1} devices, expected at most ${context.limits.devicesMax}`
    context.effects.push(refused(message, 'SPARKPLUG_TOO_MANY_DEVICES', limit))
    return state
  }
  const metrics = new Map<string, DeclaredMetric>()
  const aliases = new Map([...state.aliases].filter(([, known]) => known.device !== device))
  const resolved: ResolvedMetric[] = []
  const wrong: Reason[] = []
  payload.metrics.forEach((metric, index) => {
    const type = metric.datatype === undefined ? undefined : typeNamed(metric.datatype)
    if (metric.name === undefined || metric.name === '' || type === undefined || type === 'Unknown') {
      const found = `name "${metric.name ?? ''}" and data type ${metric.datatype ?? 'missing'}`
      wrong.push(reasonAt(index, 'SPARKPLUG_BIRTH', `metric of the birth has ${found}, expected a name and a type`))
      return
    }
    const { name, alias } = metric
    const declared = { name, type, alias, properties: metric.properties ?? new Map(), isTransient: metric.isTransient }
    metrics.set(name, declared)
    if (alias !== undefined) aliases.set(alias, { device, metric: declared })
    const value = resolveMetric(metric, declared, message)
    if (value.ok) resolved.push(value.value)
    else wrong.push({ ...value.reason, pointer: `/metrics/${index}` })
  })
  context.effects.push({ type: 'birth', device, timeMs: payload.timeMs ?? receivedAtMs, metrics: resolved })
  pushWrong(wrong, message, context)
  return { ...state, aliases, subjects: new Map(state.subjects).set(device, { online: true, metrics }) }
}

function askRebirth(state: EdgeNodeState, context: Context, reason: string): EdgeNodeState {
  const { nowMs, limits } = context
  const sinceMs = state.rebirthAskedAtMs === undefined ? Infinity : Math.abs(nowMs - state.rebirthAskedAtMs)
  if (sinceMs < limits.rebirthIntervalMs) return state
  context.effects.push({ type: 'rebirth', reason })
  return { ...state, rebirthAskedAtMs: nowMs }
}

/** One entry stands for all that is wrong with a message. */
function pushWrong(wrong: readonly Reason[], message: NodeMessage, context: Context): void {
  const [first] = wrong
  if (first === undefined) return
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ''
  context.effects.push({ type: 'refused', message, reason: { ...first, message: first.message + more } })
}

function reasonAt(index: number, code: string, message: string): Reason {
  return { code, pointer: `/metrics/${index}`, message }
}

function refused(message: NodeMessage, code: string, text: string): NodeEffect {
  return { type: 'refused', message, reason: { code, pointer: '', message: text } }
}

function after(seq: number): number {
  return (seq + 1) % sequenceSize
}

function before(seq: number): number {
  return (seq + sequenceSize - 1) % sequenceSize
}
