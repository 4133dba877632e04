/** Writes one batch of readings within the caller's transaction: new series, the write-ahead row and the sender's offset. */
import type { DatabaseSync } from 'node:sqlite'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { replacesLatest, unitRefusal, valueInUnit, type UnitConflict } from '../../telemetry-limits.ts'
import type { BatchSource, ReadingColumns } from '../../telemetry-store.ts'
import { numberOf, textOf } from '../sqlite.ts'
import { createBatch, type NewBatch } from './batch.ts'
import { flagOf, noReading, noteReading, type SeriesEntry, type SeriesIndex } from './series-index.ts'

export interface BatchWriter {
  /** Gives what is to be done in memory once the transaction is durable; undefined when the batch was stored before. */
  write(readings: readonly Reading[], source: BatchSource | undefined): (() => void) | undefined
  writeColumns(columns: ReadingColumns, source: BatchSource | undefined): (() => void) | undefined
  appendedUpTo(log: string): number
}

type SeriesParts = ReadingColumns['series'][number]

/** What one batch brings: the index learns of new series only when they are durable. */
interface Work extends NewBatch {
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
  const entryOf = (parts: SeriesParts, added: Map<string, SeriesEntry>): SeriesEntry => {
    const found = index.find(parts)
    if (found !== undefined) return found
    const name = seriesKeyOf(parts)
    const known = added.get(name)
    if (known !== undefined) return known
    const row = upsertSeries.get(name, parts.unit)
    const entry: SeriesEntry = { ...noReading, id: numberOf(row, 'id'), name, unit: textOf(row, 'unit') }
    added.set(name, entry)
    return entry
  }
  const put = (
    work: Work,
    at: number,
    reading: { timeMs: number; value: number; quality: number; unit: string; entry: SeriesEntry }
  ): void => {
    const { entry, unit } = reading
    const missing = reading.quality === 9 || Number.isNaN(reading.value)
    const value = valueInUnit(missing ? 0 : reading.value, unit, entry.unit)
    if (value === undefined) work.conflicts.push({ index: at, series: entry.name, unit, wanted: entry.unit })
    work.timeMs[at] = reading.timeMs
    work.value[at] = missing ? NaN : (value ?? NaN) + 0
    work.quality[at] = missing ? 9 : reading.quality
    work.series[at] = entry.id
    work.entries.push(entry)
  }
  const store = (count: number, source: BatchSource | undefined, fill: (work: Work) => void): (() => void) | undefined => {
    if (source !== undefined) {
      if (source.upTo <= appendedUpTo(source.log)) return undefined
      setOffset.run(source.log, source.upTo)
    }
    const work: Work = { ...createBatch(count), entries: [], added: new Map(), conflicts: [] }
    fill(work)
    if (work.conflicts.length > 0) throw unitRefusal(count, work.conflicts)
    if (count > 0) insert.run(++lastSeq, count, work.bytes)
    return () => remember(index, work)
  }

  return {
    appendedUpTo,
    write: (readings, source) =>
      store(readings.length, source, (work) => {
        let at = 0
        for (const reading of readings) {
          const { timeMs, value, quality, unit } = reading
          put(work, at++, { timeMs, value, quality, unit, entry: entryOf(reading, work.added) })
        }
      }),
    writeColumns: ({ series, seriesAt, timeMs, value, quality }, source) =>
      store(timeMs.length, source, (work) => {
        const entries = series.map((parts) => ({ unit: parts.unit, entry: entryOf(parts, work.added) }))
        for (let at = 0; at < timeMs.length; at++) {
          const known = entries[seriesAt[at] ?? 0]
          if (known === undefined) throw new RangeError(`Cannot write columns: place is ${seriesAt[at]}, expected below ${entries.length}`)
          put(work, at, { timeMs: timeMs[at] ?? 0, value: value[at] ?? NaN, quality: quality[at] ?? 9, ...known })
        }
      })
  }
}

function remember(index: SeriesIndex, { entries, added, timeMs, value, quality }: Work): void {
  // Another batch of the same commit may have brought the series first: then its entry stays, with its latest reading.
  for (const entry of added.values()) if (index.get(entry.name) === undefined) index.add(entry)
  let at = 0
  for (const written of entries) {
    const time = timeMs[at] ?? 0
    if (replacesLatest(written.timeMs, time)) {
      const entry = added.size === 0 ? written : (index.get(written.name) ?? written)
      noteReading(entry, time, value[at] ?? NaN, flagOf(quality[at] ?? 9))
    }
    at += 1
  }
}
