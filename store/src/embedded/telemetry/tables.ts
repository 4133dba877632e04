/**
 * The tables of the embedded telemetry store. The main thread writes `series`, `source` and `batch`, the worker `block`,
 * `extent` and the deletion of folded batches; each reads all.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { BlockHead } from '../../column-block.ts'
import { bytesOf, numberOf, type Row } from '../sqlite.ts'

export const telemetryMigrations = [
  `CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL) STRICT;
   CREATE TABLE source (log TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE batch (seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, readings BLOB NOT NULL) STRICT;
   CREATE TABLE block (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
     count INTEGER NOT NULL, good INTEGER NOT NULL, min REAL, max REAL, sum REAL, data BLOB NOT NULL) STRICT;
   CREATE UNIQUE INDEX block_at ON block (series, first_ms);
   CREATE TABLE extent (series INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,
     last_value REAL, last_quality INTEGER NOT NULL) STRICT;`
]

export interface StoredHead extends BlockHead {
  readonly id: number
}

/** What is folded of one series. */
export interface Extent {
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
  readonly lastValue: number
  readonly lastQuality: number
}

const headColumns = 'id, first_ms, last_ms, count, good, min, max, sum'

export type BlockTables = ReturnType<typeof prepareBlockTables>

/** Blocks of one series never overlap in time. */
export function prepareBlockTables(database: DatabaseSync) {
  // The block that may reach into the range from before it, then those that start within it.
  const overlapping = database.prepare(
    `SELECT ${headColumns} FROM block WHERE series = :series AND last_ms >= :from AND first_ms <= :to AND first_ms >= coalesce(
       (SELECT first_ms FROM block WHERE series = :series AND first_ms <= :from ORDER BY first_ms DESC LIMIT 1), :from)
     ORDER BY first_ms`
  )
  const owner = database.prepare(`SELECT ${headColumns} FROM block WHERE series = ? AND first_ms <= ? ORDER BY first_ms DESC LIMIT 1`)
  const next = database.prepare(`SELECT ${headColumns} FROM block WHERE series = ? AND first_ms > ? ORDER BY first_ms LIMIT 1`)
  const data = database.prepare('SELECT data FROM block WHERE id = ?')
  const remove = database.prepare('DELETE FROM block WHERE id = ?')
  const insert = database.prepare(
    'INSERT INTO block (series, first_ms, last_ms, count, good, min, max, sum, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
  )
  const head = (row: Row | undefined): StoredHead | undefined => (row === undefined ? undefined : headOfRow(row))
  return {
    *overlapping(series: number, from: number, to: number): Generator<StoredHead> {
      for (const row of overlapping.iterate({ series, from, to })) yield headOfRow(row)
    },
    /** The block that starts at or before the time. */
    owner: (series: number, timeMs: number) => head(owner.get(series, timeMs)),
    /** The block that starts after the time. */
    next: (series: number, timeMs: number) => head(next.get(series, timeMs)),
    data: (id: number): Uint8Array => bytesOf(data.get(id), 'data'),
    remove: (id: number): void => void remove.run(id),
    insert(series: number, block: BlockHead, bytes: Uint8Array): void {
      insert.run(series, block.firstMs, block.lastMs, block.count, block.good, block.min, block.max, block.sum, bytes)
    }
  }
}

export function prepareExtentTables(database: DatabaseSync) {
  const get = database.prepare('SELECT * FROM extent WHERE series = ?')
  const set = database.prepare(
    `INSERT INTO extent (series, first_ms, last_ms, count, last_value, last_quality) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (series) DO UPDATE SET first_ms = excluded.first_ms, last_ms = excluded.last_ms, count = excluded.count,
       last_value = excluded.last_value, last_quality = excluded.last_quality`
  )
  const remove = database.prepare('DELETE FROM extent WHERE series = ?')
  return {
    get(series: number): Extent | undefined {
      const row = get.get(series)
      return row === undefined ? undefined : extentOfRow(row)
    },
    set(series: number, extent: Extent): void {
      set.run(series, extent.firstMs, extent.lastMs, extent.count, extent.lastValue, extent.lastQuality)
    },
    remove: (series: number): void => void remove.run(series)
  }
}

export function extentOfRow(row: Row): Extent {
  return {
    firstMs: numberOf(row, 'first_ms'),
    lastMs: numberOf(row, 'last_ms'),
    count: numberOf(row, 'count'),
    lastValue: realOf(row, 'last_value'),
    lastQuality: numberOf(row, 'last_quality')
  }
}

function headOfRow(row: Row): StoredHead {
  return {
    id: numberOf(row, 'id'),
    firstMs: numberOf(row, 'first_ms'),
    lastMs: numberOf(row, 'last_ms'),
    count: numberOf(row, 'count'),
    good: numberOf(row, 'good'),
    min: realOf(row, 'min'),
    max: realOf(row, 'max'),
    sum: realOf(row, 'sum')
  }
}

/** SQLite keeps NaN as NULL. */
function realOf(row: Row, column: string): number {
  return row[column] === null ? NaN : numberOf(row, column)
}
