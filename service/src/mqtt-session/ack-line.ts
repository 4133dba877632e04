/**
 * Which messages of a foreign broker may be acknowledged, and in which order. Works on many at once, so that they share one commit;
 * acknowledges in the order of arrival ([MQTT-4.6.0-2]) and only what is durable. It writes to no network.
 */
import { crc32 } from 'node:zlib'

interface ArrivedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  /** The broker sends it again. */
  readonly dup: boolean
  /** Packet identifier; with QoS 1. */
  readonly messageId: number | undefined
}

interface Entry {
  readonly messageId: number | undefined
  readonly bytes: number
  /** Counts connections: what came on an earlier one cannot be acknowledged on this one. */
  readonly connection: number
  state: 'working' | 'durable' | 'failed'
  error: unknown
}

/** A message that is taken and whose acknowledgement the broker has not been sent. */
interface Kept {
  readonly fingerprint: string
  /** Its entry on the present line; of an earlier line when it came before the connection was lost. */
  entry: Entry
  readonly work: Promise<void>
}

export interface AckLine {
  /** Resolves once there is room for the next message. */
  take(message: ArrivedMessage, work: () => Promise<void>): Promise<void>
  /** A new connection. Without the broker's session nothing of before comes again under its number. */
  connected(sessionPresent: boolean): void
  /** Takes no further messages; what is worked on is still acknowledged. */
  stopTaking(): void
  /** The connection is lost: nothing more is acknowledged on it. */
  lost(): void
  readonly waiting: number
  /** Messages that came again while they were being kept, or after that, and were not kept twice. */
  readonly repeated: number
}

export interface AckLineOptions {
  /** Most messages that are worked on at once. */
  readonly messagesMax: number
  readonly bytesMax: number
  /** Sends PUBACK for each, in this order. */
  readonly acknowledge: (messageIds: readonly number[]) => void
  /** The next message could not be made durable, and all before it are acknowledged: the broker has to send it again. */
  readonly onFailed: (error: unknown) => void
}

export function createAckLine(options: AckLineOptions): AckLine {
  let line: Entry[] = []
  let bytes = 0
  let repeated = 0
  let room: PromiseWithResolvers<void> | undefined
  let open = false
  let connection = 0
  let taking = true
  const kept = new Map<number, Kept>()

  const isFull = () => line.length >= options.messagesMax || bytes >= options.bytesMax
  const makeRoom = () => {
    if (isFull()) return
    room?.resolve()
    room = undefined
  }
  const release = () => {
    const first = line.findIndex((entry) => entry.state !== 'durable')
    const done = line.splice(0, first === -1 ? line.length : first)
    for (const entry of done) bytes -= entry.bytes
    const ids = done.flatMap(({ messageId }) => (messageId === undefined ? [] : [messageId]))
    // From here on the broker may use the number for another message.
    for (const id of ids) kept.delete(id)
    if (ids.length > 0) options.acknowledge(ids)
    const head = line[0]
    // Not before what came earlier is acknowledged: a message that never fits must not make those in front of it come again for ever.
    if (head?.state === 'failed') {
      open = false
      options.onFailed(head.error)
    }
    makeRoom()
  }
  const remember = (messageId: number, message: Kept) => {
    kept.delete(messageId)
    kept.set(messageId, message)
    // A broker that forgets its own session leaves numbers behind that never come again.
    for (const oldest of kept.keys()) {
      if (kept.size <= 2 * options.messagesMax) break
      kept.delete(oldest)
    }
  }
  const settle = async (entry: Entry, work: Promise<void>) => {
    try {
      await work
      entry.state = 'durable'
    } catch (error) {
      entry.state = 'failed'
      entry.error = error
      if (entry.messageId !== undefined && kept.get(entry.messageId)?.entry === entry) kept.delete(entry.messageId)
    }
    if (open && entry.connection === connection) scheduleRelease()
  }
  let releasing = false
  /** One commit settles many messages in the same turn: they are acknowledged with one write. */
  const scheduleRelease = () => {
    if (releasing) return
    releasing = true
    queueMicrotask(() => {
      queueMicrotask(() => {
        releasing = false
        if (open) release()
      })
    })
  }

  return {
    take(message, work) {
      // Never resolves: the line is not read any further.
      if (!taking) return new Promise(() => undefined)
      const messageId = message.qos === 0 ? undefined : message.messageId
      const entry: Entry = { messageId, bytes: message.payload.length, connection, state: 'working', error: undefined }
      const fingerprint = `${message.topic}\n${message.payload.length}\n${crc32(message.payload)}`
      const before = messageId === undefined ? undefined : kept.get(messageId)
      line.push(entry)
      bytes += entry.bytes
      if (before !== undefined && message.dup && before.fingerprint === fingerprint) {
        repeated += 1
        before.entry = entry
        void settle(entry, before.work)
      } else {
        const own = work()
        if (messageId !== undefined) remember(messageId, { fingerprint, entry, work: own })
        void settle(entry, own)
      }
      if (!isFull()) return Promise.resolve()
      room ??= Promise.withResolvers<void>()
      return room.promise
    },
    connected(sessionPresent) {
      line = []
      bytes = 0
      open = true
      connection += 1
      if (!sessionPresent) kept.clear()
    },
    stopTaking() {
      taking = false
    },
    lost() {
      open = false
      line = []
      bytes = 0
      room?.resolve()
      room = undefined
    },
    get waiting() {
      return line.length
    },
    get repeated() {
      return repeated
    }
  }
}
