/**
 * What the broker keeps for one client: subscriptions, messages of QoS 1 and 2 in order, and half-way QoS 2 handshakes. It sends
 * within a window and only what the client takes; it knows no other session and no file.
 */
import type { BrokerLimits } from '../limits.ts'
import type { SubscriberOutlet } from '../outlet.ts'
import { acknowledgement, packetType, writePublish } from '../packets.ts'
import { bytesOf, isKept, unkeptEntry, type Entry, type Message } from './message.ts'

/** Told of changes that must outlive the process. A session that ends with its connection has none. */
export interface SessionKeeper {
  entryChanged(entry: Entry): void
  /** Resolves when every change so far is on disk. */
  durable(): Promise<void>
}

export interface SessionOptions {
  readonly id: string
  readonly owner: string
  readonly persistent: boolean
  readonly limits: BrokerLimits
  readonly keeper: SessionKeeper | undefined
  /** Called when bytes were added to or taken from the queue. */
  readonly onBytes: (bytes: number) => void
  /** The window is full and a message waits. */
  readonly onFullWindow: () => void
}

export interface Session {
  readonly id: string
  readonly owner: string
  readonly persistent: boolean
  /** Granted QoS by topic filter. */
  readonly filters: Map<string, 0 | 1 | 2>
  /** Packet ids of QoS 2 messages from the client that await PUBREL. */
  readonly received: Set<number>
  /** Messages and their bytes that are not acknowledged by the client. */
  readonly messages: number
  readonly bytes: number
  /** Bytes that wait to be sent: the window is full or the client takes nothing. */
  readonly waitingBytes: number
  /** Where it sends to while its client is connected. */
  readonly outlet: SubscriberOutlet | undefined
  lastSeenMs: number
  hasRoomFor(bytes: number): boolean
  /** Queues and sends as far as the window allows. */
  add(entry: Entry): void
  /** Takes an entry that an earlier run left, in order. */
  restore(entry: Entry): void
  /** Messages for a new subscription, each asked for only when it can be sent. */
  addRetained(messages: Iterator<Message>): void
  attach(outlet: SubscriberOutlet): void
  detach(): void
  /** Sends what can be sent; call when the client took bytes. */
  pump(): void
  acknowledged(type: number, packetId: number): void
  /** Everything is let go. */
  clear(): void
}

export function createSession(options: SessionOptions): Session {
  const { limits, keeper, id } = options
  const filters = new Map<string, 0 | 1 | 2>()
  const received = new Set<number>()
  let waiting: Entry[] = []
  let head = 0
  const window = new Map<number, Entry>()
  let retained: Iterator<Message>[] = []
  let bytes = 0
  let waitingBytes = 0
  let lastPacketId = 0
  let isFull = false
  let outlet: SubscriberOutlet | undefined

  function freePacketId(): number {
    do lastPacketId = lastPacketId >= 65_535 ? 1 : lastPacketId + 1
    while (window.has(lastPacketId))
    return lastPacketId
  }

  function charge(delta: number): void {
    bytes += delta
    options.onBytes(delta)
  }

  function send(entry: Entry): void {
    if (entry.state === 'released') return outlet?.send(acknowledgement(packetType.pubrel, entry.packetId))
    outlet?.send(
      writePublish({
        topic: entry.body.topic,
        payload: entry.body.payload,
        qos: entry.qos,
        retain: entry.retain,
        dup: entry.dup,
        packetId: entry.packetId
      })
    )
    entry.dup = true
  }

  /** A packet id of QoS 2 that is not on disk when it is sent would mean another message after a crash (§4.3.3). */
  function sendOnceKept(entry: Entry): void {
    keeper?.entryChanged(entry)
    if (keeper === undefined || entry.qos === 1 || !isKept(entry)) return send(entry)
    const to = outlet
    keeper.durable().then(
      () => {
        if (outlet === to && !entry.done) send(entry)
      },
      // It stays in the window, and is sent when the client comes again.
      () => {}
    )
  }

  function pump(): void {
    const to = outlet
    if (to === undefined) return
    while (window.size < limits.sendWindowMax && to.queuedBytes() < limits.queuedBytesSoft) {
      const entry = waiting[head]
      if (entry === undefined) {
        if (!pumpRetained(to)) break
        continue
      }
      head += 1
      if (head > 1_024 && head * 2 > waiting.length) {
        waiting = waiting.slice(head)
        head = 0
      }
      waitingBytes -= bytesOf(entry.body)
      entry.packetId = freePacketId()
      entry.state = 'sent'
      window.set(entry.packetId, entry)
      sendOnceKept(entry)
    }
    if (head === waiting.length && head > 0) {
      waiting = []
      head = 0
    }
    const isFullNow = head < waiting.length && window.size >= limits.sendWindowMax
    if (isFullNow && !isFull) options.onFullWindow()
    isFull = isFullNow
  }

  /** False when there is no more. */
  function pumpRetained(to: SubscriberOutlet): boolean {
    const [source] = retained
    if (source === undefined) return false
    const next = source.next()
    if (next.done === true) retained = retained.slice(1)
    else if (next.value.qos === 0) to.send(writePublish({ ...next.value, dup: false, packetId: 0 }))
    else addEntry(unkeptEntry(id, next.value, next.value.qos))
    return true
  }

  function addEntry(entry: Entry): void {
    waiting.push(entry)
    charge(bytesOf(entry.body))
    waitingBytes += bytesOf(entry.body)
  }

  function finish(entry: Entry): void {
    window.delete(entry.packetId)
    entry.done = true
    entry.body.entries -= 1
    charge(-bytesOf(entry.body))
    keeper?.entryChanged(entry)
    pump()
  }

  return {
    id,
    owner: options.owner,
    persistent: options.persistent,
    filters,
    received,
    lastSeenMs: 0,
    get messages() {
      return waiting.length - head + window.size
    },
    get bytes() {
      return bytes
    },
    get waitingBytes() {
      return waitingBytes
    },
    get outlet() {
      return outlet
    },
    hasRoomFor: (more) => waiting.length - head + window.size < limits.queuedMessagesMax && bytes + more <= limits.sessionBytesMax,
    add(entry) {
      addEntry(entry)
      keeper?.entryChanged(entry)
      pump()
    },
    restore(entry) {
      if (entry.state === 'waiting') return addEntry(entry)
      window.set(entry.packetId, entry)
      lastPacketId = Math.max(lastPacketId, entry.packetId)
      charge(bytesOf(entry.body))
    },
    addRetained(messages) {
      retained.push(messages)
      pump()
    },
    attach(to) {
      outlet = to
      // What was not acknowledged comes first, in its order and with its packet ids (§4.4).
      for (const entry of window.values()) send(entry)
      pump()
    },
    detach() {
      outlet = undefined
      retained = []
    },
    pump,
    acknowledged(type, packetId) {
      const entry = window.get(packetId)
      if (type === packetType.pubrec) {
        if (entry === undefined || entry.qos === 1) return outlet?.send(acknowledgement(packetType.pubrel, packetId))
        entry.state = 'released'
        sendOnceKept(entry)
      } else if (entry !== undefined && (entry.qos === 1) === (type === packetType.puback)) finish(entry)
    },
    clear() {
      for (const entry of [...window.values(), ...waiting.slice(head)]) {
        entry.done = true
        entry.body.entries -= 1
        keeper?.entryChanged(entry)
      }
      charge(-bytes)
      waitingBytes = 0
      waiting = []
      head = 0
      window.clear()
      received.clear()
      filters.clear()
      retained = []
    }
  }
}
