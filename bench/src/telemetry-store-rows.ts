/** Baseline: the same SQLite with one row a reading and an index on (series, time). */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Reading } from '@tracegate/model/telemetry'
import { median, medianOf, timeMs } from './bench.ts'
import { bucketCount, dayReadings, daySeries, daySeriesCount, makeDay, startMs, type Figures } from './telemetry-store-load.ts'
import { usedBytes } from './telemetry-store-ours.ts'

const rounds = 3

export async function measureRows(dataDir: string, batches: readonly Reading[][]): Promise<Figures & { readonly bytes: number }> {
  const appended: number[] = []
  for (let round = 1; round < rounds; round++) {
    const table = openRows(join(dataDir, `rows-${round}.db`))
    appended.push(appendAll(table, batches))
    table.database.close()
  }
  const path = join(dataDir, 'rows.db')
  const table = openRows(path)
  appended.push(appendAll(table, batches))
  table.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const bytes = usedBytes(path) / batches.reduce((sum, { length }) => sum + length, 0)
  for (let index = 0; index < daySeriesCount; index++) table.append(makeDay(index))
  const queries = await measureQueries(table)
  table.database.close()
  return { appended: median(appended), bytes, ...queries }
}

function appendAll({ append }: ReturnType<typeof openRows>, batches: readonly Reading[][]): number {
  const startedMs = performance.now()
  for (const batch of batches) append(batch)
  return (batches.reduce((sum, { length }) => sum + length, 0) / (performance.now() - startedMs)) * 1_000
}

function openRows(path: string) {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
    CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE reading (series INTEGER, time_ms INTEGER, value REAL, quality INTEGER);
    CREATE INDEX reading_at ON reading (series, time_ms)`)
  const insert = database.prepare('INSERT INTO reading (series, time_ms, value, quality) VALUES (?, ?, ?, ?)')
  const ids = new Map<string, number>()
  const idOf = ({ point, device, metric }: Reading): number => {
    const name = `${point}/${device}/${metric}`
    const known = ids.get(name)
    if (known !== undefined) return known
    const id = Number(database.prepare('INSERT INTO series (name) VALUES (?)').run(name).lastInsertRowid)
    ids.set(name, id)
    return id
  }
  const append = (batch: readonly Reading[]): void => {
    database.exec('BEGIN IMMEDIATE')
    for (const reading of batch) insert.run(idOf(reading), reading.timeMs, reading.value, reading.quality)
    database.exec('COMMIT')
  }
  return { database, ids, append }
}

async function measureQueries({ database, ids }: ReturnType<typeof openRows>): Promise<Omit<Figures, 'appended'>> {
  // First and last need the readings themselves: their times lead to them.
  const buckets = database.prepare(
    `SELECT (time_ms - :from) / ${(dayReadings * 1_000) / bucketCount} AS bucket, min(value), max(value), avg(value), count(*),
       min(time_ms), max(time_ms) FROM reading
     WHERE series = :series AND time_ms BETWEEN :from AND :to AND quality NOT IN (4, 9) GROUP BY bucket`
  )
  const to = startMs + dayReadings * 1_000 - 1
  const dayOf = (index: number) => buckets.all({ series: ids.get(daySeries(index)) ?? 0, from: startMs, to })
  const last = database.prepare(
    'SELECT value, quality, time_ms FROM reading WHERE series = ? AND time_ms <= ? ORDER BY time_ms DESC LIMIT 1'
  )
  const lastOfAll = (atMs: number) => [...ids.values()].map((id) => last.get(id, atMs))
  return {
    bucketsMs: await medianOf(5, () => timeMs(async () => dayOf(0))),
    latestMs: await medianOf(5, () => timeMs(async () => lastOfAll(Number.MAX_SAFE_INTEGER))),
    asOfMs: await medianOf(5, () => timeMs(async () => lastOfAll(startMs + 3_600_000))),
    alignedMs: await medianOf(3, () => timeMs(async () => Array.from({ length: daySeriesCount }, (_, index) => dayOf(index))))
  }
}
