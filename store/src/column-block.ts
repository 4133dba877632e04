/**
 * A block of one series in columns: times as delta of delta, values as deltas of decimal-scaled integers (raw floats where
 * they are none), qualities as runs. Pure and exact: what goes in comes out bit for bit. It knows no store.
 *
 * Layout: format (1 plain, 2 zstd of the rest), count, times, missing runs, values, quality runs; integers are LEB128 varints.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { aggregateOf, type Aggregate } from './aggregate.ts'
import { broken, readVarint, readZigzag, writeVarint, writeZigzag, type Reader, type Writer } from './varint.ts'

/** Readings of one series, times strictly ascending integers of milliseconds, `NaN` for a missing value. */
export interface Columns {
  readonly timeMs: Float64Array
  readonly value: Float64Array
  readonly quality: Uint8Array
}

/** What is known of a block without decoding it. */
export interface BlockHead {
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
  /** Of the readings that count: quality neither 4 (fail) nor 9 (missing). Undefined when none does. */
  readonly good: Aggregate | undefined
}

export const blockReadingsMax = 65_535

export const formats = { plain: 1, zstd: 2 } as const
const timeModes = { constantStep: 0, deltaOfDelta: 1 } as const
/** Value modes 0 to `scaleMax` are the decimal scale. */
const scaleMax = 9
const valueModes = { float32: 16, float64: 17 } as const
const powersOfTen = Array.from({ length: scaleMax + 1 }, (_, scale) => 10 ** scale)
/** Deltas of integers up to this, in zigzag form, still fit the 53 bits of a number. */
const scaledMax = 2 ** 50

export function headOf(columns: Columns): BlockHead {
  const { timeMs } = columns
  return { firstMs: timeMs[0] ?? 0, lastMs: timeMs.at(-1) ?? 0, count: timeMs.length, good: aggregateOf(columns, 0, timeMs.length) }
}

/** With `compress` the block is passed through zstd when that saves at least a tenth. */
export function encodeBlock(columns: Columns, options: { readonly compress: boolean } = { compress: false }): Uint8Array {
  const count = columns.timeMs.length
  if (count > blockReadingsMax) throw new RangeError(`Cannot encode block: it has ${count} readings, expected at most ${blockReadingsMax}`)
  const writer = { bytes: new Uint8Array(64 + count * 24), at: 0 }
  writer.bytes[writer.at++] = formats.plain
  writeVarint(writer, count)
  writeTimes(writer, columns.timeMs)
  writeMissing(writer, columns.value)
  writeValues(writer, columns.value)
  writeQualities(writer, columns.quality)
  const plain = writer.bytes.subarray(0, writer.at)
  return (options.compress ? compressed(plain) : undefined) ?? plain.slice()
}

/** Throws a `RangeError` when the bytes are no block. */
export function decodeBlock(bytes: Uint8Array): Columns {
  const reader = { bytes: plainOf(bytes), at: 1 }
  const count = readVarint(reader)
  if (count > blockReadingsMax) throw broken(`count is ${count}, expected at most ${blockReadingsMax}`)
  const timeMs = readTimes(reader, count)
  const value = new Float64Array(count)
  const present = readMissing(reader, value)
  readValues(reader, value, present)
  const quality = readQualities(reader, count)
  if (reader.at !== reader.bytes.length) throw broken(`it has ${reader.bytes.length} bytes, expected ${reader.at}`)
  return { timeMs, value, quality }
}

/** The same bytes through zstd, behind their format byte; undefined when that saves less than a tenth. */
export function compressed(plain: Uint8Array): Uint8Array | undefined {
  const packed = zstdCompressSync(plain.subarray(1), { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  if (packed.length + 1 > plain.length * 0.9) return undefined
  const bytes = new Uint8Array(packed.length + 1)
  bytes[0] = formats.zstd
  bytes.set(packed, 1)
  return bytes
}

/** Undoes `compressed` where it was done. */
export function plainOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === formats.plain) return bytes
  if (bytes[0] !== formats.zstd) throw broken(`format is ${bytes[0]}, expected ${formats.plain} or ${formats.zstd}`)
  const packed = zstdDecompressSync(bytes.subarray(1), { maxOutputLength: 64 + blockReadingsMax * 24 })
  const plain = new Uint8Array(packed.length + 1)
  plain.set(packed, 1)
  return plain
}

export function writeTimes(writer: Writer, timeMs: Float64Array): void {
  const count = timeMs.length
  if (count === 0) return
  const first = timeMs[0] ?? 0
  const step = count > 1 ? (timeMs[1] ?? 0) - first : 0
  let constant = true
  for (let index = 1; index < count && constant; index++) constant = (timeMs[index] ?? 0) - (timeMs[index - 1] ?? 0) === step
  writer.bytes[writer.at++] = constant ? timeModes.constantStep : timeModes.deltaOfDelta
  writeVarint(writer, first)
  writeVarint(writer, step)
  if (constant) return
  let previousStep = step
  for (let index = 2; index < count; index++) {
    const nextStep = (timeMs[index] ?? 0) - (timeMs[index - 1] ?? 0)
    writeZigzag(writer, nextStep - previousStep)
    previousStep = nextStep
  }
}

export function readTimes(reader: Reader, count: number): Float64Array {
  const timeMs = new Float64Array(count)
  if (count === 0) return timeMs
  const mode = reader.bytes[reader.at++]
  if (mode !== timeModes.constantStep && mode !== timeModes.deltaOfDelta) throw broken(`time mode is ${mode}`)
  let time = readVarint(reader)
  let step = readVarint(reader)
  timeMs[0] = time
  for (let index = 1; index < count; index++) {
    if (mode === timeModes.deltaOfDelta && index > 1) step += readZigzag(reader)
    time += step
    timeMs[index] = time
  }
  return timeMs
}

/** Runs of present and missing values in turn, present first; the last run is implied. */
function writeMissing(writer: Writer, value: Float64Array): void {
  let missing = false
  let run = 0
  for (const one of value) {
    if (Number.isNaN(one) !== missing) {
      writeVarint(writer, run + 1)
      missing = !missing
      run = 0
    }
    run += 1
  }
  writeVarint(writer, 0)
}

/** Marks missing values with NaN and gives how many are present. */
function readMissing(reader: Reader, value: Float64Array): number {
  let missing = false
  let at = 0
  let present = 0
  for (;;) {
    const mark = readVarint(reader)
    const run = mark === 0 ? value.length - at : mark - 1
    if (at + run > value.length) throw broken('runs of missing values pass its end')
    if (missing) value.fill(NaN, at, at + run)
    else present += run
    at += run
    if (mark === 0) return present
    missing = !missing
  }
}

export function writeValues(writer: Writer, value: Float64Array): void {
  const scale = decimalScaleOf(value)
  if (scale !== undefined) {
    writer.bytes[writer.at++] = scale
    const power = powersOfTen[scale] ?? 1
    let previous = 0
    for (const one of value) {
      if (Number.isNaN(one)) continue
      const scaled = Math.round(one * power)
      writeZigzag(writer, scaled - previous)
      previous = scaled
    }
    return
  }
  const single = value.every((one) => Number.isNaN(one) || Object.is(Math.fround(one), one))
  writer.bytes[writer.at++] = single ? valueModes.float32 : valueModes.float64
  const view = new DataView(writer.bytes.buffer, writer.bytes.byteOffset)
  for (const one of value) {
    if (Number.isNaN(one)) continue
    if (single) view.setFloat32(writer.at, one, true)
    else view.setFloat64(writer.at, one, true)
    writer.at += single ? 4 : 8
  }
}

/** The smallest decimal scale at which every present value is an integer, exactly; undefined when there is none. */
function decimalScaleOf(value: Float64Array): number | undefined {
  let scale = 0
  for (const one of value) {
    if (Number.isNaN(one)) continue
    while (!isExact(one, scale)) {
      scale += 1
      if (scale > scaleMax) return undefined
    }
  }
  // A value that was exact at a lower scale need not be at the one found last.
  return value.every((one) => Number.isNaN(one) || isExact(one, scale)) ? scale : undefined
}

function isExact(value: number, scale: number): boolean {
  const power = powersOfTen[scale] ?? 1
  const scaled = Math.round(value * power)
  return scaled <= scaledMax && scaled >= -scaledMax && scaled / power === value && !Object.is(value, -0)
}

export function readValues(reader: Reader, value: Float64Array, present: number): void {
  const mode = reader.bytes[reader.at++] ?? 255
  const { at, bytes } = reader
  if (mode <= scaleMax) return readScaled(reader, value, powersOfTen[mode] ?? 1)
  const width = mode === valueModes.float32 ? 4 : 8
  if (mode !== valueModes.float32 && mode !== valueModes.float64) throw broken(`value mode is ${mode}`)
  if (at + present * width > bytes.length) throw broken('it ends within its values')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let index = 0; index < value.length; index++) {
    if (Number.isNaN(value[index])) continue
    value[index] = width === 4 ? view.getFloat32(reader.at, true) : view.getFloat64(reader.at, true)
    reader.at += width
  }
}

function readScaled(reader: Reader, value: Float64Array, power: number): void {
  let scaled = 0
  for (let index = 0; index < value.length; index++) {
    if (Number.isNaN(value[index])) continue
    scaled += readZigzag(reader)
    value[index] = scaled / power
  }
}

function writeQualities(writer: Writer, quality: Uint8Array): void {
  for (let index = 0; index < quality.length;) {
    const flag = quality[index] ?? 0
    let end = index + 1
    while (end < quality.length && quality[end] === flag) end += 1
    writer.bytes[writer.at++] = flag
    writeVarint(writer, end - index)
    index = end
  }
}

function readQualities(reader: Reader, count: number): Uint8Array {
  const quality = new Uint8Array(count)
  for (let index = 0; index < count;) {
    const flag = reader.bytes[reader.at++] ?? 0
    const run = readVarint(reader)
    if (run === 0 || index + run > count) throw broken('runs of quality flags do not fit its count')
    quality.fill(flag, index, index + run)
    index += run
  }
  return quality
}
