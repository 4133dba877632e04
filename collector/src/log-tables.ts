/** The tables of `collector.db` and the statements on them. Decides nothing. */
import type { DatabaseSync } from 'node:sqlite'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { bytesOf, numberOf, textOf, type Row } from '@tracegate/store/embedded-sqlite'
import { deadLetterMigration } from './dead-letter/dead-letter-tables.ts'
import { bytesOfPrints, printsOfBytes, type Fingerprints } from './fingerprints.ts'
import { gapMigration } from './gap-ledger/gap-tables.ts'
import { lanes, type Lane } from './lanes.ts'
import { frameInSql } from './log-frames.ts'
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
  deadLetterMigration,
  // Lane 2 is telemetry, which keeps the offsets that the stores know; counts that are not known are filled in at the start.
  `CREATE TABLE log_group (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     commit_id INTEGER NOT NULL,
     commit_ms INTEGER NOT NULL,
     lane INTEGER NOT NULL,
     first_offset INTEGER NOT NULL,
     last_offset INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     readings INTEGER,
     events INTEGER,
     frames BLOB NOT NULL
   ) STRICT;
   INSERT INTO log_group (commit_id, commit_ms, lane, first_offset, last_offset, bytes, frames)
     SELECT 0, received_ms, 2, offset, offset, octet_length(topic) + octet_length(client_id) + octet_length(payload) + 20, ${frameInSql}
     FROM log ORDER BY offset;
   CREATE UNIQUE INDEX log_group_offset ON log_group (lane, last_offset);
   INSERT INTO meta (name, value) SELECT 'released:telemetry', seq FROM sqlite_sequence WHERE name = 'log';
   INSERT INTO meta (name, value) SELECT 'streams', coalesce(max(id), 0) FROM log_group;
   DROP TABLE log;
   ALTER TABLE dead_letter ADD COLUMN origin TEXT;
   CREATE UNIQUE INDEX dead_letter_origin ON dead_letter (origin) WHERE origin IS NOT NULL;`
]

interface LogGroup {
  readonly commitId: number
  readonly commitMs: number
  readonly lane: Lane
  readonly firstOffset: number
  readonly lastOffset: number
  readonly bytes: number
  readonly readings: number
  readonly events: number
}

export interface LogSize {
  readonly messages: number
  readonly bytes: number
  readonly readings: number
  readonly events: number
}

interface KeptStream {
  /** Device time of the message with the highest number. */
  readonly lastMs: number | undefined
  readonly state: StreamState
  readonly prints: Fingerprints
}

const Interval = Type.Tuple([Type.Number(), Type.Number()])
const Gaps = compileValidator(Type.Object({ above: Type.Array(Interval), holes: Type.Array(Interval), gapSinceMs: Type.Number() }))
const noGaps = '0'

export function prepareLogTables(database: DatabaseSync) {
  return { ...prepareGroups(database), ...prepareStreams(database), ...prepareMeta(database) }
}
export type LogTables = ReturnType<typeof prepareLogTables>

function prepareGroups(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO log_group (commit_id, commit_ms, lane, first_offset, last_offset, bytes, readings, events, frames)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const next = database.prepare('SELECT * FROM log_group WHERE lane = ? AND last_offset > ? ORDER BY last_offset LIMIT 1')
  const after = database.prepare('SELECT * FROM log_group WHERE id > ? ORDER BY id LIMIT 1')
  const release = database.prepare(
    'DELETE FROM log_group WHERE lane = ? AND last_offset <= ? RETURNING bytes, last_offset - first_offset + 1 AS messages'
  )
  const size = database.prepare(
    `SELECT coalesce(sum(last_offset - first_offset + 1), 0) AS messages, coalesce(sum(bytes), 0) AS bytes,
       coalesce(sum(readings), 0) AS readings, coalesce(sum(events), 0) AS events, max(last_offset) AS last
     FROM log_group WHERE lane = ?`
  )
  const oldest = database.prepare('SELECT commit_ms FROM log_group WHERE lane = ? AND last_offset > ? ORDER BY last_offset LIMIT 1')
  const lastId = database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'log_group'`)
  const lastCommit = database.prepare('SELECT coalesce(max(commit_id), 0) AS id FROM log_group')
  const uncounted = database.prepare('SELECT id, frames FROM log_group WHERE readings IS NULL LIMIT 1')
  const setCounts = database.prepare('UPDATE log_group SET readings = ?, events = ? WHERE id = ?')

  return {
    /** Gives the id of the group. */
    insertGroup({ commitId, commitMs, lane, firstOffset, lastOffset, bytes, readings, events }: LogGroup, frames: Uint8Array): number {
      const at = [commitId, commitMs, lanes.indexOf(lane), firstOffset, lastOffset] as const
      return Number(insert.run(...at, bytes, readings, events, frames).lastInsertRowid)
    },
    /** The first group of a lane that holds something after an offset. */
    nextGroup: (lane: Lane, offset: number) => groupOf(next.get(lanes.indexOf(lane), offset)),
    /** The next group of any lane, in the order of writing. */
    groupAfter: (id: number) => groupOf(after.get(id)),
    /** Lets whole groups go. */
    release(lane: Lane, upTo: number): { readonly messages: number; readonly bytes: number } {
      let [messages, bytes] = [0, 0]
      for (const row of release.all(lanes.indexOf(lane), upTo)) {
        messages += numberOf(row, 'messages')
        bytes += numberOf(row, 'bytes')
      }
      return { messages, bytes }
    },
    sizeOf(lane: Lane): LogSize & { readonly lastOffset: number | undefined } {
      const row = size.get(lanes.indexOf(lane))
      const last = row?.['last']
      const count = (name: string) => numberOf(row, name)
      return {
        messages: count('messages'),
        bytes: count('bytes'),
        readings: count('readings'),
        events: count('events'),
        lastOffset: typeof last === 'number' ? last : undefined
      }
    },
    /** When the first group that holds something after an offset was committed. */
    oldestMs(lane: Lane, offset: number): number | undefined {
      const row = oldest.get(lanes.indexOf(lane), offset)
      return row === undefined ? undefined : numberOf(row, 'commit_ms')
    },
    /** Of all groups ever written, also when none is there. */
    lastGroupId(): number {
      const row = lastId.get()
      return row === undefined ? 0 : numberOf(row, 'seq')
    },
    lastCommitId: () => numberOf(lastCommit.get(), 'id'),
    /** A group of an earlier layout, whose readings and events nobody has counted. */
    uncountedGroup(): { readonly id: number; readonly frames: Uint8Array } | undefined {
      const row = uncounted.get()
      return row === undefined ? undefined : { id: numberOf(row, 'id'), frames: bytesOf(row, 'frames') }
    },
    setCounts: (id: number, readings: number, events: number) => void setCounts.run(readings, events, id)
  }
}

function groupOf(row: Row | undefined) {
  if (row === undefined) return undefined
  return {
    id: numberOf(row, 'id'),
    commitId: numberOf(row, 'commit_id'),
    commitMs: numberOf(row, 'commit_ms'),
    firstOffset: numberOf(row, 'first_offset'),
    frames: bytesOf(row, 'frames')
  }
}

function prepareStreams(database: DatabaseSync) {
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
  return {
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
    dropBoots: (device: string, keep: number) => void dropBoots.run(device, keep)
  }
}

function prepareMeta(database: DatabaseSync) {
  const get = database.prepare('SELECT value FROM meta WHERE name = ?')
  const put = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const mark = (name: string): number | undefined => {
    const row = get.get(name)
    return row === undefined ? undefined : Number(textOf(row, 'value'))
  }
  return {
    /** The value of that name, made and kept at the first call. */
    meta(name: string, make: () => string): string {
      const row = get.get(name)
      if (row !== undefined) return textOf(row, 'value')
      const value = make()
      put.run(name, value)
      return value
    },
    /** The name of a lane that is not that of the log; see `setLaneName`. */
    laneName(lane: Lane): string | undefined {
      const row = get.get(`source:${lane}`)
      return row === undefined ? undefined : textOf(row, 'value')
    },
    setLaneName: (lane: Lane, name: string) => void put.run(`source:${lane}`, name),
    /** The last offset of a lane that was let go. */
    releasedUpTo: (lane: Lane) => mark(`released:${lane}`),
    setReleasedUpTo: (lane: Lane, offset: number) => void put.run(`released:${lane}`, String(offset)),
    /** The last group whose messages the stream rows know of. */
    streamsUpTo: () => mark('streams') ?? 0,
    setStreamsUpTo: (id: number) => void put.run('streams', String(id))
  }
}

function gapsOf(text: string): Omit<StreamState, 'upTo'> {
  const parsed: unknown = text === noGaps ? undefined : JSON.parse(text)
  const checked = Gaps.check(parsed)
  return checked.ok ? checked.value : { above: [], holes: [], gapSinceMs: 0 }
}

/** What SQLite says of a value that it does not take (too big, constraint, mismatch), and Node of one that it cannot hand over. */
const contentCodes: ReadonlySet<number> = new Set([18, 19, 20])

/** Whether a write failed for what was written, so that it would fail again; not for the state of the file. */
export function isOfContent(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof TypeError) return true
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && contentCodes.has(error.errcode & 0xff)
}
