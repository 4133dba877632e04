/**
 * Messages of one group commit as one blob: for each a head of lengths, place and time of receipt, then topic, client id and payload.
 * Big-endian, so that a migration can write it in SQL. It knows nothing of what a message means.
 */
import { storeError } from '@tracegate/store/errors'

export interface FramedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedAtMs: number
  readonly clientId: string
  /** Where it stood among all messages of its commit, those of other lanes included. */
  readonly place: number
}

/** Topic and client id lengths (2 each), payload length (4), place (4), time of receipt in milliseconds (8). */
const headBytes = 20
const wordSize = 2 ** 32

/** What a message takes in the log. */
export function bytesOfMessage(message: Omit<FramedMessage, 'place'>): number {
  return headBytes + message.topic.length + message.clientId.length + message.payload.length
}

export function encodeFrames(messages: readonly FramedMessage[]): Uint8Array {
  let sizeMax = 0
  for (const { topic, clientId, payload } of messages) sizeMax += headBytes + (topic.length + clientId.length) * 3 + payload.length
  const buffer = Buffer.allocUnsafe(sizeMax)
  let at = 0
  for (const { topic, clientId, payload, receivedAtMs, place } of messages) {
    const topicAt = at + headBytes
    const topicBytes = buffer.write(topic, topicAt)
    const clientBytes = buffer.write(clientId, topicAt + topicBytes)
    const payloadAt = topicAt + topicBytes + clientBytes
    buffer.set(payload, payloadAt)
    buffer.writeUInt16BE(topicBytes, at)
    buffer.writeUInt16BE(clientBytes, at + 2)
    buffer.writeUInt32BE(payload.length, at + 4)
    buffer.writeUInt32BE(place, at + 8)
    buffer.writeUInt32BE(Math.floor(receivedAtMs / wordSize), at + 12)
    buffer.writeUInt32BE(receivedAtMs % wordSize, at + 16)
    at = payloadAt + payload.length
  }
  return buffer.subarray(0, at)
}

/** The head of a message whose columns are at hand in SQL: the layout above. */
export const frameInSql = `CAST(unhex(printf('%04x%04x%08x%08x%016x',
  octet_length(topic), octet_length(client_id), octet_length(payload), 0, received_ms))
  || CAST(topic AS BLOB) || CAST(client_id AS BLOB) || payload AS BLOB)`

export function decodeFrames(bytes: Uint8Array): FramedMessage[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: FramedMessage[] = []
  for (let at = 0; at < buffer.length;) {
    const topicAt = at + headBytes
    const head = topicAt <= buffer.length
    const clientAt = head ? topicAt + buffer.readUInt16BE(at) : Infinity
    const payloadAt = head ? clientAt + buffer.readUInt16BE(at + 2) : Infinity
    const end = head ? payloadAt + buffer.readUInt32BE(at + 4) : Infinity
    if (end > buffer.length) {
      const detail = `a message at byte ${at} ends behind its group of ${buffer.length} bytes`
      throw storeError('STORE_CORRUPT', { action: 'read the log', path: 'collector.db', detail })
    }
    messages.push({
      topic: buffer.toString('utf8', topicAt, clientAt),
      clientId: buffer.toString('utf8', clientAt, payloadAt),
      payload: buffer.subarray(payloadAt, end),
      place: buffer.readUInt32BE(at + 8),
      receivedAtMs: buffer.readUInt32BE(at + 12) * wordSize + buffer.readUInt32BE(at + 16)
    })
    at = end
  }
  return messages
}
