/**
 * Readings into an InfluxDB, batch by batch in the order they were handed in. InfluxDB has no transactions: the readings of a batch are
 * written first, its offset after all of them; cut off in between, the batch is handed in and written again, which changes nothing.
 */
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { refusedReadings, storeError, type RefusedReading } from '../errors.ts'
import { replacesLatest, storedValueOf, unitRefusal, valueInUnit, type UnitConflict } from '../telemetry-limits.ts'
import type { BatchSource } from '../telemetry-store.ts'
import type { InfluxDatabase } from './client.ts'
import type { LineWriter } from './line-writer.ts'
import { influxTimeMsMax } from './line-protocol.ts'
import { loadTelemetryIndex, type KnownSeries, type TelemetryIndex } from './telemetry-index.ts'
import { aheadLine, measurements, offsetLine, readingLine, seriesLine } from './telemetry-model.ts'

export interface TelemetryAppender {
  /** True when the batch was new. */
  append(readings: readonly Reading[], source: BatchSource | undefined): Promise<boolean>
  appendedUpTo(log: string): Promise<number>
  readonly seriesKnown: number
}

export interface TelemetryAppenderOptions {
  readonly database: InfluxDatabase
  readonly writer: LineWriter
}

/** A retention of the database may not be shorter than this, or units get lost. */
const unitWrittenAgainMs = 12 * 3_600_000

export function createTelemetryAppender({ database, writer }: TelemetryAppenderOptions): TelemetryAppender {
  const offsets = new Map<string, number>()
  let index: TelemetryIndex | undefined

  async function offsetOf(log: string): Promise<number> {
    const known = offsets.get(log)
    if (known !== undefined) return known
    const { rows } = await database.select({
      measurement: measurements.offset,
      fields: ['up_to'],
      where: [{ tag: 'log', anyOf: [log] }],
      pick: { type: 'every', tags: [], order: 'descending', limit: offsetHoursMax }
    })
    // By the hours of a clock that was set back the greatest need not be the newest.
    const upTo = rows.reduce((greatest, { values }) => Math.max(greatest, Number(values[0] ?? -1)), -1)
    offsets.set(log, upTo)
    return upTo
  }

  return {
    get seriesKnown() {
      return index?.size ?? 0
    },
    appendedUpTo: offsetOf,
    async append(readings, source) {
      if (source !== undefined && source.upTo <= (await offsetOf(source.log))) return false
      index ??= await loadTelemetryIndex(database)
      const batch = linesOf(readings, index)
      const refused = [...batch.refused, ...refusedOf(await writer.write(batch.lines, 'ms'), batch)]
      if (refused.length > 0) throw refusalOf(database, readings, refused)
      index.keep(batch.touched)
      if (source === undefined) return true
      const [fault] = await writer.write([offsetLine(source.log, source.upTo, Date.now())], 'ms')
      const action = `store the offset of ${source.log}`
      if (fault !== undefined) throw storeError('STORE_SERVER', { action, server: database.name, status: 400, detail: fault.detail })
      offsets.set(source.log, source.upTo)
      return true
    }
  }
}

/** A year of hours. */
const offsetHoursMax = 8_784

function refusalOf(database: InfluxDatabase, readings: readonly Reading[], found: readonly RefusedReading[]): Error {
  const byIndex = new Map(found.map((one) => [one.index, one]))
  const refused = [...byIndex.values()].sort((left, right) => left.index - right.index)
  const action = `append ${readings.length} readings to ${database.name}`
  return refusedReadings({ action, readings: readings.length, detail: refused[0]?.detail ?? '', refused })
}

interface Batch {
  readonly lines: readonly string[]
  /** Of each line the places of the readings that stand or fall with it. */
  readonly readingsAt: readonly (readonly number[])[]
  readonly refused: readonly RefusedReading[]
  readonly touched: readonly KnownSeries[]
}

function refusedOf(found: readonly { readonly index: number; readonly detail: string }[], { readingsAt }: Batch): RefusedReading[] {
  return found.flatMap(({ index, detail }) => (readingsAt[index] ?? []).map((at) => ({ index: at, detail })))
}

interface Touched {
  /** As it will be once the batch is stored. */
  readonly known: KnownSeries
  readonly aheadBeforeMs: number
  readonly places: number[]
  /** Of each time the place of its line: of several readings of one time only the last is sent. */
  readonly lineAt: Map<number, number>
}

/** Throws `STORE_REFUSED_READINGS`, and then nothing of the batch is written, when units do not convert. */
function linesOf(readings: readonly Reading[], index: TelemetryIndex): Batch {
  const touched = new Map<string, Touched>()
  const conflicts: UnitConflict[] = []
  const refused: RefusedReading[] = []
  const lines: string[] = []
  const readingsAt: number[][] = []
  for (const [at, reading] of readings.entries()) {
    const { known, places, lineAt } = touchedBy(reading, index, touched)
    places.push(at)
    const { timeMs, unit } = reading
    const { value: asRead, quality } = storedValueOf(reading)
    const value = valueInUnit(asRead, unit, known.unit)
    if (value === undefined) {
      conflicts.push({ index: at, series: known.series, unit, wanted: known.unit })
      continue
    }
    const line = timeMs > influxTimeMsMax ? undefined : readingLine(known.lineStart, { timeMs, value, quality })
    if (line === undefined) {
      refused.push({ index: at, detail: `value ${value} at ${timeMs} ms, expected a finite one at ${influxTimeMsMax} ms at most` })
      continue
    }
    const place = lineAt.get(timeMs) ?? lines.length
    lines[place] = line
    readingsAt[place] = [...(readingsAt[place] ?? []), at]
    lineAt.set(timeMs, place)
    if (isAhead(timeMs)) known.aheadMs = timeMs
    else if (known.aheadMs > 0) known.aheadMs = 0
  }
  if (conflicts.length > 0) throw unitRefusal(readings.length, conflicts)
  return withSeriesLines({ lines, readingsAt, refused, touched: [...touched.values()] })
}

function touchedBy(reading: Reading, index: TelemetryIndex, touched: Map<string, Touched>): Touched {
  const series = seriesKeyOf(reading)
  const found = touched.get(series)
  if (found !== undefined) return found
  const known = { ...index.seriesFor(series, reading.unit) }
  const made: Touched = { known, aheadBeforeMs: known.aheadMs, places: [], lineAt: new Map<number, number>() }
  touched.set(series, made)
  return made
}

/** Puts what the batch says of its series before its readings. */
function withSeriesLines(batch: Omit<Batch, 'touched'> & { readonly touched: readonly Touched[] }): Batch {
  const nowMs = Date.now()
  const lines: string[] = []
  const readingsAt: (readonly number[])[] = []
  for (const { known, aheadBeforeMs, places } of batch.touched) {
    const { tags, unit, aheadMs } = known
    if (nowMs - known.unitWrittenMs >= unitWrittenAgainMs) {
      known.unitWrittenMs = nowMs
      lines.push(seriesLine(tags, unit, nowMs))
      readingsAt.push(places)
    }
    if (aheadMs !== aheadBeforeMs) {
      lines.push(aheadLine(tags, aheadMs, nowMs))
      readingsAt.push(places)
    }
  }
  return {
    lines: lines.length === 0 ? batch.lines : [...lines, ...batch.lines],
    readingsAt: lines.length === 0 ? batch.readingsAt : [...readingsAt, ...batch.readingsAt],
    refused: batch.refused,
    touched: batch.touched.map(({ known }) => known)
  }
}

/** Whether a reading is from so far ahead of the clock that it is the latest only until the next one. */
function isAhead(timeMs: number): boolean {
  return replacesLatest(timeMs, timeMs - 1)
}
