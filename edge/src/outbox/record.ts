/**
 * One record of an outbox file: a magic number, the lengths, a CRC-32 over all that follows it, then meta data and payload. A reader that
 * meets damage looks for the next record that proves itself, so that a broken one costs itself only. Pure.
 *
 * Layout, little-endian: magic u32, body length u32, CRC-32 u32 (of the length and of all after the CRC), type u8, flags u8, meta length
 * u16, meta as JSON, payload. The magic number holds a byte that UTF-8 never has, so that no stored text looks like a record.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const recordTypes = ['message', 'readings', 'gaps', 'snapshot', 'released'] as const
export type RecordType = (typeof recordTypes)[number]

export interface StoredRecord {
  readonly type: RecordType
  readonly meta: unknown
  /** As it is in the file; `payloadOfRecord` unpacks it. */
  readonly packed: Uint8Array
  readonly isCompressed: boolean
}

export interface Damage {
  readonly offset: number
  readonly bytes: number
}

const magic = 0xfe4754ff
const magicBytes = Buffer.from([0xff, 0x54, 0x47, 0xfe])
const headBytes = 16
const compressedFlag = 1
/** A length beyond this is damage. */
const bodyBytesMax = 67_108_864
/** Below this a payload is not worth packing. */
const packFromBytes = 200
/** Level 3 packs JSON of readings to a tenth; higher levels gain 2 % for twice the time. */
const packParameters = { [constants.ZSTD_c_compressionLevel]: 3 }
/** By the descriptor of a frame: bytes of its dictionary id, and of its content size (0: one byte, in a single segment only). */
const dictionaryBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]
/** Pieces in which a payload is unpacked; what is larger takes several. */
const packedRoomMin = 1_024
const packRoomMin = 64
const packRoomDefault = 16_384
const packRoomMax = 1_048_576

export function encodeRecord(type: RecordType, meta: unknown, payload: Uint8Array = new Uint8Array()): Buffer {
  const metaBytes = Buffer.from(JSON.stringify(meta))
  const packed =
    payload.length < packFromBytes ? payload : zstdCompressSync(payload, { params: packParameters, chunkSize: packedRoomFor(payload) })
  const isCompressed = packed !== payload
  const record = Buffer.allocUnsafe(headBytes + metaBytes.length + packed.length)
  record.writeUInt32LE(magic, 0)
  record.writeUInt32LE(metaBytes.length + packed.length, 4)
  record.writeUInt8(recordTypes.indexOf(type), 12)
  record.writeUInt8(isCompressed ? compressedFlag : 0, 13)
  record.writeUInt16LE(metaBytes.length, 14)
  metaBytes.copy(record, headBytes)
  record.set(packed, headBytes + metaBytes.length)
  record.writeUInt32LE(checksumOf(record), 8)
  return record
}

/** The record at an offset; undefined when there is none that is whole. */
export function decodeRecord(bytes: Buffer, offset = 0): { readonly record: StoredRecord; readonly bytes: number } | undefined {
  if (offset + headBytes > bytes.length || bytes.readUInt32LE(offset) !== magic) return undefined
  const bodyBytes = bytes.readUInt32LE(offset + 4)
  const end = offset + headBytes + bodyBytes
  const metaBytes = bytes.readUInt16LE(offset + 14)
  if (bodyBytes > bodyBytesMax || end > bytes.length || metaBytes > bodyBytes) return undefined
  const whole = bytes.subarray(offset, end)
  if (whole.readUInt32LE(8) !== checksumOf(whole)) return undefined
  const type = recordTypes[whole.readUInt8(12)]
  if (type === undefined) return undefined
  const meta: unknown = JSON.parse(whole.toString('utf8', headBytes, headBytes + metaBytes))
  const packed = whole.subarray(headBytes + metaBytes)
  return { record: { type, meta, packed, isCompressed: (whole.readUInt8(13) & compressedFlag) !== 0 }, bytes: whole.length }
}

export function payloadOfRecord(record: StoredRecord): Uint8Array {
  return record.isCompressed ? zstdDecompressSync(record.packed, { chunkSize: roomFor(record.packed) }) : record.packed
}

/** JSON packs to less than a quarter; Node would take 16 KiB for the smallest alarm, and gives it back only when it collects garbage. */
function packedRoomFor(payload: Uint8Array): number {
  return Math.min(Math.max(payload.length >> 2, packedRoomMin), packRoomDefault)
}

/**
 * Room for all of a payload at once: otherwise Node unpacks in pieces of 16 KiB and copies them together, three times the memory. The
 * head of the frame says how long its content is (RFC 8878, 3.1.1.1). One byte more, or Node asks for another piece.
 */
function roomFor(packed: Uint8Array): number {
  const descriptor = packed[4] ?? 0
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0)
  const frame = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  const sizeBytes = contentSizeBytes[descriptor >> 6] ?? 0
  if (frame.length < sizeAt + 4 || (sizeBytes === 0 && !isSingleSegment)) return packRoomDefault
  const size = sizeBytes === 2 ? frame.readUInt16LE(sizeAt) + 256 : sizeBytes === 0 ? frame.readUInt8(sizeAt) : frame.readUInt32LE(sizeAt)
  return Math.min(Math.max(size + 1, packRoomMin), packRoomMax)
}

/** Visits every whole record of a file and gives what lies between them. */
export function scanRecords(
  bytes: Buffer,
  visit: (record: StoredRecord, place: { readonly offset: number; readonly bytes: number }) => void
): Damage[] {
  const damage: Damage[] = []
  for (let offset = 0; offset < bytes.length;) {
    const found = decodeRecord(bytes, offset)
    if (found === undefined) {
      const next = nextRecord(bytes, offset + 1)
      damage.push({ offset, bytes: next - offset })
      offset = next
    } else {
      visit(found.record, { offset, bytes: found.bytes })
      offset += found.bytes
    }
  }
  return damage
}

function nextRecord(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(magicBytes, from); at >= 0; at = bytes.indexOf(magicBytes, at + 1))
    if (decodeRecord(bytes, at) !== undefined) return at
  return bytes.length
}

function checksumOf(record: Buffer): number {
  return crc32(record.subarray(12), crc32(record.subarray(4, 8)))
}
