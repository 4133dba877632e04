/**
 * A Sparkplug B host application as an input of the collector: follows the edge nodes on a broker, asks for births, says whether it is there,
 * and hands what it finds to the sink. Sparkplug's data is QoS 0 and its sessions are clean, so that what is lost on that line is noticed,
 * told, and not got back; nothing here pretends otherwise.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { filtersOf, rebirthCommand } from '@tracegate/model/sparkplug/host/filters'
import { createSparkplugHost } from '@tracegate/model/sparkplug/host/host'
import type { NodeName } from '@tracegate/model/sparkplug/host/host-types'
import { parseSparkplugTopic, sparkplugTopic } from '@tracegate/model/sparkplug/topic'
import type { IngestSink } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { type MqttSession, openMqttSession } from '@tracegate/service/mqtt-session/mqtt-session'
import { createDeviceFeed } from './device-feed.ts'
import { createHostClaim } from './host-claim.ts'
import { openKnownNodes } from './known-nodes.ts'
import { createOtherHosts } from './other-hosts.ts'
import { createSparkplugEvents } from './sparkplug-events.ts'
import { checkSparkplugInput, ownsNode, pointOfNode, type SparkplugInput } from './sparkplug-options.ts'

export interface SparkplugInputHandle extends AsyncDisposable {
  readonly connected: () => boolean
  /** Why no messages come; undefined while they can. */
  trouble(): string | undefined
  readonly counts: Readonly<{ nodesOnline: number; devicesOnline: number; gaps: number; passedOver: number; rebirthsAsked: number }>
}

export interface StartSparkplugInputOptions {
  readonly input: SparkplugInput
  readonly sink: IngestSink
  /** Keeps the names of the edge nodes for the next start. */
  readonly dataDir: string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly nowMs?: () => number
}

const tickMs = 250
const drainMs = 1_000
/** Time for the last word of a session to reach the broker. */
const lastWordMs = 250
/** Messages handed over at once; they are only put into the queue. */
const inFlightMax = 1_000

/** Throws `COLLECTOR_INPUT`. */
export function startSparkplugInput(options: StartSparkplugInputOptions): SparkplugInputHandle {
  const { input, logger, dataDir, nowMs = Date.now } = options
  checkSparkplugInput(input)
  const { hostId, url } = input
  const clientId = input.clientId ?? `tracegate-host-${hostId}`
  const events = createSparkplugEvents({ ...options, url, hostId })
  const claim = createHostClaim({ nowMs })
  const otherHosts = createOtherHosts(events)
  const stateTopic = sparkplugTopic({ type: 'STATE', host: hostId })
  let session: MqttSession | undefined
  let stopped: string | undefined

  const feed = createDeviceFeed({
    ...options,
    boot: randomUUID(),
    clientId,
    pointOf: (node) => pointOfNode(input, node),
    events,
    nowMs,
    waitingMessagesMax: input.waitingMessagesMax ?? 20_000,
    waitingBytesMax: input.waitingBytesMax ?? 33_554_432,
    askRebirth: (node, reason) => host.rebirth(node, reason),
    onKnownChanged: () => known.changed()
  })
  const known = openKnownNodes({
    dataDir,
    hostId,
    read: () => feed.known(),
    onFailed: (error) => events.failed('keep the names of the edge nodes', error)
  })
  const host = createSparkplugHost({
    config: input,
    now: nowMs,
    scopeOf: (node) => pointOfNode(input, node),
    actions: {
      readings: (readings, about) => feed.readings(readings, about),
      device: (change) => feed.device(change),
      askRebirth(node, reason) {
        events.rebirthAsked(node, reason)
        session?.publish(sparkplugTopic({ type: 'NCMD', ...nameOf(node) }), rebirthCommand(nowMs()), { qos: 0 })
      },
      gap(node, missing, device) {
        events.gap(node, missing)
        if (device !== undefined) feed.gap(device, node, missing)
      },
      refuse: (refusal) => feed.refuse(refusal),
      stateSeen: (id, payload) => otherHosts.seen(id, payload)
    }
  })
  const ofThisOne = known.devices.filter((device) => ownsNode(input, device))
  feed.know(ofThisOne)
  host.know(ofThisOne)
  events.watch(() => ({ ...host.counts, waitingMessages: feed.queue.messages, waitingBytes: feed.queue.bytes }))

  const publishState = (online: boolean) => session?.publish(stateTopic, claim.payload(online), { qos: 1, retain: true })
  const onOwnState = (payload: Uint8Array, retain: boolean) => {
    const before = claim.takeovers
    const step = claim.seen(payload, { retain })
    if (claim.takeovers > before || step === 'stop') events.takenOver(step === 'stop')
    if (step === 'answer') publishState(true)
    if (step === 'stop') giveUp(`another host application has the id "${hostId}" at ${url}, expected one; stopped until the next start`)
  }
  /** The topic of the state is the other one's now: it finds its own words there, and not a takeover more. */
  const giveUp = (why: string) => {
    if (stopped !== undefined) return
    stopped = why
    host.lost()
    if (claim.ofTheOther !== undefined) session?.publish(stateTopic, claim.ofTheOther, { qos: 1, retain: true })
    void endSession()
  }

  const endSession = async () => {
    // The broker has to have taken the last word first; cut off, the session would end with our last will.
    await sleep(lastWordMs)
    try {
      await session?.[Symbol.asyncDispose]()
    } catch (error) {
      events.failed('end the session', error)
    }
  }

  /** Against the rule (tck-id-topics-nbirth-mqtt), and of an unknown time: it tells that there is such a node, and nothing else. */
  const onRetained = (topic: NodeName & { readonly type: string }) => {
    events.retained()
    if (topic.type === 'NBIRTH') host.rebirth(topic, 'its birth was retained by the broker')
  }

  const take = (topic: string, payload: Uint8Array, retain: boolean) => {
    if (stopped !== undefined) return
    if (topic === stateTopic) return onOwnState(payload, retain)
    const parsed = parseSparkplugTopic(topic)
    if (parsed.ok && 'node' in parsed.value) {
      if (!ownsNode(input, parsed.value)) return events.ofAnotherPartition()
      if (retain) return onRetained(parsed.value)
    }
    events.taken()
    return host.take(topic, payload, nowMs())
  }

  session = openMqttSession({
    connection: input,
    clientId,
    persistent: false,
    will() {
      claim.nextTimestamp()
      return { topic: stateTopic, payload: Buffer.from(claim.payload(false)), qos: 1, retain: true }
    },
    filters: filtersOf(input),
    inFlightMax,
    onMessage(topic, payload, { retain }) {
      take(topic, payload, retain)
      return Promise.resolve()
    },
    onUp() {
      publishState(true)
      host.connected()
    },
    onDown: () => host.lost(),
    onFailed: (detail) => events.failed('take a message', detail),
    logger
  })
  const ticker = setInterval(() => host.tick(), tickMs)
  const unborn = setTimeout(() => feed.giveUpUnborn(), input.birthWaitMs ?? 15_000)

  return {
    connected: () => session.connected,
    trouble: () => stopped ?? (session.connected ? undefined : `not connected to the broker ${url}: ${session.detail}`),
    get counts() {
      return host.counts
    },
    async [Symbol.asyncDispose]() {
      clearInterval(ticker)
      clearTimeout(unborn)
      if (stopped === undefined) publishState(false)
      await session[Symbol.asyncDispose]()
      const left = await feed.queue.drain(drainMs)
      feed.queue.stop()
      if (left > 0) events.left(left)
      await known.flush()
      events[Symbol.dispose]()
    }
  }
}

function nameOf({ group, node }: NodeName): NodeName {
  return { group, node }
}
