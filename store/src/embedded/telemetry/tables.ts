/**
 * The tables of the embedded telemetry store. The main thread writes `series`, `source` and `batch`, the worker all others and the
 * deletion of folded batches; each reads all.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { BlockHead } from '../../column-block.ts'
import { bytesOf, numberOf, type Row } from '../sqlite.ts'
import { decodeStats, encodeStats } from './head-stats.ts'

/**
 * Version 2 keeps heads apart from blocks, so that questions answered by heads read no block. Blocks of version 1 stay in `old_block` until
 * `upgrade.ts` has moved them, a few at a time; until then their heads do not know when the first, last, lowest and highest reading came.
 */
export const telemetryMigrations = [
  `CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL) STRICT;
   CREATE TABLE source (log TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE batch (seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, readings BLOB NOT NULL) STRICT;
   CREATE TABLE block (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
     count INTEGER NOT NULL, good INTEGER NOT NULL, min REAL, max REAL, sum REAL, data BLOB NOT NULL) STRICT;
   CREATE UNIQUE INDEX block_at ON block (series, first_ms);
   CREATE TABLE extent (series INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,
     last_value REAL, last_quality INTEGER NOT NULL) STRICT;`,
  `ALTER TABLE block RENAME TO old_block;
   DROP INDEX block_at;
   CREATE TABLE block (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
   CREATE TABLE head (series INTEGER NOT NULL, first_ms INTEGER NOT NULL, span_ms INTEGER NOT NULL, block INTEGER NOT NULL,
     count INTEGER NOT NULL, stats BLOB, PRIMARY KEY (series, first_ms)) STRICT, WITHOUT ROWID;
   INSERT INTO head SELECT series, first_ms, last_ms - first_ms, id, count, NULL FROM old_block;
   CREATE TABLE rollup (series INTEGER NOT NULL, width_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
     rows INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (series, width_ms, first_ms)) STRICT, WITHOUT ROWID;
   CREATE TABLE folded (id INTEGER PRIMARY KEY CHECK (id = 0), up_to INTEGER NOT NULL, changes INTEGER NOT NULL) STRICT;
   INSERT INTO folded (id, up_to, changes) SELECT 0, coalesce((SELECT min(seq) - 1 FROM batch), 0), 0;`
]

export interface StoredHead extends BlockHead {
  readonly series: number
  readonly block: number
  /** False for a block of version 1 that was not moved yet: `good` says nothing then. */
  readonly known: boolean
}

/** What is folded of one series. */
export interface Extent {
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
  readonly lastValue: number
  readonly lastQuality: number
}

export type BlockTables = ReturnType<typeof prepareBlockTables>

/** Blocks of one series never overlap in time. */
export function prepareBlockTables(database: DatabaseSync) {
  // The block that may reach into the range from before it, then those that start within it.
  const overlapping = database.prepare(
    `SELECT * FROM head WHERE series = :series AND first_ms + span_ms >= :from AND first_ms <= :to AND first_ms >= coalesce(
       (SELECT first_ms FROM head WHERE series = :series AND first_ms <= :from ORDER BY first_ms DESC LIMIT 1), :from)
     ORDER BY first_ms`
  )
  const owner = database.prepare('SELECT * FROM head WHERE series = ? AND first_ms <= ? ORDER BY first_ms DESC LIMIT 1')
  const next = database.prepare('SELECT * FROM head WHERE series = ? AND first_ms > ? ORDER BY first_ms LIMIT 1')
  const data = database.prepare('SELECT data FROM block WHERE id = ?')
  const oldData = database.prepare('SELECT data FROM old_block WHERE id = ?')
  const removeData = database.prepare('DELETE FROM block WHERE id = ?')
  const removeOldData = database.prepare('DELETE FROM old_block WHERE id = ?')
  const removeHead = database.prepare('DELETE FROM head WHERE series = ? AND first_ms = ?')
  const insertData = database.prepare('INSERT INTO block (id, data) VALUES (?, ?)')
  const insertHead = database.prepare('INSERT INTO head VALUES (?, ?, ?, ?, ?, ?)')
  const lastId = database.prepare(
    'SELECT max(coalesce((SELECT max(id) FROM block), 0), coalesce((SELECT max(id) FROM old_block), 0)) AS id'
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
    data: (block: number): Uint8Array => bytesOf(data.get(block) ?? oldData.get(block), 'data'),
    removeData(block: number): void {
      if (removeData.run(block).changes === 0) removeOldData.run(block)
    },
    /** Gives the id of the new block. Within a transaction: the id is the next free one. */
    insertData(bytes: Uint8Array): number {
      const id = numberOf(lastId.get(), 'id') + 1
      insertData.run(id, bytes)
      return id
    },
    remove({ series, firstMs, block }: StoredHead): void {
      removeHead.run(series, firstMs)
      this.removeData(block)
    },
    insert(series: number, head: BlockHead, bytes: Uint8Array): void {
      const { firstMs, lastMs, count } = head
      insertHead.run(series, firstMs, lastMs - firstMs, this.insertData(bytes), count, encodeStats(head))
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

export function headOfRow(row: Row): StoredHead {
  const firstMs = numberOf(row, 'first_ms')
  const place = { firstMs, lastMs: firstMs + numberOf(row, 'span_ms'), count: numberOf(row, 'count') }
  const known = row['stats'] !== null
  const good = known ? decodeStats(bytesOf(row, 'stats'), place) : undefined
  return { series: numberOf(row, 'series'), block: numberOf(row, 'block'), ...place, known, good }
}

/** SQLite keeps NaN as NULL. */
function realOf(row: Row, column: string): number {
  return row[column] === null ? NaN : numberOf(row, column)
}
