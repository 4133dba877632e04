/**
 * What the head of a block says of its readings that count, in some 25 bytes. Pure and exact.
 *
 * Layout: readings that do not count, distances of the first, lowest and highest from the begin of the block and of the last from its end, the
 * four values as in a block, their sum as a float; nothing after the first number when none counts.
 */
import type { Aggregate } from '../../aggregate.ts'
import { readValues, writeValues, type BlockHead } from '../../column-block.ts'
import { broken, readVarint, writeVarint } from '../../varint.ts'

const bytesMax = 128

export function encodeStats({ firstMs, lastMs, count, good }: BlockHead): Uint8Array {
  const writer = { bytes: new Uint8Array(bytesMax), at: 0 }
  writeVarint(writer, count - (good?.count ?? 0))
  if (good === undefined) return writer.bytes.slice(0, writer.at)
  for (const distance of [good.firstMs - firstMs, good.minMs - firstMs, good.maxMs - firstMs, lastMs - good.lastMs])
    writeVarint(writer, distance)
  writeValues(writer, Float64Array.of(good.first, good.min, good.max, good.last))
  new DataView(writer.bytes.buffer).setFloat64(writer.at, good.sum, true)
  return writer.bytes.slice(0, writer.at + 8)
}

/** Undefined when none of the readings counts. Throws a `RangeError` when the bytes are no stats. */
export function decodeStats(bytes: Uint8Array, head: Pick<BlockHead, 'firstMs' | 'lastMs' | 'count'>): Aggregate | undefined {
  const { firstMs, lastMs } = head
  const reader = { bytes, at: 0 }
  const count = head.count - readVarint(reader)
  if (count <= 0) return undefined
  const [first, min, max, last] = [readVarint(reader), readVarint(reader), readVarint(reader), readVarint(reader)]
  const values = new Float64Array(4)
  readValues(reader, values, 4)
  if (reader.at + 8 !== bytes.length) throw broken(`the head has ${bytes.length} bytes, expected ${reader.at + 8}`)
  return {
    count,
    sum: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(reader.at, true),
    first: values[0] ?? NaN,
    firstMs: firstMs + first,
    min: values[1] ?? NaN,
    minMs: firstMs + min,
    max: values[2] ?? NaN,
    maxMs: firstMs + max,
    last: values[3] ?? NaN,
    lastMs: lastMs - last
  }
}
