/**
 * A batch of readings as one blob of the write-ahead table: columns one after another, little-endian, made for speed and a short life.
 *
 * Layout 1: layout and count (4 bytes each), earliest time (8), width of times (4 or 8), of series (2 or 4) and of qualities (0 when all are
 * the same, or 1), that quality (1 byte each); values (8 bytes each), times after the earliest, series ids, qualities.
 * Layout 0, of earlier versions, begins with the count as a float, whose lower half is 0: times and values (8 bytes), series (4), qualities (1).
 */
import type { Columns } from '../../column-block.ts'

export interface Batch extends Columns {
  readonly series: Uint32Array
}

const headBytes = 24
const layout = 1

export function createBatch(count: number): Batch {
  return { timeMs: new Float64Array(count), value: new Float64Array(count), series: new Uint32Array(count), quality: new Uint8Array(count) }
}

export function encodeBatch({ timeMs, value, series, quality }: Batch): Uint8Array {
  const count = timeMs.length
  let [baseMs, lastMs, seriesMax] = [Infinity, 0, 0]
  const same = quality[0] ?? 0
  let uniform = true
  for (let index = 0; index < count; index++) {
    const at = timeMs[index] ?? 0
    if (at < baseMs) baseMs = at
    if (at > lastMs) lastMs = at
    const id = series[index] ?? 0
    if (id > seriesMax) seriesMax = id
    if (quality[index] !== same) uniform = false
  }
  const timeBytes = lastMs - baseMs > 0xffff_ffff ? 8 : 4
  const seriesBytes = seriesMax > 0xffff ? 4 : 2
  const buffer = new ArrayBuffer(headBytes + count * (8 + timeBytes + seriesBytes + (uniform ? 0 : 1)))
  new Uint32Array(buffer, 0, 2).set([layout, count])
  new Float64Array(buffer, 8, 1)[0] = count === 0 ? 0 : baseMs
  new Uint8Array(buffer, 16, 4).set([timeBytes, seriesBytes, uniform ? 0 : 1, same])
  new Float64Array(buffer, headBytes, count).set(value)
  const at = headBytes + count * 8
  const times = timeBytes === 8 ? new Float64Array(buffer, at, count) : new Uint32Array(buffer, at, count)
  for (let index = 0; index < count; index++) times[index] = (timeMs[index] ?? 0) - baseMs
  const seriesAt = at + count * timeBytes
  const ids = seriesBytes === 4 ? new Uint32Array(buffer, seriesAt, count) : new Uint16Array(buffer, seriesAt, count)
  ids.set(series)
  if (!uniform) new Uint8Array(buffer, seriesAt + count * seriesBytes).set(quality)
  return new Uint8Array(buffer)
}

/** Throws a `RangeError` when the bytes are no batch. */
export function decodeBatch(bytes: Uint8Array): Batch {
  if (bytes.length < 8) throw broken(bytes.length, headBytes)
  // A copy at the start of its own buffer, as the views must be aligned.
  const { buffer } = new Uint8Array(bytes)
  const [kind = 0, count = 0] = new Uint32Array(buffer, 0, 2)
  if (kind === 0) return decodeFirstLayout(buffer)
  if (kind !== layout) throw new RangeError(`Cannot decode batch: its layout is ${kind}, expected ${layout}`)
  if (bytes.length < headBytes) throw broken(bytes.length, headBytes)
  const [timeBytes = 0, seriesBytes = 0, qualityBytes = 0, same = 0] = new Uint8Array(buffer, 16, 4)
  const wanted = headBytes + count * (8 + timeBytes + seriesBytes + qualityBytes)
  if (bytes.length !== wanted || (timeBytes !== 4 && timeBytes !== 8) || (seriesBytes !== 2 && seriesBytes !== 4))
    throw broken(bytes.length, wanted)
  const [baseMs = 0] = new Float64Array(buffer, 8, 1)
  const at = headBytes + count * 8
  const times = timeBytes === 8 ? new Float64Array(buffer, at, count) : new Uint32Array(buffer, at, count)
  const seriesAt = at + count * timeBytes
  const ids = seriesBytes === 4 ? new Uint32Array(buffer, seriesAt, count) : new Uint16Array(buffer, seriesAt, count)
  return {
    value: new Float64Array(buffer, headBytes, count),
    timeMs: Float64Array.from(times, (time) => time + baseMs),
    series: Uint32Array.from(ids),
    quality: qualityBytes === 0 ? new Uint8Array(count).fill(same) : new Uint8Array(buffer, seriesAt + count * seriesBytes, count)
  }
}

function decodeFirstLayout(buffer: ArrayBuffer): Batch {
  const count = new Float64Array(buffer, 0, 1)[0] ?? NaN
  const wanted = 8 + count * 21
  if (buffer.byteLength !== wanted) throw broken(buffer.byteLength, wanted)
  return {
    timeMs: new Float64Array(buffer, 8, count),
    value: new Float64Array(buffer, 8 + count * 8, count),
    series: new Uint32Array(buffer, 8 + count * 16, count),
    quality: new Uint8Array(buffer, 8 + count * 20, count)
  }
}

function broken(found: number, wanted: number): RangeError {
  return new RangeError(`Cannot decode batch: it has ${found} bytes, expected ${wanted}`)
}
