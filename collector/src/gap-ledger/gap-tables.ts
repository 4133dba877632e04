/** The tables of the gap ledger in `collector.db` and the statements on them. Decides nothing. */
import type { DatabaseSync } from 'node:sqlite'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { ReceivedCounts } from '@tracegate/model/gap'
import { numberOf, textOf, type Row } from '@tracegate/store/embedded-sqlite'
import type { OpenGap, Range } from './gap-rows.ts'

export const gapMigration = `
  CREATE TABLE gap (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    boot TEXT NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq INTEGER NOT NULL,
    missing TEXT NOT NULL,
    dropped INTEGER NOT NULL,
    readings INTEGER,
    since_ms INTEGER,
    until_ms INTEGER NOT NULL,
    noticed_ms INTEGER NOT NULL,
    filled_ms INTEGER
  ) STRICT;
  CREATE INDEX gap_of_device ON gap (device, until_ms);
  CREATE INDEX gap_open ON gap (device, boot) WHERE filled_ms IS NULL AND dropped = 0;
  CREATE TABLE tally (
    device TEXT NOT NULL,
    hour_ms INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    events INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    dead_letters INTEGER NOT NULL,
    dropped_readings INTEGER NOT NULL,
    PRIMARY KEY (device, hour_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE presence (
    device TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    online INTEGER NOT NULL,
    boot TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (device, at_ms)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE stream ADD COLUMN last_ms INTEGER;`

export interface GapRow extends OpenGap {
  readonly boot: string
  readonly dropped: boolean
  readonly readings: number | undefined
  readonly sinceMs: number | undefined
  readonly untilMs: number
  readonly noticedAtMs: number
  readonly filledAtMs: number | undefined
}

export interface PresenceRow {
  readonly atMs: number
  readonly online: boolean
  readonly boot: string
  readonly reason: string | undefined
}

const ranges = compileValidator(Type.Array(Type.Tuple([Type.Number(), Type.Number()])))

export function prepareGapTables(database: DatabaseSync) {
  const open = database.prepare('SELECT * FROM gap WHERE device = ? AND boot = ? AND filled_ms IS NULL AND dropped = 0 ORDER BY id')
  const insert = database.prepare(
    `INSERT INTO gap (device, boot, from_seq, to_seq, missing, dropped, readings, since_ms, until_ms, noticed_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const setMissing = database.prepare('UPDATE gap SET missing = ?, filled_ms = ? WHERE id = ?')
  const lastDrop = database.prepare('SELECT * FROM gap WHERE device = ? AND boot = ? AND dropped = 1 AND to_seq = ?')
  const growDrop = database.prepare('UPDATE gap SET to_seq = ?, missing = ?, readings = ?, until_ms = ? WHERE id = ?')
  const trim = database.prepare(
    `DELETE FROM gap WHERE device = ?1 AND id NOT IN
       (SELECT id FROM gap WHERE device = ?1 ORDER BY filled_ms IS NULL DESC, id DESC LIMIT ?2)`
  )
  const inPeriod = database.prepare(
    'SELECT * FROM gap WHERE device = ? AND until_ms >= ? AND coalesce(since_ms, 0) <= ? ORDER BY id DESC LIMIT ?'
  )
  const addTally = database.prepare(
    `INSERT INTO tally (device, hour_ms, messages, readings, events, duplicates, dead_letters, dropped_readings)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, hour_ms) DO UPDATE SET
       messages = messages + excluded.messages, readings = readings + excluded.readings, events = events + excluded.events,
       duplicates = duplicates + excluded.duplicates, dead_letters = dead_letters + excluded.dead_letters,
       dropped_readings = dropped_readings + excluded.dropped_readings`
  )
  const trimTally = database.prepare(
    'DELETE FROM tally WHERE device = ?1 AND hour_ms NOT IN (SELECT hour_ms FROM tally WHERE device = ?1 ORDER BY hour_ms DESC LIMIT ?2)'
  )
  const sumTally = database.prepare(
    `SELECT total(messages) AS messages, total(readings) AS readings, total(events) AS events, total(duplicates) AS duplicates,
       total(dead_letters) AS deadLetters, total(dropped_readings) AS droppedReadings
     FROM tally WHERE device = ? AND hour_ms BETWEEN ? AND ?`
  )
  const addPresence = database.prepare(
    `INSERT INTO presence (device, at_ms, online, boot, reason) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (device, at_ms) DO UPDATE SET online = excluded.online, boot = excluded.boot, reason = excluded.reason`
  )
  const trimPresence = database.prepare(
    'DELETE FROM presence WHERE device = ?1 AND at_ms NOT IN (SELECT at_ms FROM presence WHERE device = ?1 ORDER BY at_ms DESC LIMIT ?2)'
  )
  const lastPresence = database.prepare('SELECT * FROM presence WHERE device = ? AND at_ms <= ? ORDER BY at_ms DESC LIMIT 1')
  const presences = database.prepare('SELECT * FROM presence WHERE device = ? AND at_ms > ? AND at_ms <= ? ORDER BY at_ms')
  const openCount = database.prepare(
    'SELECT count(*) AS count FROM (SELECT 1 FROM gap WHERE device = ? AND filled_ms IS NULL AND dropped = 0 LIMIT 1000)'
  )
  const streams = database.prepare('SELECT boot, up_to, seen_ms FROM stream WHERE device = ? ORDER BY seen_ms DESC')

  return {
    openGaps: (device: string, boot: string): GapRow[] => open.all(device, boot).map(gapOf),
    insertGap(gap: Omit<GapRow, 'id' | 'filledAtMs'> & { readonly device: string }) {
      const { device, boot, fromSeq, toSeq, missing, dropped, readings, sinceMs, untilMs, noticedAtMs } = gap
      const values = [device, boot, fromSeq, toSeq, JSON.stringify(missing), dropped ? 1 : 0, readings ?? null] as const
      insert.run(...values, sinceMs ?? null, untilMs, noticedAtMs)
    },
    setMissing: (id: number, missing: readonly Range[], filledAtMs: number | undefined) =>
      void setMissing.run(JSON.stringify(missing), filledAtMs ?? null, id),
    dropEndingAt(device: string, boot: string, seq: number): GapRow | undefined {
      const row = lastDrop.get(device, boot, seq)
      return row === undefined ? undefined : gapOf(row)
    },
    growDrop: (gap: GapRow, toSeq: number, readings: number, untilMs: number) =>
      void growDrop.run(toSeq, JSON.stringify([[gap.fromSeq, toSeq]]), readings, untilMs, gap.id),
    trim(device: string, keep: { readonly gaps: number; readonly hours: number; readonly presences: number }) {
      trim.run(device, keep.gaps)
      trimTally.run(device, keep.hours)
      trimPresence.run(device, keep.presences)
    },
    gapsIn: (device: string, period: { readonly fromMs: number; readonly toMs: number }, limit: number): GapRow[] =>
      inPeriod.all(device, period.fromMs, period.toMs, limit).map(gapOf),
    addTally(device: string, hourMs: number, counts: ReceivedCounts) {
      const { messages, readings, events, duplicates, deadLetters, droppedReadings } = counts
      addTally.run(device, hourMs, messages, readings, events, duplicates, deadLetters, droppedReadings)
    },
    sumTally(device: string, fromHourMs: number, toHourMs: number): ReceivedCounts {
      const row = sumTally.get(device, fromHourMs, toHourMs)
      const count = (name: string) => numberOf(row, name)
      return {
        messages: count('messages'),
        readings: count('readings'),
        events: count('events'),
        duplicates: count('duplicates'),
        deadLetters: count('deadLetters'),
        droppedReadings: count('droppedReadings')
      }
    },
    addPresence: (device: string, { atMs, online, boot, reason }: PresenceRow) =>
      void addPresence.run(device, atMs, online ? 1 : 0, boot, reason ?? null),
    /** The last one at or before the period, and those within. */
    presencesOf(device: string, period: { readonly fromMs: number; readonly toMs: number }): PresenceRow[] {
      const before = lastPresence.get(device, period.fromMs)
      const within = presences.all(device, period.fromMs, period.toMs)
      return [...(before === undefined ? [] : [before]), ...within].map(presenceOf)
    },
    /** At most 1,000. */
    openCount: (device: string): number => numberOf(openCount.get(device), 'count'),
    streamsOf: (device: string): { boot: string; upTo: number; lastSeenMs: number }[] =>
      streams.all(device).map((row) => ({ boot: textOf(row, 'boot'), upTo: numberOf(row, 'up_to'), lastSeenMs: numberOf(row, 'seen_ms') }))
  }
}
export type GapTables = ReturnType<typeof prepareGapTables>

function gapOf(row: Row): GapRow {
  const missing = ranges.check(JSON.parse(textOf(row, 'missing')))
  return {
    id: numberOf(row, 'id'),
    boot: textOf(row, 'boot'),
    fromSeq: numberOf(row, 'from_seq'),
    toSeq: numberOf(row, 'to_seq'),
    missing: missing.ok ? missing.value : [],
    dropped: numberOf(row, 'dropped') === 1,
    readings: optionalNumber(row, 'readings'),
    sinceMs: optionalNumber(row, 'since_ms'),
    untilMs: numberOf(row, 'until_ms'),
    noticedAtMs: numberOf(row, 'noticed_ms'),
    filledAtMs: optionalNumber(row, 'filled_ms')
  }
}

function presenceOf(row: Row): PresenceRow {
  const reason = row['reason']
  return {
    atMs: numberOf(row, 'at_ms'),
    online: numberOf(row, 'online') === 1,
    boot: textOf(row, 'boot'),
    reason: typeof reason === 'string' ? reason : undefined
  }
}

function optionalNumber(row: Row, name: string): number | undefined {
  const value = row[name]
  return typeof value === 'number' ? value : undefined
}
