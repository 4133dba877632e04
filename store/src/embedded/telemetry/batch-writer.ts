/** Writes one batch of readings within the caller's transaction: new series, the write-ahead row and the sender's offset. */
import type { DatabaseSync } from 'node:sqlite'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { storedValueOf } from '../../telemetry-limits.ts'
import type { BatchSource } from '../../telemetry-store.ts'
import { numberOf } from '../sqlite.ts'
import { encodeBatch } from './batch.ts'
import { replacesLatest } from '../../telemetry-limits.ts'
import { noReading, noteReading, type SeriesEntry, type SeriesIndex } from './series-index.ts'

export interface BatchWriter {
  /** Gives what is to be done in memory once the transaction is durable; undefined when the batch was stored before. */
  write(readings: readonly Reading[], source: BatchSource | undefined): (() => void) | undefined
  appendedUpTo(log: string): number
}

export function prepareBatchWriter(database: DatabaseSync, index: SeriesIndex): BatchWriter {
  const selectOffset = database.prepare('SELECT up_to FROM source WHERE log = ?')
  const setOffset = database.prepare('INSERT INTO source (log, up_to) VALUES (?, ?) ON CONFLICT (log) DO UPDATE SET up_to = excluded.up_to')
  const insert = database.prepare('INSERT INTO batch (seq, count, readings) VALUES (?, ?, ?)')
  const upsertSeries = database.prepare(
    'INSERT INTO series (name, unit) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET unit = excluded.unit RETURNING id'
  )
  const last = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM batch').get()
  let lastSeq = numberOf(last, 'seq')
  const appendedUpTo = (log: string): number => {
    const row = selectOffset.get(log)
    return row === undefined ? -1 : numberOf(row, 'up_to')
  }
  /** Series that this batch brings or whose unit it changes; the index learns of them only when they are durable. */
  const entryOf = (reading: Reading, changed: Map<string, SeriesEntry>): SeriesEntry => {
    const found = index.find(reading)
    if (found?.unit === reading.unit && changed.size === 0) return found
    const name = seriesKeyOf(reading)
    const known = changed.get(name) ?? found
    if (known?.unit === reading.unit) return known
    const id = numberOf(upsertSeries.get(name, reading.unit), 'id')
    const entry: SeriesEntry = { ...(known ?? noReading), id, name, unit: reading.unit }
    changed.set(name, entry)
    return entry
  }

  return {
    appendedUpTo,
    write(readings, source) {
      if (source !== undefined) {
        if (source.upTo <= appendedUpTo(source.log)) return undefined
        setOffset.run(source.log, source.upTo)
      }
      const changed = new Map<string, SeriesEntry>()
      const entries: SeriesEntry[] = []
      const bytes = encodeBatch(readings, (reading) => {
        const entry = entryOf(reading, changed)
        entries.push(entry)
        return entry.id
      })
      if (readings.length > 0) insert.run(++lastSeq, readings.length, bytes)
      return () => remember(index, { readings, entries, changed })
    }
  }
}

function remember(
  index: SeriesIndex,
  batch: { readings: readonly Reading[]; entries: readonly SeriesEntry[]; changed: ReadonlyMap<string, SeriesEntry> }
): void {
  // Another batch of the same commit may have brought the series first: then its entry stays, with its latest reading.
  for (const entry of batch.changed.values()) {
    const known = index.get(entry.name)
    if (known === undefined) index.add(entry)
    else known.unit = entry.unit
  }
  let at = 0
  for (const reading of batch.readings) {
    const written = batch.entries[at++]
    if (written === undefined || !replacesLatest(written.timeMs, reading.timeMs)) continue
    const entry = batch.changed.size === 0 ? written : (index.get(written.name) ?? written)
    const { value, quality } = storedValueOf(reading)
    noteReading(entry, reading.timeMs, value, quality)
  }
}
