/** What came over one connection of a probe, and waits for what has not come yet. It writes nothing but the answers to a delivery. */
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet'

export interface Delivery {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly messageId: number | undefined
  readonly atMs: number
}

export interface Connack {
  readonly code: number
  readonly sessionPresent: boolean
  readonly properties: NonNullable<IConnackPacket['properties']>
}

export type AnswerCommand = 'puback' | 'pubrec' | 'pubcomp'

/** All of it may be looked at; only `acknowledges` is for others to change. */
export interface ProbeInbox {
  connack: Connack | undefined
  readonly received: Delivery[]
  /** Reason codes of answers that nobody has taken. */
  readonly answers: Map<string, number>
  /** Granted QoS, by packet id. */
  readonly grants: Map<number, number>
  closed: boolean
  /** Deliveries with QoS 1 are acknowledged. */
  acknowledges: boolean
  take(packet: Packet): void
  close(): void
  /** Resolves when the condition holds, true, or at the time limit or the end of the connection, false. */
  until(condition: () => boolean, timeoutMs?: number): Promise<boolean>
}

export interface ProbeInboxOptions {
  readonly acknowledges: boolean
  readonly stepMs: number
  readonly signal: AbortSignal
  readonly write: (packet: Packet) => void
  /** The peer sends without end. */
  readonly onOverflow: () => void
}

/** More than any probe asks for. */
const receivedMax = 20_000

export const answerKey = (messageId: number, command: AnswerCommand): string => `${command} ${messageId}`

export function createProbeInbox({ acknowledges, stepMs, signal, write, onOverflow }: ProbeInboxOptions): ProbeInbox {
  const watchers = new Set<() => void>()
  const wake = () => {
    for (const watcher of watchers) watcher()
  }
  const inbox: ProbeInbox = {
    connack: undefined,
    received: [],
    answers: new Map(),
    grants: new Map(),
    closed: false,
    acknowledges,
    take(packet) {
      keep(inbox, packet, write)
      if (inbox.received.length > receivedMax) onOverflow()
      wake()
    },
    close() {
      inbox.closed = true
      wake()
    },
    async until(condition, timeoutMs = stepMs) {
      if (condition()) return true
      if (inbox.closed || signal.aborted) return false
      const { promise, resolve } = Promise.withResolvers<void>()
      const watcher = () => {
        if (inbox.closed || condition()) resolve()
      }
      const timer = setTimeout(resolve, timeoutMs)
      const onAbort = () => resolve()
      watchers.add(watcher)
      signal.addEventListener('abort', onAbort, { once: true })
      await promise
      clearTimeout(timer)
      watchers.delete(watcher)
      signal.removeEventListener('abort', onAbort)
      return condition()
    }
  }
  return inbox
}

function keep(inbox: ProbeInbox, packet: Packet, write: (packet: Packet) => void): void {
  const messageId = packet.messageId ?? 0
  switch (packet.cmd) {
    case 'connack': {
      const { reasonCode, returnCode, sessionPresent, properties } = packet
      inbox.connack = { code: reasonCode ?? returnCode ?? 0, sessionPresent, properties: properties ?? {} }
      return
    }
    case 'publish':
      inbox.received.push(deliveryOf(packet))
      if (packet.qos === 1 && inbox.acknowledges) write({ cmd: 'puback', messageId, reasonCode: 0 })
      if (packet.qos === 2) write({ cmd: 'pubrec', messageId, reasonCode: 0 })
      return
    case 'pubrel':
      return write({ cmd: 'pubcomp', messageId, reasonCode: 0 })
    case 'puback':
    case 'pubrec':
    case 'pubcomp':
      inbox.answers.set(answerKey(messageId, packet.cmd), packet.reasonCode ?? 0)
      return
    case 'suback':
      inbox.grants.set(messageId, grantOf(packet.granted))
      return
    case 'auth':
    case 'connect':
    case 'disconnect':
    case 'pingreq':
    case 'pingresp':
    case 'subscribe':
    case 'unsuback':
    case 'unsubscribe':
      return
    default:
      packet satisfies never
  }
}

function deliveryOf(packet: IPublishPacket): Delivery {
  const { topic, qos, retain, dup, messageId } = packet
  return { topic, qos, retain, dup, messageId, payload: Buffer.from(packet.payload), atMs: performance.now() }
}

function grantOf(granted: readonly unknown[]): number {
  const [first] = granted
  return typeof first === 'number' ? first : 0x80
}
