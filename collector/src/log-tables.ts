/** The tables of `collector.db` and the statements on them. Decides nothing. */
import type { DatabaseSync } from 'node:sqlite'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { bytesOf, numberOf, textOf, type Row } from '@tracegate/store/embedded-sqlite'
import { deadLetterMigration } from './dead-letter/dead-letter-tables.ts'
import { bytesOfPrints, printsOfBytes, type Fingerprints } from './fingerprints.ts'
import { gapMigration } from './gap-ledger/gap-tables.ts'
import type { StreamState } from './stream-state.ts'

export const logMigrations = [
  `CREATE TABLE log (
     offset INTEGER PRIMARY KEY AUTOINCREMENT,
     topic TEXT NOT NULL,
     payload BLOB NOT NULL,
     received_ms INTEGER NOT NULL,
     client_id TEXT NOT NULL
   ) STRICT;
   CREATE TABLE stream (
     device TEXT NOT NULL,
     boot TEXT NOT NULL,
     up_to INTEGER NOT NULL,
     gaps TEXT NOT NULL,
     seen_ms INTEGER NOT NULL,
     PRIMARY KEY (device, boot)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE dead_letter (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     received_ms INTEGER NOT NULL,
     topic TEXT NOT NULL,
     device TEXT,
     code TEXT NOT NULL,
     pointer TEXT NOT NULL,
     message TEXT NOT NULL,
     payload BLOB NOT NULL
   ) STRICT;
   CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE stream ADD COLUMN prints BLOB NOT NULL DEFAULT x'';`,
  `CREATE INDEX dead_letter_device ON dead_letter (device, id);`,
  gapMigration,
  deadLetterMigration
]

export interface LogRow {
  readonly offset: number
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedAtMs: number
  readonly clientId: string
}

export interface KeptStream {
  /** Device time of the message with the highest number. */
  readonly lastMs: number | undefined
  readonly state: StreamState
  readonly prints: Fingerprints
}

const Interval = Type.Tuple([Type.Number(), Type.Number()])
const Gaps = compileValidator(Type.Object({ above: Type.Array(Interval), holes: Type.Array(Interval), gapSinceMs: Type.Number() }))
const noGaps = '0'

export function prepareLogTables(database: DatabaseSync) {
  const insert = database.prepare('INSERT INTO log (topic, payload, received_ms, client_id) VALUES (?, ?, ?, ?)')
  const read = database.prepare('SELECT * FROM log WHERE offset > ? ORDER BY offset LIMIT ?')
  const release = database.prepare('DELETE FROM log WHERE offset <= ?')
  const size = database.prepare(
    'SELECT count(*) AS count, coalesce(sum(length(payload) + length(topic)), 0) AS bytes FROM log WHERE offset > ?'
  )
  const getStream = database.prepare('SELECT up_to, gaps, prints, last_ms FROM stream WHERE device = ? AND boot = ?')
  const putStream = database.prepare(
    `INSERT INTO stream (device, boot, up_to, gaps, seen_ms, prints, last_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, boot) DO UPDATE
       SET up_to = excluded.up_to, gaps = excluded.gaps, seen_ms = excluded.seen_ms, prints = excluded.prints,
         last_ms = excluded.last_ms`
  )
  const dropBoots = database.prepare(
    `DELETE FROM stream WHERE device = ?1 AND boot NOT IN
       (SELECT boot FROM stream WHERE device = ?1 ORDER BY seen_ms DESC LIMIT ?2)`
  )
  const getMeta = database.prepare('SELECT value FROM meta WHERE name = ?')
  const putMeta = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)')

  return {
    insert: (row: Omit<LogRow, 'offset'>) => Number(insert.run(row.topic, row.payload, row.receivedAtMs, row.clientId).lastInsertRowid),
    read: (after: number, countMax: number): LogRow[] => read.all(after, countMax).map(logRowOf),
    release: (upTo: number) => void release.run(upTo),
    size: (after: number) => sizeOf(size.get(after)),
    getStream(device: string, boot: string): KeptStream | undefined {
      const row = getStream.get(device, boot)
      if (row === undefined) return undefined
      const lastMs = row['last_ms']
      return {
        state: { upTo: numberOf(row, 'up_to'), ...gapsOf(textOf(row, 'gaps')) },
        prints: printsOfBytes(bytesOf(row, 'prints')),
        lastMs: typeof lastMs === 'number' ? lastMs : undefined
      }
    },
    putStream(at: { readonly device: string; readonly boot: string; readonly seenMs: number }, { state, prints, lastMs }: KeptStream) {
      const { above, holes, gapSinceMs } = state
      const gaps = above.length === 0 && holes.length === 0 ? noGaps : JSON.stringify({ above, holes, gapSinceMs })
      putStream.run(at.device, at.boot, state.upTo, gaps, at.seenMs, bytesOfPrints(prints), lastMs ?? null)
    },
    dropBoots: (device: string, keep: number) => void dropBoots.run(device, keep),
    /** The value of that name, made and kept at the first call. */
    meta(name: string, make: () => string): string {
      const row = getMeta.get(name)
      if (row !== undefined) return textOf(row, 'value')
      const value = make()
      putMeta.run(name, value)
      return value
    }
  }
}
export type LogTables = ReturnType<typeof prepareLogTables>

function logRowOf(row: Row): LogRow {
  return {
    offset: numberOf(row, 'offset'),
    topic: textOf(row, 'topic'),
    payload: bytesOf(row, 'payload'),
    receivedAtMs: numberOf(row, 'received_ms'),
    clientId: textOf(row, 'client_id')
  }
}

function sizeOf(row: Row | undefined): { readonly count: number; readonly bytes: number } {
  return { count: numberOf(row, 'count'), bytes: numberOf(row, 'bytes') }
}

function gapsOf(text: string): Omit<StreamState, 'upTo'> {
  const parsed: unknown = text === noGaps ? undefined : JSON.parse(text)
  const checked = Gaps.check(parsed)
  return checked.ok ? checked.value : { above: [], holes: [], gapSinceMs: 0 }
}
