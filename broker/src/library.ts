/**
 * What the broker library asks for and does not get: it keeps no session, retains nothing and delivers nothing here. It answers
 * CONNECT, SUBSCRIBE, UNSUBSCRIBE and DISCONNECT; messages, sessions and retained messages are ours.
 */
import { Readable } from 'node:stream'
import type { Message } from './sessions/message.ts'
import type { SessionTable } from './sessions/session-table.ts'
import { toQos } from './packets.ts'

interface LibraryPacket {
  readonly topic: string
  readonly payload: Uint8Array | string
  readonly qos: number
  readonly retain?: boolean
}

interface LibraryClient {
  readonly id: string
}

/** The library's port for delivery; only last wills come this way. */
export function createDelivery(route: (message: Message) => void) {
  return {
    on: (_filter: string, _notify: unknown, done?: () => void) => void (done !== undefined && setImmediate(done)),
    removeListener: (_filter: string, _notify: unknown, done?: () => void) => void (done !== undefined && setImmediate(done)),
    emit(packet: LibraryPacket, done?: () => void) {
      // What it tells of itself is for clusters.
      if (!packet.topic.startsWith('$')) route(toMessage(packet))
      if (done !== undefined) setImmediate(done)
    },
    close: (done: () => void) => void setImmediate(done)
  }
}

/** The library's port for what outlives a packet. Its types say `any`. */
export function createPersistence(sessions: SessionTable) {
  const wills = new Map<string, unknown>()
  const nothing = () => Readable.from([])
  return {
    async setup() {},
    async storeRetained(packet: LibraryPacket) {
      sessions.retain(toMessage(packet))
    },
    createRetainedStream: nothing,
    createRetainedStreamCombi: nothing,
    /** The subscriptions are noted when they are granted; SUBACK waits until they are on disk. */
    async addSubscriptions() {
      await sessions.durable()
    },
    async removeSubscriptions(client: LibraryClient, filters: readonly string[]) {
      const session = sessions.find(client.id)
      if (session === undefined) return
      for (const filter of filters) sessions.unsubscribe(session, filter)
      await sessions.durable()
    },
    async subscriptionsByClient(client: LibraryClient) {
      return [...(sessions.find(client.id)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }))
    },
    /** A clean session ends the one that was kept (MQTT 3.1.1 §3.1.2.4). */
    async cleanSubscriptions(client: LibraryClient) {
      const session = sessions.find(client.id)
      if (session !== undefined) sessions.end(session)
    },
    async subscriptionsByTopic() {
      return []
    },
    async countOffline() {
      return { subsCount: 0, clientsCount: 0 }
    },
    getClientList: nothing,
    async outgoingEnqueue() {},
    async outgoingEnqueueCombi() {},
    async outgoingUpdate() {},
    async outgoingClearMessageId() {
      return undefined
    },
    outgoingStream: nothing,
    async incomingStorePacket() {},
    async incomingGetPacket() {
      throw new Error('no such packet')
    },
    async incomingDelPacket() {},
    async cleanIncoming() {},
    async putWill(client: LibraryClient, packet: unknown) {
      wills.set(client.id, packet)
    },
    async getWill(client: LibraryClient) {
      return wills.get(client.id)
    },
    async delWill(client: LibraryClient) {
      const will = wills.get(client.id)
      wills.delete(client.id)
      return will
    },
    streamWill: nothing,
    async destroy() {
      wills.clear()
    }
  }
}

function toMessage({ topic, payload, qos }: LibraryPacket): Message {
  return { topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, qos: toQos(qos) ?? 0, retain: false }
}
