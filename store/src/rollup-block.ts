/**
 * Roll-ups of one series in a blob. Pure and exact: what goes in comes out bit for bit, but for the kinetic weight of a row of one or two
 * readings, which is worked out again. It knows no store.
 *
 * Layout: format (1 plain, 2 zstd of the rest), rows, starts, counts, flags, then columns of the rows that have them by their flags:
 * first, last, min, max, the distances of their times, sums, weights. What is the first or last reading again is not written again.
 */
import { compressed, formats, plainOf, readTimes, readValues, writeTimes, writeValues } from './column-block.ts'
import { kineticWeightOf, type KelvinScale } from './mean-kinetic-temperature.ts'
import { emptyRollups, type RollupColumns } from './rollups.ts'
import { broken, readVarint, writeVarint, type Reader, type Writer } from './varint.ts'

const rollupRowsMax = 65_535

const flags = { several: 1, ownMin: 2, minIsLast: 4, ownMax: 8, maxIsLast: 16, ownSum: 32 } as const
/** Start 10, count 10, flag 1, four values and times, sum and weight of 8 to 10. */
const rowBytesMax = 128

export function encodeRollups(rollups: RollupColumns): Uint8Array {
  const rows = rollups.startMs.length
  if (rows > rollupRowsMax) throw new RangeError(`Cannot encode roll-ups: there are ${rows}, expected at most ${rollupRowsMax}`)
  const writer = { bytes: new Uint8Array(64 + rows * rowBytesMax), at: 0 }
  const flag = Uint8Array.from({ length: rows }, (_, row) => flagOf(rollups, row))
  writer.bytes[writer.at++] = formats.plain
  writeVarint(writer, rows)
  writeTimes(writer, rollups.startMs)
  for (const count of rollups.count) writeVarint(writer, count)
  writer.bytes.set(flag, writer.at)
  writer.at += rows
  const has = (wanted: number) => (_: unknown, row: number) => ((flag[row] ?? 0) & wanted) !== 0
  writeValues(writer, rollups.first)
  writeValues(writer, rollups.last.filter(has(flags.several)))
  writeValues(writer, rollups.min.filter(has(flags.ownMin)))
  writeValues(writer, rollups.max.filter(has(flags.ownMax)))
  writeDistances(writer, rollups, flag)
  writeFloats(writer, rollups.sum.filter(has(flags.ownSum)))
  writeFloats(writer, rollups.weight.filter(has(flags.ownSum)))
  const plain = writer.bytes.subarray(0, writer.at)
  return compressed(plain) ?? plain.slice()
}

/** Throws a `RangeError` when the bytes are no roll-ups. */
export function decodeRollups(bytes: Uint8Array, scale: KelvinScale | undefined): RollupColumns {
  const reader = { bytes: plainOf(bytes), at: 1 }
  const rows = readVarint(reader)
  if (rows > rollupRowsMax) throw broken(`there are ${rows} roll-ups, expected at most ${rollupRowsMax}`)
  if (rows === 0) return emptyRollups
  const startMs = readTimes(reader, rows)
  const count = Float64Array.from({ length: rows }, () => readVarint(reader))
  const flag = reader.bytes.slice(reader.at, reader.at + rows)
  if (flag.length < rows) throw broken('it ends within its flags')
  reader.at += rows
  const column = (wanted: number, otherwise: (row: number) => number): Float64Array => {
    const own = flag.reduce((total, one) => total + ((one & wanted) === wanted ? 1 : 0), 0)
    const values = new Float64Array(own)
    readValues(reader, values, own)
    let at = 0
    return Float64Array.from(flag, (one, row) => ((one & wanted) === wanted ? (values[at++] ?? NaN) : otherwise(row)))
  }
  const first = column(0, () => NaN)
  const last = column(flags.several, (row) => first[row] ?? NaN)
  const either = (isLast: number) => (row: number) => (((flag[row] ?? 0) & isLast) === 0 ? first : last)[row] ?? NaN
  const min = column(flags.ownMin, either(flags.minIsLast))
  const max = column(flags.ownMax, either(flags.maxIsLast))
  const times = readDistances(reader, startMs, flag)
  const twoOrLess = (of: (value: number) => number) => (row: number) =>
    of(first[row] ?? NaN) + (((flag[row] ?? 0) & flags.several) === 0 ? 0 : of(last[row] ?? NaN))
  const sum = readFloats(reader, flag, twoOrLess((value) => value)) // prettier-ignore
  const weight = readFloats(reader, flag, twoOrLess((value) => (scale === undefined ? 0 : kineticWeightOf(value, scale)))) // prettier-ignore
  if (reader.at !== reader.bytes.length) throw broken(`it has ${reader.bytes.length} bytes, expected ${reader.at}`)
  return { startMs, count, sum, min, max, first, last, weight, ...times }
}

function flagOf(rollups: RollupColumns, row: number): number {
  const { count, sum, min, minMs, max, maxMs, first, firstMs, last, lastMs } = rollups
  const several = firstMs[row] !== lastMs[row]
  const place = (value: Float64Array, timeMs: Float64Array, own: number, isLast: number): number => {
    if (timeMs[row] === firstMs[row] && Object.is(value[row], first[row])) return 0
    return timeMs[row] === lastMs[row] && Object.is(value[row], last[row]) ? isLast : own
  }
  const derived = (first[row] ?? NaN) + (several ? (last[row] ?? NaN) : 0)
  const ownSum = (count[row] ?? 0) > 2 || !Object.is(sum[row], derived)
  return (
    (several ? flags.several : 0) |
    place(min, minMs, flags.ownMin, flags.minIsLast) |
    place(max, maxMs, flags.ownMax, flags.maxIsLast) |
    (ownSum ? flags.ownSum : 0)
  )
}

function writeDistances(writer: Writer, { startMs, firstMs, lastMs, minMs, maxMs }: RollupColumns, flag: Uint8Array): void {
  for (const [row, one] of flag.entries()) {
    const first = firstMs[row] ?? 0
    writeVarint(writer, first - (startMs[row] ?? 0))
    if ((one & flags.several) !== 0) writeVarint(writer, (lastMs[row] ?? 0) - first)
    if ((one & flags.ownMin) !== 0) writeVarint(writer, (minMs[row] ?? 0) - first)
    if ((one & flags.ownMax) !== 0) writeVarint(writer, (maxMs[row] ?? 0) - first)
  }
}

function readDistances(reader: Reader, startMs: Float64Array, flag: Uint8Array) {
  const column = (): Float64Array => new Float64Array(flag.length)
  const times = { firstMs: column(), lastMs: column(), minMs: column(), maxMs: column() }
  for (const [row, one] of flag.entries()) {
    const first = (startMs[row] ?? 0) + readVarint(reader)
    const last = (one & flags.several) === 0 ? first : first + readVarint(reader)
    times.firstMs[row] = first
    times.lastMs[row] = last
    times.minMs[row] = (one & flags.ownMin) !== 0 ? first + readVarint(reader) : (one & flags.minIsLast) !== 0 ? last : first
    times.maxMs[row] = (one & flags.ownMax) !== 0 ? first + readVarint(reader) : (one & flags.maxIsLast) !== 0 ? last : first
  }
  return times
}

function writeFloats(writer: Writer, values: Float64Array): void {
  const view = new DataView(writer.bytes.buffer, writer.bytes.byteOffset)
  for (const value of values) {
    view.setFloat64(writer.at, value, true)
    writer.at += 8
  }
}

function readFloats(reader: Reader, flag: Uint8Array, otherwise: (row: number) => number): Float64Array {
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset, reader.bytes.byteLength)
  return Float64Array.from(flag, (one, row) => {
    if ((one & flags.ownSum) === 0) return otherwise(row)
    if (reader.at + 8 > view.byteLength) throw broken('it ends within its sums')
    const value = view.getFloat64(reader.at, true)
    reader.at += 8
    return value
  })
}
