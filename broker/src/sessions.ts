/**
 * What the broker library keeps between packets: sessions of clients that are away, retained messages, wills and
 * half-way QoS 2 handshakes. In memory and bounded; it does not survive a restart, as everything that must survive is
 * committed by the sink and devices send their state again when they connect.
 */
import { Readable } from 'node:stream'
import type { BrokerLimits } from './limits.ts'
import { createFilterIndex, matchesFilter } from './topic-filter.ts'

/** The members of a packet that matter here; the library adds its own. */
export interface SessionPacket {
  readonly cmd?: string
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: number
  readonly retain?: boolean
  brokerId?: string
  brokerCounter?: number
  messageId?: number
  clientId?: string
}

export interface SessionSubscription {
  readonly topic: string
  readonly qos: number
  readonly rh?: number
  readonly rap?: boolean
  readonly nl?: boolean
}

interface SessionClient {
  readonly id: string
}

interface Session {
  readonly subscriptions: Map<string, SessionSubscription>
  /** By `brokerId:brokerCounter`, in order of arrival. */
  readonly outgoing: Map<string, SessionPacket>
  readonly keyByMessageId: Map<number, string>
  outgoingBytes: number
}

export type SessionLoss = 'offlineQueueFull' | 'retainedFull'

export interface SessionsOptions {
  readonly limits: BrokerLimits
  readonly onLoss: (loss: SessionLoss) => void
  /** The library hands over refused subscriptions beside the granted ones of the same packet. */
  readonly maySubscribe: (client: object, filter: string) => boolean
}

/** What the library calls; its types say `any`. */
export function createSessions(options: SessionsOptions) {
  const { limits, onLoss } = options
  const sessions = new Map<string, Session>()
  const index = createFilterIndex<SessionSubscription & { readonly clientId: string }>()
  const retained = new Map<string, SessionPacket>()
  const incoming = new Map<string, Map<number, SessionPacket>>()
  const wills = new Map<string, SessionPacket>()
  let retainedBytes = 0
  let brokerId = ''

  function sessionOf(id: string): Session {
    const known = sessions.get(id)
    if (known !== undefined) return known
    const session: Session = { subscriptions: new Map(), outgoing: new Map(), keyByMessageId: new Map(), outgoingBytes: 0 }
    sessions.set(id, session)
    return session
  }

  function enqueue(id: string, packet: SessionPacket): void {
    const session = sessionOf(id)
    const full =
      session.outgoing.size >= limits.offlineMessagesMax || session.outgoingBytes + packet.payload.length > limits.offlineBytesMax
    if (full) return onLoss('offlineQueueFull')
    session.outgoing.set(queueKey(packet), copyOf(packet))
    session.outgoingBytes += packet.payload.length
  }

  return {
    /** Whether a client that was never here may leave a session. */
    hasRoomFor: (id: string) => sessions.has(id) || sessions.size < limits.sessionsMax,
    hasSession: (id: string) => sessions.has(id),
    counts: () => ({ sessions: sessions.size, retained: retained.size, retainedBytes }),

    async setup(broker: { readonly id: string }) {
      brokerId = broker.id
    },

    async storeRetained(packet: SessionPacket) {
      const before = retained.get(packet.topic)
      const bytes = retainedBytes - (before?.payload.length ?? 0)
      if (packet.payload.length === 0) {
        retained.delete(packet.topic)
        retainedBytes = bytes
        return
      }
      const tooMany = before === undefined && retained.size >= limits.retainedMax
      if (tooMany || bytes + packet.payload.length > limits.retainedBytesMax) return onLoss('retainedFull')
      retained.set(packet.topic, copyOf(packet))
      retainedBytes = bytes + packet.payload.length
    },
    createRetainedStream: (filter: string) => Readable.from(matchRetained(retained, [filter])),
    createRetainedStreamCombi: (filters: readonly string[]) => Readable.from(matchRetained(retained, filters)),

    async addSubscriptions(client: SessionClient, subscriptions: readonly SessionSubscription[]) {
      const session = sessionOf(client.id)
      for (const { topic, qos, rh, rap, nl } of subscriptions) {
        if (!options.maySubscribe(client, topic)) continue
        const subscription = {
          topic,
          qos,
          ...(rh === undefined ? {} : { rh }),
          ...(rap === undefined ? {} : { rap }),
          ...(nl === undefined ? {} : { nl })
        }
        session.subscriptions.set(topic, subscription)
        if (qos > 0) index.set(topic, client.id, { ...subscription, clientId: client.id })
        else index.remove(topic, client.id)
      }
    },
    async removeSubscriptions(client: SessionClient, topics: readonly string[]) {
      const session = sessions.get(client.id)
      for (const topic of topics) {
        session?.subscriptions.delete(topic)
        index.remove(topic, client.id)
      }
      if (session?.subscriptions.size === 0) sessions.delete(client.id)
    },
    async subscriptionsByClient(client: SessionClient) {
      return [...(sessions.get(client.id)?.subscriptions.values() ?? [])]
    },
    async cleanSubscriptions(client: SessionClient) {
      for (const topic of sessions.get(client.id)?.subscriptions.keys() ?? []) index.remove(topic, client.id)
      sessions.delete(client.id)
    },
    async subscriptionsByTopic(topic: string) {
      return [...index.match(topic).values()]
    },
    async countOffline() {
      return {
        subsCount: [...sessions.values()].reduce((sum, session) => sum + session.subscriptions.size, 0),
        clientsCount: sessions.size
      }
    },
    getClientList: (topic: string) =>
      Readable.from([...sessions].filter(([, session]) => session.subscriptions.has(topic)).map(([id]) => id)),

    async outgoingEnqueue(subscription: { readonly clientId: string }, packet: SessionPacket) {
      enqueue(subscription.clientId, packet)
    },
    async outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: SessionPacket) {
      for (const { clientId } of subscriptions) enqueue(clientId, packet)
    },
    async outgoingUpdate(client: SessionClient, packet: SessionPacket) {
      const session = sessions.get(client.id)
      const key = queueKey(packet)
      const queued = session?.outgoing.get(key)
      if (session === undefined) return
      if (queued !== undefined) {
        if (packet.messageId === undefined) return
        queued.messageId = packet.messageId
        session.keyByMessageId.set(packet.messageId, key)
        return
      }
      // A PUBREL takes the place of the message it releases (MQTT 3.1.1 §4.3.3).
      const released = packet.messageId === undefined ? undefined : session.keyByMessageId.get(packet.messageId)
      if (released !== undefined) session.outgoing.set(released, { ...packet })
    },
    async outgoingClearMessageId(client: SessionClient, packet: { readonly messageId?: number }) {
      const session = sessions.get(client.id)
      const key = packet.messageId === undefined ? undefined : session?.keyByMessageId.get(packet.messageId)
      if (session === undefined || key === undefined || packet.messageId === undefined) return undefined
      const queued = session.outgoing.get(key)
      session.keyByMessageId.delete(packet.messageId)
      session.outgoing.delete(key)
      session.outgoingBytes -= queued?.payload.length ?? 0
      return queued
    },
    outgoingStream: (client: SessionClient) => Readable.from([...(sessions.get(client.id)?.outgoing.values() ?? [])]),

    async incomingStorePacket(client: SessionClient, packet: SessionPacket) {
      const mine = incoming.get(client.id) ?? new Map<number, SessionPacket>()
      incoming.set(client.id, mine)
      if (packet.messageId !== undefined) mine.set(packet.messageId, { ...packet, payload: new Uint8Array() })
    },
    async incomingGetPacket(client: SessionClient, packet: { readonly messageId: number }) {
      const found = incoming.get(client.id)?.get(packet.messageId)
      if (found === undefined) throw new Error('no such packet')
      return found
    },
    async incomingDelPacket(client: SessionClient, packet: { readonly messageId: number }) {
      if (incoming.get(client.id)?.delete(packet.messageId) !== true) throw new Error('no such packet')
    },
    async cleanIncoming(client: SessionClient) {
      incoming.delete(client.id)
    },

    async putWill(client: SessionClient, packet: SessionPacket) {
      packet.brokerId = brokerId
      packet.clientId = client.id
      wills.set(client.id, packet)
    },
    async getWill(client: SessionClient) {
      return wills.get(client.id)
    },
    async delWill(client: SessionClient) {
      const will = wills.get(client.id)
      wills.delete(client.id)
      return will
    },
    streamWill: (brokers: Readonly<Record<string, number>> = {}) =>
      Readable.from([...wills.values()].filter((will) => brokers[will.brokerId ?? ''] === undefined)),

    async destroy() {
      sessions.clear()
      retained.clear()
      incoming.clear()
      wills.clear()
    }
  }
}
export type Sessions = ReturnType<typeof createSessions>

/** A payload is a slice of what one read gave; kept as it is it would keep all of that. */
function copyOf(packet: SessionPacket): SessionPacket {
  return { ...packet, payload: Buffer.from(packet.payload) }
}

function queueKey(packet: SessionPacket): string {
  return `${packet.brokerId ?? ''}:${packet.brokerCounter ?? 0}`
}

function* matchRetained(retained: ReadonlyMap<string, SessionPacket>, filters: readonly string[]): Generator<SessionPacket> {
  for (const filter of filters) {
    const exact = filter.includes('+') || filter.includes('#') ? undefined : retained.get(filter)
    if (exact !== undefined) yield exact
    else for (const [topic, packet] of retained) if (matchesFilter(topic, filter)) yield packet
  }
}
