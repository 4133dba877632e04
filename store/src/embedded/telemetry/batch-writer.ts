/** Writes one batch of readings within the caller's transaction: new series, the write-ahead row and the sender's offset. */
import type { DatabaseSync } from 'node:sqlite'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { replacesLatest, unitRefusal, valueInUnit, type UnitConflict } from '../../telemetry-limits.ts'
import type { BatchSource, ReadingColumns } from '../../telemetry-store.ts'
import { numberOf, textOf } from '../sqlite.ts'
import { createBatch, encodeBatch, type Batch } from './batch.ts'
import { flagOf, noReading, noteReading, type SeriesEntry, type SeriesIndex } from './series-index.ts'

export interface BatchWriter {
  /** Gives what is to be done in memory once the transaction is durable; undefined when the batch was stored before. */
  write(readings: readonly Reading[], source: BatchSource | undefined): (() => void) | undefined
  writeColumns(columns: ReadingColumns, source: BatchSource | undefined): (() => void) | undefined
  appendedUpTo(log: string): number
}

type SeriesParts = ReadingColumns['series'][number]

/** What one batch brings: the index learns of new series only when they are durable. */
interface Work extends Batch {
  /** Of each reading its series. */
  readonly entries: SeriesEntry[]
  readonly added: Map<string, SeriesEntry>
  readonly conflicts: UnitConflict[]
}

export function prepareBatchWriter(database: DatabaseSync, index: SeriesIndex): BatchWriter {
  const selectOffset = database.prepare('SELECT up_to FROM source WHERE log = ?')
  const setOffset = database.prepare('INSERT INTO source (log, up_to) VALUES (?, ?) ON CONFLICT (log) DO UPDATE SET up_to = excluded.up_to')
  const insert = database.prepare('INSERT INTO batch (seq, count, readings) VALUES (?, ?, ?)')
  // Another batch of the same transaction may have brought the series, with its unit.
  const upsertSeries = database.prepare(
    'INSERT INTO series (name, unit) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET unit = unit RETURNING id, unit'
  )
  // A number is never used twice, so that who reads the file beside us can tell a new batch from one that it has seen.
  const last = database.prepare('SELECT max(up_to, coalesce((SELECT max(seq) FROM batch), 0)) AS seq FROM folded').get()
  let lastSeq = numberOf(last, 'seq')
  const appendedUpTo = (log: string): number => {
    const row = selectOffset.get(log)
    return row === undefined ? -1 : numberOf(row, 'up_to')
  }
  const newEntryOf = (parts: SeriesParts, added: Map<string, SeriesEntry>): SeriesEntry => {
    const name = seriesKeyOf(parts)
    const known = added.get(name)
    if (known !== undefined) return known
    const row = upsertSeries.get(name, parts.unit)
    const entry: SeriesEntry = { ...noReading, id: numberOf(row, 'id'), name, unit: textOf(row, 'unit') }
    added.set(name, entry)
    return entry
  }
  const store = (count: number, source: BatchSource | undefined, fill: (work: Work) => void): (() => void) | undefined => {
    if (source !== undefined) {
      if (source.upTo <= appendedUpTo(source.log)) return undefined
      setOffset.run(source.log, source.upTo)
    }
    const work: Work = { ...createBatch(count), entries: new Array<SeriesEntry>(count), added: new Map(), conflicts: [] }
    fill(work)
    if (work.conflicts.length > 0) throw unitRefusal(count, work.conflicts)
    if (count > 0) insert.run(++lastSeq, count, encodeBatch(work))
    return () => remember(index, work)
  }

  return {
    appendedUpTo,
    // These loops run once a reading, on the main thread: nothing is made in them.
    write: (readings, source) =>
      store(readings.length, source, (work) => {
        const { timeMs, value, quality, series, entries, added } = work
        for (let at = 0; at < entries.length; at++) {
          const reading = readings[at]
          if (reading === undefined) continue
          const entry = index.find(reading) ?? newEntryOf(reading, added)
          const missing = reading.quality === 9 || Number.isNaN(reading.value)
          timeMs[at] = reading.timeMs
          value[at] = missing ? NaN : reading.value + 0
          quality[at] = missing ? 9 : reading.quality
          series[at] = entry.id
          entries[at] = entry
          if (reading.unit !== entry.unit) convert(work, at, reading.unit)
        }
      }),
    writeColumns: (columns, source) =>
      store(columns.timeMs.length, source, (work) => {
        const { timeMs, value, quality, series, entries, added } = work
        const known = columns.series.map((parts) => index.find(parts) ?? newEntryOf(parts, added))
        const differing = columns.series.some(({ unit }, place) => unit !== known[place]?.unit)
        timeMs.set(columns.timeMs)
        for (let at = 0; at < entries.length; at++) {
          const place = columns.seriesAt[at] ?? 0
          const entry = known[place]
          if (entry === undefined) continue
          const one = columns.value[at] ?? NaN
          const missing = columns.quality[at] === 9 || Number.isNaN(one)
          value[at] = missing ? NaN : one + 0
          quality[at] = missing ? 9 : (columns.quality[at] ?? 9)
          series[at] = entry.id
          entries[at] = entry
          if (differing) convert(work, at, columns.series[place]?.unit ?? '')
        }
      })
  }
}

/** Brings the value into the unit of its series, or notes that it does not go there. */
function convert({ value, entries, conflicts }: Work, at: number, unit: string): void {
  const entry = entries[at]
  const one = value[at] ?? NaN
  if (entry === undefined || entry.unit === unit) return
  const converted = valueInUnit(Number.isNaN(one) ? 0 : one, unit, entry.unit)
  if (converted === undefined) conflicts.push({ index: at, series: entry.name, unit, wanted: entry.unit })
  else if (!Number.isNaN(one)) value[at] = converted + 0
}

function remember(index: SeriesIndex, { entries, added, timeMs, value, quality }: Work): void {
  // Another batch of the same commit may have brought the series first: then its entry stays, with its latest reading.
  for (const entry of added.values()) if (index.get(entry.name) === undefined) index.add(entry)
  for (let at = 0; at < entries.length; at++) {
    const written = entries[at]
    const time = timeMs[at] ?? 0
    if (written === undefined || !replacesLatest(written.timeMs, time)) continue
    const entry = added.size === 0 ? written : (index.get(written.name) ?? written)
    noteReading(entry, time, value[at] ?? NaN, flagOf(quality[at] ?? 9))
  }
}
