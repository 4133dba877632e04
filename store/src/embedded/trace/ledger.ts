/**
 * Which events name a key: a table clustered by the hash of the key, and sorted runs in memory before it. Runs are merged into the
 * table in slices, each its own short transaction, because single inserts at random places of a big table cost a page each.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, numberOf } from '../sqlite.ts'
import { subjectBits } from './key-hash.ts'
import type { Progress } from './progress.ts'
import { mergeRuns, lowerBound, rowAt, rowsOf, runOf, type LedgerRef, type LedgerRow, type Run } from './run.ts'

interface LedgerFind {
  readonly hash: number
  /** Rows with one of these bits. */
  readonly roles: number
  readonly fromMs?: number
  /** Included. */
  readonly toMs?: number
  readonly limit: number
}

export interface Ledger {
  add(refs: LedgerRef[]): void
  /** Oldest first. */
  find(query: LedgerFind): LedgerRow[]
  /** Rows in memory; they wait for a merge. */
  pending(): number
  /** Freezes what is in memory; `mergeStep` then moves it. `upTo` is the last event it covers. */
  startMerge(upTo: number): void
  merging(): boolean
  /** Moves one slice; true while there is more. */
  mergeStep(): boolean
  /** Distinct keys of subjects. */
  keys(): number
}

const rowsPerSlice = 8_192

export function createLedger(database: DatabaseSync, progress: Progress): Ledger {
  const select = database.prepare(
    'SELECT time_ms, seq, roles FROM ledger WHERE hash = ? AND time_ms >= ? AND time_ms <= ? AND roles & ? ORDER BY time_ms, seq LIMIT ?'
  )
  const insert = database.prepare('INSERT OR IGNORE INTO ledger (hash, time_ms, seq, roles) VALUES (?, ?, ?, ?)')
  const exists = database.prepare('SELECT 1 FROM ledger WHERE hash = ? AND roles & ? LIMIT 1')
  let runs: Run[] = []
  let frozen: { readonly run: Run; readonly upTo: number; at: number } | undefined

  const isNewKey = (hash: number): boolean => exists.get(hash, subjectBits) === undefined

  return {
    add(refs) {
      if (refs.length === 0) return
      runs.push(runOf(refs))
      for (;;) {
        const last = runs.at(-1)
        const before = runs.at(-2)
        if (last === undefined || before === undefined || last.hash.length * 2 < before.hash.length) return
        runs.splice(-2, 2, mergeRuns(before, last))
      }
    },
    find({ hash, roles, fromMs = minTimeMs, toMs = maxTimeMs, limit }) {
      const rows = select.all(hash, fromMs, toMs, roles, limit).map(toRow)
      const inTable = frozen === undefined ? undefined : new Set(rows.map((row) => row.seq))
      for (const run of frozen === undefined ? runs : [...runs, frozen.run]) {
        for (const row of rowsOf(run, hash)) {
          if ((row.roles & roles) !== 0 && row.timeMs >= fromMs && row.timeMs <= toMs && inTable?.has(row.seq) !== true) rows.push(row)
        }
      }
      return rows.sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq).slice(0, limit)
    },
    pending: () => runs.reduce((sum, run) => sum + run.hash.length, 0),
    startMerge(upTo) {
      if (frozen !== undefined || runs.length === 0) return
      frozen = { run: runs.reduceRight((a, b) => mergeRuns(b, a)), upTo, at: 0 }
      runs = []
    },
    merging: () => frozen !== undefined,
    mergeStep() {
      if (frozen === undefined) return false
      const { run, at, upTo } = frozen
      const end = Math.min(at + rowsPerSlice, run.hash.length)
      inTransaction(database, () => {
        let newKeys = 0
        let lastHash = -1
        for (let row = at; row < end; row += 1) {
          const { hash, timeMs, seq, roles } = rowAt(run, row)
          if ((roles & subjectBits) !== 0 && hash !== lastHash) {
            lastHash = hash
            if (isNewKey(hash)) newKeys += 1
          }
          insert.run(hash, timeMs, seq, roles)
        }
        if (newKeys > 0) progress.set('keys', progress.get('keys') + newKeys)
        if (end === run.hash.length) progress.set('merged', upTo)
      })
      frozen.at = end
      if (end < run.hash.length) return true
      frozen = undefined
      return false
    },
    keys() {
      if (runs.length > 1) runs = [runs.reduceRight((a, b) => mergeRuns(b, a))]
      let fresh = 0
      const older = frozen?.run
      for (const run of [...runs, ...(older === undefined ? [] : [older])]) {
        for (const hash of keyHashes(run)) {
          if (run !== older && older !== undefined && hasKey(older, hash)) continue
          if (isNewKey(hash)) fresh += 1
        }
      }
      return progress.get('keys') + fresh
    }
  }
}

const minTimeMs = -8_640_000_000_000_000
const maxTimeMs = 8_640_000_000_000_000

function toRow(row: Parameters<typeof numberOf>[0]): LedgerRow {
  return { timeMs: numberOf(row, 'time_ms'), seq: numberOf(row, 'seq'), roles: numberOf(row, 'roles') }
}

function* keyHashes(run: Run): Generator<number> {
  let last = -1
  for (let at = 0; at < run.hash.length; at += 1) {
    const hash = run.hash[at] ?? 0
    if (hash === last || ((run.roles[at] ?? 0) & subjectBits) === 0) continue
    last = hash
    yield hash
  }
}

function hasKey(run: Run, hash: number): boolean {
  const at = lowerBound(run, hash)
  return run.hash[at] === hash && ((run.roles[at] ?? 0) & subjectBits) !== 0
}
