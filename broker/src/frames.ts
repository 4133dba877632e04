/**
 * Cuts a byte stream into whole MQTT control packets without decoding them, so that a length can be refused before its
 * bytes are buffered and packets can be counted before the broker library sees them.
 */

export interface FrameBatch {
  /** Whole packets, one after the other. */
  readonly bytes: Buffer
  readonly publishes: number
}

export interface FrameFault {
  readonly code: 'PACKET_TOO_LARGE' | 'PACKET_LENGTH'
  readonly packetBytes: number
  readonly packetBytesMax: number
  /** As much of the packet as had arrived. */
  readonly head: Buffer
}

export interface Framer {
  /** Takes bytes and gives the batches that became whole: the first packet alone, then at most `publishesMax` PUBLISH packets in each. */
  add(chunk: Buffer): FrameBatch[]
  readonly fault: FrameFault | undefined
  /** Bytes of a packet that is not whole yet. */
  readonly pendingBytes: number
}

const publishType = 3
/** Type byte and up to four length bytes (MQTT 3.1.1 §2.2.3). */
const headerBytesMax = 5

interface Header {
  readonly headerBytes: number
  readonly packetBytes: number
}

export function createFramer(options: {
  readonly packetBytesMax: number
  /** The same for the first packet, whose sender nobody knows yet. */
  readonly connectBytesMax: number
  readonly publishesMax: number
}): Framer {
  let parts: Buffer[] = []
  let pendingBytes = 0
  let neededBytes = 0
  let isFirst = true
  let fault: FrameFault | undefined

  function add(chunk: Buffer): FrameBatch[] {
    if (fault !== undefined || chunk.length === 0) return []
    parts.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes < neededBytes) return []
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts, pendingBytes)
    const batches: FrameBatch[] = []
    let start = 0
    let end = 0
    let publishes = 0
    neededBytes = 0
    while (end < bytes.length) {
      const header = readHeader(bytes, end)
      if (header === 'short') break
      const packetBytesMax = isFirst ? options.connectBytesMax : options.packetBytesMax
      if (header === 'bad' || header.packetBytes > packetBytesMax) {
        fault = {
          code: header === 'bad' ? 'PACKET_LENGTH' : 'PACKET_TOO_LARGE',
          packetBytes: header === 'bad' ? 0 : header.packetBytes,
          packetBytesMax,
          head: bytes.subarray(end)
        }
        break
      }
      if (end + header.packetBytes > bytes.length) {
        neededBytes = header.packetBytes
        break
      }
      if (bytes.readUInt8(end) >> 4 === publishType) publishes += 1
      end += header.packetBytes
      if (isFirst || publishes >= options.publishesMax) {
        isFirst = false
        batches.push({ bytes: bytes.subarray(start, end), publishes })
        start = end
        publishes = 0
      }
    }
    if (end > start) batches.push({ bytes: bytes.subarray(start, end), publishes })
    parts = end < bytes.length && fault === undefined ? [bytes.subarray(end)] : []
    pendingBytes = fault === undefined ? bytes.length - end : 0
    return batches
  }

  return {
    add,
    get fault() {
      return fault
    },
    get pendingBytes() {
      return pendingBytes
    }
  }
}

function readHeader(bytes: Buffer, at: number): Header | 'short' | 'bad' {
  let length = 0
  let factor = 1
  for (let index = 1; index < headerBytesMax; index += 1) {
    if (at + index >= bytes.length) return 'short'
    const byte = bytes.readUInt8(at + index)
    length += (byte & 0x7f) * factor
    if ((byte & 0x80) === 0) return { headerBytes: index + 1, packetBytes: index + 1 + length }
    factor *= 128
  }
  return 'bad'
}

/** Topic and the first payload bytes of a PUBLISH that was cut off; undefined when it is none or its topic is not there. */
export function readPublishHead(head: Buffer): { readonly topic: string; readonly payload: Buffer } | undefined {
  if (head.length < 2 || head.readUInt8(0) >> 4 !== publishType) return undefined
  const header = readHeader(head, 0)
  if (header === 'short' || header === 'bad' || head.length < header.headerBytes + 2) return undefined
  const topicStart = header.headerBytes + 2
  const topicEnd = topicStart + head.readUInt16BE(header.headerBytes)
  if (topicEnd > head.length) return undefined
  const packetId = ((head.readUInt8(0) >> 1) & 3) > 0 ? 2 : 0
  return { topic: head.toString('utf8', topicStart, topicEnd), payload: head.subarray(topicEnd + packetId) }
}
