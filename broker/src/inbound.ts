/**
 * What clients publish: whether they may, the commit by the sink, the delivery, and the acknowledgement, which comes last and in
 * the order of arrival (MQTT 3.1.1 §4.6). It never acknowledges what is not durable, and never looks into a payload.
 */
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import type { Reason } from '@tracegate/model/errors'
import type { ClientIdentity } from '@tracegate/service/identity'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import type { ClientState } from './clients.ts'
import type { BrokerEvents, DropReason } from './events.ts'
import { createExactlyOnce, type Receipt } from './exactly-once.ts'
import type { BrokerLimits } from './limits.ts'
import { packetType, readPublish, writeAcknowledgement, type PacketPlace, type Qos } from './packets.ts'
import type { Router } from './router.ts'
import type { Message } from './sessions/message.ts'
import type { SessionTable } from './sessions/session-table.ts'
import { mayRetain, publishRight, type KnownTopic } from './topic-rights.ts'

/** waiting: for the sink. committed: to be delivered. delivered: waits for the session file. done: to be acknowledged. failed: neither. */
type Stage = 'waiting' | 'committed' | 'delivered' | 'done' | 'failed'

interface Pending {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: Qos
  readonly packetId: number
  readonly retain: boolean
  /** Of the whole packet. */
  readonly bytes: number
  stage: Stage
  /** Of QoS 2. */
  readonly receipt: Receipt | undefined
}

/** Publishes of one client in order of arrival, until they are acknowledged. */
export interface PendingPublishes {
  queue: Pending[]
  /** The first that is not acknowledged, and the first that is not delivered. */
  head: number
  next: number
}

export interface InboundOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly sessions: SessionTable
  readonly router: Router
  readonly sink: IngestSink
  /** The session of a client, made when it has none. */
  readonly sessionOf: (state: ClientState) => NonNullable<ClientState['session']>
  readonly isClosing: () => boolean
}

export interface Inbound {
  publish(state: ClientState, place: PacketPlace): void
  /** PUBREL. */
  release(state: ClientState, packetId: number): void
  /** The last will of a client: committed like any other message. Gives the reason when it is not taken. */
  will(state: ClientState, message: { readonly topic: string; readonly payload: Uint8Array }): Promise<Error | undefined>
  knownTopic(state: ClientState, topic: string): KnownTopic | TopicBound
}

const topicsPerClientMax = 256
const unknownClient: KnownTopic = { right: 'refuse', mayRetain: false }

export type TopicBound = 'topicLength' | 'topicLevels'

export function createInbound(options: InboundOptions): Inbound {
  const { limits, events, sessions, router, sink } = options
  const exactlyOnce = createExactlyOnce({ ...options, drop })

  function publish(state: ClientState, place: PacketPlace): void {
    const { connection } = state
    const bytes = place.end - place.bodyStart
    const settle = () => connection.settle(bytes)
    const packet = readPublish(place, (topic) => state.topics?.has(topic) === true)
    if (typeof packet === 'string') return drop(state, 'protocol', packet, settle)
    const { topic, payload, qos, packetId } = packet
    if (options.isClosing() || state.identity === undefined) return drop(state, 'closing', 'the broker is closing', settle)
    events.received(qos)
    const known = knownTopic(state, topic)
    if (typeof known === 'string') return drop(state, known, `topic has ${topic.length} characters`, settle)
    const reason = known.right === 'refuse' ? forbidden(state.username, topic) : checkSize(payload)
    if (reason !== undefined) return void refuse(state, messageOf(state, topic, payload, packet.retain), reason).finally(settle)
    const receipt = qos === 2 ? exactlyOnce.begin(state, packetId) : undefined
    if (qos === 2 && receipt === undefined) return settle()
    // Delivered all the same: a device that retains what nobody reads again must not fill the memory of all.
    const retain = packet.retain && known.mayRetain
    const pending: Pending = { topic, payload, qos, packetId, retain, bytes, stage: 'waiting', receipt }
    const all = (state.pending ??= { queue: [], head: 0, next: 0 })
    all.queue.push(pending)
    if (known.right === 'route') {
      pending.stage = 'committed'
      return advance(state, all)
    }
    sink.commit(messageOf(state, topic, payload, packet.retain)).then(
      () => {
        pending.stage = 'committed'
        advance(state, all)
      },
      (error: unknown) => fail(state, all, pending, error)
    )
  }

  /** The connection ends, so that nothing behind it is acknowledged either; what the sink took is delivered all the same. */
  function fail(state: ClientState, all: PendingPublishes, pending: Pending, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error)
    pending.stage = 'failed'
    if (pending.receipt !== undefined) exactlyOnce.failed(pending.receipt, detail)
    drop(state, 'commit', detail)
    advance(state, all)
  }

  /** Delivers what is committed and acknowledges what is done, in order and no further than both go. */
  function advance(state: ClientState, all: PendingPublishes): void {
    const { queue } = all
    for (let pending = queue[all.next]; pending?.stage === 'committed' || pending?.stage === 'failed'; pending = queue[all.next]) {
      all.next += 1
      if (pending.stage === 'committed') deliver(state, all, pending)
    }
    let acknowledgements = 0
    let end = all.head
    for (let pending = queue[end]; end < all.next && (pending?.stage === 'done' || pending?.stage === 'failed'); pending = queue[end]) {
      if (pending.qos !== 0) acknowledgements += 1
      end += 1
    }
    if (end === all.head) return
    acknowledge(state, queue, { from: all.head, to: end, acknowledgements })
    all.head = end
    if (end === queue.length) {
      all.queue = []
      all.head = 0
      all.next = 0
    } else if (end >= 1_024) {
      all.queue = queue.slice(end)
      all.next -= end
      all.head = 0
    }
  }

  function deliver(state: ClientState, all: PendingPublishes, pending: Pending): void {
    const { topic, payload, qos, retain, receipt } = pending
    const message: Message = { topic, payload, qos, retain: false }
    const { isKept, congested } = router.route(message)
    if (retain) sessions.retain(message)
    if (receipt !== undefined) exactlyOnce.received(receipt)
    for (const outlet of congested) {
      state.connection.block()
      outlet.wait(() => state.connection.unblock())
    }
    const mustBeKept = isKept || retain || receipt?.session.persistent === true
    const durable = mustBeKept ? sessions.durable() : undefined
    pending.stage = durable === undefined ? 'done' : 'delivered'
    durable?.then(
      () => {
        pending.stage = 'done'
        advance(state, all)
      },
      (error: unknown) => fail(state, all, pending, error)
    )
  }

  function acknowledge(
    state: ClientState,
    queue: readonly Pending[],
    { from, to, acknowledgements }: { readonly from: number; readonly to: number; readonly acknowledgements: number }
  ): void {
    const { connection } = state
    if (acknowledgements > 0 && !connection.isClosed) {
      const bytes = Buffer.allocUnsafe(acknowledgements * 4)
      let at = 0
      for (let index = from; index < to; index += 1) {
        const pending = queue[index]
        if (pending === undefined || pending.qos === 0) continue
        at = writeAcknowledgement(bytes, at, pending.qos === 1 ? packetType.puback : packetType.pubrec, pending.packetId)
      }
      connection.send(bytes)
    }
    for (let index = from; index < to; index += 1) {
      const pending = queue[index]
      if (pending === undefined) continue
      if (pending.receipt !== undefined && pending.stage === 'done') exactlyOnce.acknowledged(pending.receipt)
      connection.settle(pending.bytes)
    }
  }

  /** MQTT 3.1.1 has no answer that refuses a PUBLISH: it is kept with its reason and the connection is closed. */
  async function refuse(state: ClientState, message: IncomingMessage, reason: Reason): Promise<void> {
    try {
      await sink.refuse?.(message, reason)
    } catch (error) {
      events.failed('keep a refused message', error)
    }
    drop(state, reason.code === 'TOPIC_FORBIDDEN' ? 'topic' : 'payload', reason.message)
  }

  function drop(state: ClientState, reason: DropReason, detail: string, settle?: () => void): void {
    if (!state.connection.isClosed) {
      events.connectionDropped(reason, { clientId: state.clientId, detail })
      state.connection.end(detail)
    }
    settle?.()
  }

  /** Or the bound that it passes. */
  function knownTopic(state: ClientState, topic: string): KnownTopic | TopicBound {
    const known = state.topics?.get(topic)
    if (known !== undefined) return known
    const bound = boundOf(topic, limits)
    if (bound !== undefined) return bound
    if (state.identity === undefined) return unknownClient
    state.topics ??= new Map()
    if (state.topics.size >= topicsPerClientMax) state.topics.clear()
    const made = rightsOf(state.identity, topic)
    // Bytes that are not UTF-8 would read the same.
    if (!topic.includes('\ufffd')) state.topics.set(topic, made)
    return made
  }

  async function will(
    state: ClientState,
    { topic, payload }: { readonly topic: string; readonly payload: Uint8Array }
  ): Promise<Error | undefined> {
    const known = knownTopic(state, topic)
    if (options.isClosing() || typeof known === 'string' || known.right === 'refuse') return new Error('the last will is not taken')
    try {
      if (known.right === 'sink') await sink.commit(messageOf(state, topic, payload, false))
      return undefined
    } catch (error) {
      events.failed('commit a last will', error)
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  return { publish, release: (state, packetId) => exactlyOnce.release(state, packetId), will, knownTopic }
}

export function boundOf(topic: string, limits: Pick<BrokerLimits, 'topicBytesMax' | 'topicLevelsMax'>): TopicBound | undefined {
  if (Buffer.byteLength(topic) > limits.topicBytesMax) return 'topicLength'
  let levels = 1
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels += 1
  return levels > limits.topicLevelsMax ? 'topicLevels' : undefined
}

function rightsOf(identity: ClientIdentity, topic: string): KnownTopic {
  return { right: publishRight(identity, topic), mayRetain: mayRetain(identity, topic) }
}

function messageOf(state: ClientState, topic: string, payload: Uint8Array, retain: boolean): IncomingMessage {
  return { topic, payload, retain, receivedAtMs: Date.now(), clientId: state.clientId }
}

function forbidden(username: string, topic: string): Reason {
  return { code: 'TOPIC_FORBIDDEN', pointer: '', message: `topic is "${topic}", expected one of "${username}"` }
}

function checkSize(payload: Uint8Array): Reason | undefined {
  if (payload.length <= payloadBytesMax) return undefined
  return { code: 'PAYLOAD_TOO_LARGE', pointer: '', message: `payload has ${payload.length} bytes, expected at most ${payloadBytesMax}` }
}
