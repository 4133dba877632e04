/**
 * Checks `trace-recent.db` and `trace.db` from end to end, beside a running store or alone: the files by SQLite's own check, every event by
 * decoding it, and the index against what the events say. It reads one state of each file and changes nothing.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceFact } from '@tracegate/model/trace-event'
import { numberOf, openSqlite, textOf, toStoreError } from './embedded/sqlite.ts'
import { createEventReader } from './embedded/trace/event-reader.ts'
import { roleBits } from './embedded/trace/key-hash.ts'
import type { LedgerRow } from './embedded/trace/ledger-row.ts'
import { createProgress, type Progress } from './embedded/trace/progress.ts'
import { refsOf } from './embedded/trace/refs.ts'
import { indexFile, indexMigrations, recentFile, recentMigrations } from './embedded/trace/schema.ts'
import { createSegmentReader } from './embedded/trace/segments.ts'
import type { Finding } from './embedded-verify.ts'
import { storeError } from './errors.ts'

export interface VerifyTraceOptions {
  /** A data folder, or a copy of one. */
  readonly folder: string
  /** Findings in the answer; past it they are only counted. Default 1,000. */
  readonly findingsMax?: number
  readonly onProgress?: (progress: { readonly events: number; readonly of: number }) => void
  readonly signal?: AbortSignal
}

export interface VerifyTraceResult {
  /** `place` is a file, a table or `event` with its number. */
  readonly findings: readonly Finding[]
  readonly findingsTotal: number
  readonly events: number
  /** References from keys to events that were looked up. */
  readonly references: number
}

const eventsPerTurn = 256

/** Rejects with `STORE_IO`, `STORE_VERSION` or, where a file is none of SQLite's, `STORE_CORRUPT`; all else is a finding. */
export async function verifyTrace(options: VerifyTraceOptions): Promise<VerifyTraceResult> {
  const folder = resolve(options.folder)
  const where = { action: 'verify traces', path: join(folder, indexFile) }
  for (const name of [recentFile, indexFile]) {
    if (!existsSync(join(folder, name))) throw storeError('STORE_IO', { ...where, path: join(folder, name), detail: 'no such file' })
  }
  const findings: Finding[] = []
  let findingsTotal = 0
  const report = (place: string, problem: string): void => {
    findingsTotal += 1
    if (findings.length < (options.findingsMax ?? 1_000)) findings.push({ place, problem })
  }
  const recent = openSqlite({ path: join(folder, recentFile), migrations: recentMigrations, readOnly: true })
  try {
    const index = openSqlite({ path: join(folder, indexFile), migrations: indexMigrations, readOnly: true })
    try {
      const counted = await verifyFiles({ recent, index, progress: createProgress(index), report }, options)
      return { findings, findingsTotal, ...counted }
    } finally {
      index.close()
    }
  } catch (error) {
    throw toStoreError(where, error)
  } finally {
    recent.close()
  }
}

interface Files {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly progress: Progress
  readonly report: (place: string, problem: string) => void
}

async function verifyFiles(files: Files, options: VerifyTraceOptions): Promise<{ events: number; references: number }> {
  const { recent, index, progress, report } = files
  // The state of the recent events is fixed first: what moves out of them afterwards is in the other file then.
  for (const [database, name] of [
    [recent, recentFile],
    [index, indexFile]
  ] as const) {
    database.exec('BEGIN')
    for (const row of database.prepare('PRAGMA quick_check(100)').all()) {
      const said = textOf(row, 'quick_check')
      if (said !== 'ok') report(name, said)
    }
  }
  // What came after the first state was fixed is in the index alone.
  const newest = numberOf(recent.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM recent').get(), 'seq')
  const held = Math.max(newest, progress.get('cold'))
  const heads = index.prepare(
    `SELECT seq, time_ms, record_ms FROM event WHERE seq > ? AND seq <= ${held} ORDER BY seq LIMIT ${eventsPerTurn}`
  )
  const of = numberOf(index.prepare('SELECT COUNT(*) AS count FROM event WHERE seq <= ?').get(held), 'count')
  const check = createEventCheck(files)
  let events = 0
  for (let after = 0; ;) {
    options.signal?.throwIfAborted()
    const rows = heads.all(after)
    for (const row of rows) check.head(numberOf(row, 'seq'), numberOf(row, 'time_ms'), numberOf(row, 'record_ms'))
    events += rows.length
    options.onProgress?.({ events, of })
    const last = rows.at(-1)
    if (last === undefined) break
    after = numberOf(last, 'seq')
    await nextTurn()
  }
  check.belonging(held)
  return { events, references: check.references() }
}

function createEventCheck({ recent, index, progress, report }: Files) {
  const reader = createEventReader({ recent, index, cachedSubjectsMax: 1, cachedPacksMax: 2 })
  const segments = createSegmentReader(index, { keyFilters: true })
  const merged = progress.get('merged')
  const declared = new Set<string>()
  let references = 0
  let found = 0

  const read = (seq: number): TraceFact | undefined => {
    try {
      const fact = reader.fact(seq)
      const json = reader.json(seq)
      if (fact === undefined || json === undefined) {
        report(`event ${seq}`, 'it has a head, but neither file holds it')
        return undefined
      }
      JSON.parse(json)
      return fact
    } catch (error) {
      report(`event ${seq}`, `it cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  const rowOf = (hash: number, roles: number, seq: number): LedgerRow | undefined => {
    try {
      return segments.find(hash, roles === roleBits.eventID).find((row) => row.seq === seq)
    } catch (error) {
      report('ledger', `it cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  /** Rows that lead to events up to this one. */
  const rowsUpTo = (lastSeq: number): number => {
    let rows = 0
    try {
      for (const segment of segments.segments()) for (const { seq } of segments.walk(segment)) if (seq <= lastSeq) rows += 1
    } catch (error) {
      report('ledger', `it cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    return rows
  }
  return {
    head(seq: number, timeMs: number, recordMs: number): void {
      const fact = read(seq)
      if (fact === undefined) return
      if (fact.eventTimeMs !== timeMs || fact.recordTimeMs !== recordMs) report(`event ${seq}`, 'its head has other times than it')
      if (fact.errorDeclaration !== undefined) declared.add(fact.eventID)
      if (seq > merged) return
      for (const [hash, roles] of refsOf(fact)) {
        references += 1
        const row = rowOf(hash, roles, seq)
        if (row === undefined) report(`event ${seq}`, 'the ledger does not lead from one of its keys to it')
        else {
          found += 1
          if (row.roles !== roles) report(`event ${seq}`, 'the ledger gives one of its keys another role')
          if (row.timeMs !== fact.eventTimeMs) report(`event ${seq}`, 'the ledger gives it another time')
        }
      }
    },
    /** What the tables say of each other. */
    belonging(held: number): void {
      const count = (text: string, ...values: number[]): number => numberOf(index.prepare(text).get(...values), 'count')
      const rows = rowsUpTo(Math.min(merged, held))
      if (rows > found) report('ledger', `${rows - found} rows lead to events that do not name their key`)
      const heads = count('SELECT COUNT(*) AS count FROM event')
      if (heads !== progress.get('events')) report('event', `there are ${heads}, but ${progress.get('events')} are counted`)
      const indexed = Math.min(progress.get('indexed'), held)
      for (const row of recent.prepare('SELECT seq FROM recent WHERE seq <= ?').iterate(indexed)) {
        const seq = numberOf(row, 'seq')
        if (index.prepare('SELECT 1 FROM event WHERE seq = ?').get(seq) === undefined) report(`event ${seq}`, 'it has no head')
      }
      const wrong = index.prepare('SELECT event_id FROM declared').all()
      const known = new Set(wrong.map((row) => textOf(row, 'event_id')))
      for (const eventID of declared) if (!known.has(eventID)) report('declared', `${eventID} is declared wrong, but counts`)
      if (indexed !== progress.get('indexed')) return
      for (const eventID of known) if (!declared.has(eventID)) report('declared', `${eventID} does not count, but no declaration is there`)
    },
    references: () => references
  }
}
