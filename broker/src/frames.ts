/**
 * Cuts a byte stream into whole MQTT control packets without decoding them, so that a length can be refused before its bytes
 * are buffered. The state is plain data: a broker holds one for each of ten thousand connections.
 */

export interface FrameFault {
  readonly code: 'PACKET_TOO_LARGE' | 'PACKET_LENGTH'
  readonly packetBytes: number
  readonly packetBytesMax: number
  /** As much of the packet as had arrived. */
  readonly head: Buffer
}

/** A place in the stream; after `nextFrame` gave true it stands on a whole packet. */
export interface Frames {
  bytes: Buffer
  /** What came after `bytes` while a packet was not whole. */
  parts: Buffer[]
  partsBytes: number
  /** Bytes from `end` on that the next packet needs at least. */
  needed: number
  /** The packet: first byte of its header, first byte of its body, and the byte after it. */
  first: number
  start: number
  bodyStart: number
  end: number
  fault: FrameFault | undefined
}

const publishType = 3
/** Type byte and up to four length bytes (MQTT 3.1.1 §2.2.3). */
const headerBytesMax = 5
const nothing: Buffer = Buffer.alloc(0)

export function createFrames(): Frames {
  return { bytes: nothing, parts: [], partsBytes: 0, needed: 0, first: 0, start: 0, bodyStart: 0, end: 0, fault: undefined }
}

export function addBytes(frames: Frames, chunk: Buffer): void {
  if (frames.fault !== undefined) return
  if (frames.end >= frames.bytes.length && frames.parts.length === 0) {
    frames.bytes = chunk
    frames.end = 0
  } else {
    frames.parts.push(chunk)
    frames.partsBytes += chunk.length
  }
}

/** Bytes that are not part of a packet given yet. */
export function pendingBytes(frames: Frames): number {
  return frames.bytes.length - frames.end + frames.partsBytes
}

/** Moves on to the next whole packet; false when there is none yet, or never will be (`fault`). */
export function nextFrame(frames: Frames, packetBytesMax: number): boolean {
  if (frames.fault !== undefined || !gather(frames)) return false
  const { bytes, end: at } = frames
  const headerBytes = lengthOfHeader(bytes, at)
  if (headerBytes === 0) return wait(frames, 1)
  const packetBytes = headerBytes < 0 ? 0 : headerBytes + readLength(bytes, at, headerBytes)
  if (headerBytes < 0 || packetBytes > packetBytesMax) {
    const code = headerBytes < 0 ? 'PACKET_LENGTH' : 'PACKET_TOO_LARGE'
    frames.fault = { code, packetBytes, packetBytesMax, head: bytes.subarray(at) }
    clear(frames)
    return false
  }
  if (at + packetBytes > bytes.length) return wait(frames, packetBytes)
  frames.first = bytes[at] ?? 0
  frames.start = at
  frames.bodyStart = at + headerBytes
  frames.end = at + packetBytes
  return true
}

/** Nothing more is read: what was buffered is let go. */
export function clear(frames: Frames): void {
  frames.bytes = nothing
  frames.end = 0
  frames.parts = []
  frames.partsBytes = 0
  frames.needed = 0
}

function wait(frames: Frames, needed: number): false {
  // One byte more than is there is the least that can change anything.
  frames.needed = Math.max(needed, frames.bytes.length - frames.end + 1)
  return false
}

/** Joins what came in pieces, but not before it can be a whole packet: joining at each piece would cost its length squared. */
function gather(frames: Frames): boolean {
  const rest = frames.bytes.length - frames.end
  if (frames.parts.length === 0) {
    if (rest > 0) return true
    if (frames.bytes.length > 0) clear(frames)
    return false
  }
  if (rest + frames.partsBytes < frames.needed) return false
  frames.bytes = rest === 0 && frames.parts.length === 1 ? (frames.parts[0] ?? nothing) : joined(frames)
  frames.end = 0
  frames.parts = []
  frames.partsBytes = 0
  frames.needed = 0
  return frames.bytes.length > 0
}

function joined({ bytes, end, parts }: Frames): Buffer {
  return Buffer.concat([bytes.subarray(end), ...parts])
}

/** Bytes of the fixed header; 0 when it is not all there, -1 when its length has five bytes. */
function lengthOfHeader(bytes: Buffer, at: number): number {
  for (let index = 1; index < headerBytesMax; index += 1) {
    const byte = bytes[at + index]
    if (byte === undefined) return 0
    if (byte < 0x80) return index + 1
  }
  return -1
}

function readLength(bytes: Buffer, at: number, headerBytes: number): number {
  let length = 0
  for (let index = headerBytes - 1; index > 0; index -= 1) length = (length << 7) | ((bytes[at + index] ?? 0) & 0x7f)
  return length
}

/** Topic and the first payload bytes of a PUBLISH that was cut off; undefined when it is none or its topic is not there. */
export function readPublishHead(head: Buffer): { readonly topic: string; readonly payload: Buffer } | undefined {
  if (head.length < 2 || head.readUInt8(0) >> 4 !== publishType) return undefined
  const headerBytes = lengthOfHeader(head, 0)
  if (headerBytes <= 0 || head.length < headerBytes + 2) return undefined
  const topicStart = headerBytes + 2
  const topicEnd = topicStart + head.readUInt16BE(headerBytes)
  if (topicEnd > head.length) return undefined
  const packetId = ((head.readUInt8(0) >> 1) & 3) > 0 ? 2 : 0
  return { topic: head.toString('utf8', topicStart, topicEnd), payload: head.subarray(topicEnd + packetId) }
}
