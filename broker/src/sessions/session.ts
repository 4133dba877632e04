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

/** The same for all sessions. */
export interface SessionParts {
  readonly limits: BrokerLimits
  /** undefined: nothing outlives the process. */
  readonly keeper: SessionKeeper | undefined
  /** Called when bytes were added to or taken from a queue. */
  readonly onBytes: (bytes: number) => void
  /** A window is full and a message waits. */
  readonly onFullWindow: () => void
}

export interface SessionOptions {
  readonly id: string
  readonly owner: string
  readonly persistent: boolean
  readonly shared: SessionParts
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
  return new KeptSession(options)
}

const noEntries: ReadonlyMap<number, Entry> = new Map()

/** A class for the sake of memory only: ten thousand of them share their functions, and have no map before they need it. */
class KeptSession implements Session {
  readonly filters = new Map<string, 0 | 1 | 2>()
  lastSeenMs = 0
  readonly #options: SessionOptions
  #received: Set<number> | undefined
  #waiting: Entry[] | undefined
  #head = 0
  #window: Map<number, Entry> | undefined
  #retained: Iterator<Message>[] | undefined
  #bytes = 0
  #waitingBytes = 0
  #lastPacketId = 0
  #isFull = false
  #outlet: SubscriberOutlet | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#options.id
  }

  get owner(): string {
    return this.#options.owner
  }

  get persistent(): boolean {
    return this.#options.persistent
  }

  get received(): Set<number> {
    this.#received ??= new Set()
    return this.#received
  }

  get messages(): number {
    return (this.#waiting?.length ?? 0) - this.#head + (this.#window?.size ?? 0)
  }

  get bytes(): number {
    return this.#bytes
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get outlet(): SubscriberOutlet | undefined {
    return this.#outlet
  }

  hasRoomFor(more: number): boolean {
    const { limits } = this.#options.shared
    const bytesMax = this.persistent && this.#outlet === undefined ? limits.sessionBytesMax : limits.queuedBytesMax
    return this.messages < limits.queuedMessagesMax && this.#bytes + more <= bytesMax
  }

  add(entry: Entry): void {
    this.#addWaiting(entry)
    this.#keeper?.entryChanged(entry)
    this.pump()
  }

  restore(entry: Entry): void {
    if (entry.state === 'waiting') return this.#addWaiting(entry)
    this.#openWindow.set(entry.packetId, entry)
    this.#lastPacketId = Math.max(this.#lastPacketId, entry.packetId)
    this.#charge(bytesOf(entry.body))
  }

  addRetained(messages: Iterator<Message>): void {
    this.#retained = [...(this.#retained ?? []), messages]
    this.pump()
  }

  attach(to: SubscriberOutlet): void {
    this.#outlet = to
    // What was not acknowledged comes first, in its order and with its packet ids (§4.4).
    for (const entry of this.#sent.values()) this.#send(entry)
    this.pump()
  }

  detach(): void {
    this.#outlet = undefined
    this.#retained = undefined
  }

  pump(): void {
    const to = this.#outlet
    if (to === undefined) return
    const { limits } = this.#options.shared
    while (this.#sent.size < limits.sendWindowMax && to.queuedBytes() < limits.queuedBytesSoft) {
      const entry = this.#takeWaiting()
      if (entry === undefined) {
        if (!this.#pumpRetained(to)) break
        continue
      }
      entry.packetId = this.#freePacketId()
      entry.state = 'sent'
      this.#openWindow.set(entry.packetId, entry)
      this.#sendOnceKept(entry)
    }
    const isFull = this.#waiting !== undefined && this.#sent.size >= limits.sendWindowMax
    if (isFull && !this.#isFull) this.#options.shared.onFullWindow()
    this.#isFull = isFull
  }

  acknowledged(type: number, packetId: number): void {
    const entry = this.#window?.get(packetId)
    if (type === packetType.pubrec) {
      if (entry === undefined || entry.qos === 1) return this.#outlet?.send(acknowledgement(packetType.pubrel, packetId))
      entry.state = 'released'
      this.#sendOnceKept(entry)
    } else if (entry !== undefined && (entry.qos === 1) === (type === packetType.puback)) this.#finish(entry)
  }

  clear(): void {
    for (const entry of [...this.#sent.values(), ...(this.#waiting?.slice(this.#head) ?? [])]) {
      entry.done = true
      entry.body.entries -= 1
      this.#keeper?.entryChanged(entry)
    }
    this.#charge(-this.#bytes)
    this.#waitingBytes = 0
    this.#waiting = undefined
    this.#head = 0
    this.#window = undefined
    this.#received = undefined
    this.#retained = undefined
    this.filters.clear()
  }

  get #keeper(): SessionKeeper | undefined {
    return this.#options.persistent ? this.#options.shared.keeper : undefined
  }

  get #sent(): ReadonlyMap<number, Entry> {
    return this.#window ?? noEntries
  }

  get #openWindow(): Map<number, Entry> {
    this.#window ??= new Map()
    return this.#window
  }

  #freePacketId(): number {
    do this.#lastPacketId = this.#lastPacketId >= 65_535 ? 1 : this.#lastPacketId + 1
    while (this.#sent.has(this.#lastPacketId))
    return this.#lastPacketId
  }

  #charge(delta: number): void {
    this.#bytes += delta
    this.#options.shared.onBytes(delta)
  }

  #addWaiting(entry: Entry): void {
    const bytes = bytesOf(entry.body)
    this.#waiting ??= []
    this.#waiting.push(entry)
    this.#waitingBytes += bytes
    this.#charge(bytes)
  }

  #takeWaiting(): Entry | undefined {
    const waiting = this.#waiting
    const entry = waiting?.[this.#head]
    if (waiting === undefined || entry === undefined) return undefined
    this.#head += 1
    this.#waitingBytes -= bytesOf(entry.body)
    if (this.#head === waiting.length) {
      this.#waiting = undefined
      this.#head = 0
    } else if (this.#head > 1_024 && this.#head * 2 > waiting.length) {
      this.#waiting = waiting.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  /** False when there is no more. */
  #pumpRetained(to: SubscriberOutlet): boolean {
    const [source, ...others] = this.#retained ?? []
    if (source === undefined) return false
    const next = source.next()
    if (next.done === true) this.#retained = others.length === 0 ? undefined : others
    else if (next.value.qos === 0) to.send(writePublish({ ...next.value, dup: false, packetId: 0 }))
    else this.#addWaiting(unkeptEntry(this.id, next.value, next.value.qos))
    return true
  }

  #send(entry: Entry): void {
    if (entry.state === 'released') return this.#outlet?.send(acknowledgement(packetType.pubrel, entry.packetId))
    const { body, qos, retain, dup, packetId } = entry
    this.#outlet?.send(writePublish({ topic: body.topic, payload: body.payload, qos, retain, dup, packetId }))
    entry.dup = true
  }

  /** A packet id of QoS 2 that is not on disk when it is sent would mean another message after a crash (§4.3.3). */
  #sendOnceKept(entry: Entry): void {
    const keeper = this.#keeper
    keeper?.entryChanged(entry)
    if (keeper === undefined || entry.qos === 1 || !isKept(entry)) return this.#send(entry)
    const to = this.#outlet
    keeper.durable().then(
      () => {
        if (this.#outlet === to && !entry.done) this.#send(entry)
      },
      // It stays in the window, and is sent when the client comes again.
      () => {}
    )
  }

  #finish(entry: Entry): void {
    this.#window?.delete(entry.packetId)
    if (this.#window?.size === 0) this.#window = undefined
    entry.done = true
    entry.body.entries -= 1
    this.#charge(-bytesOf(entry.body))
    this.#keeper?.entryChanged(entry)
    this.pump()
  }
}
