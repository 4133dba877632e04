/**
 * A batch of readings as one blob of the write-ahead table: columns one after another, little-endian, made for speed and a
 * short life. Layout: count (8 bytes), times, values (8 bytes each), series ids (4 each), quality flags (1 each).
 */
import type { Columns } from '../../column-block.ts'

export interface Batch extends Columns {
  readonly series: Uint32Array
}

const bytesPerReading = 8 + 8 + 4 + 1

/** An empty batch of so many readings: `bytes` is what is stored, the columns are views of it to be filled. */
export interface NewBatch extends Batch {
  readonly bytes: Uint8Array
}

export function createBatch(count: number): NewBatch {
  const buffer = new ArrayBuffer(8 + count * bytesPerReading)
  new Float64Array(buffer, 0, 1)[0] = count
  return { bytes: new Uint8Array(buffer), ...viewsOf(buffer, count) }
}

export function decodeBatch(bytes: Uint8Array): Batch {
  // A copy at the start of its own buffer, as the views must be aligned.
  const copy = new Uint8Array(bytes)
  const count = copy.length < 8 ? NaN : (new Float64Array(copy.buffer, 0, 1)[0] ?? NaN)
  if (copy.length !== 8 + count * bytesPerReading)
    throw new RangeError(`Cannot decode batch: it has ${copy.length} bytes, expected ${8 + count * bytesPerReading}`)
  return viewsOf(copy.buffer, count)
}

function viewsOf(buffer: ArrayBuffer, count: number): Batch {
  return {
    timeMs: new Float64Array(buffer, 8, count),
    value: new Float64Array(buffer, 8 + count * 8, count),
    series: new Uint32Array(buffer, 8 + count * 16, count),
    quality: new Uint8Array(buffer, 8 + count * 20, count)
  }
}
