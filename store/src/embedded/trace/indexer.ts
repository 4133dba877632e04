/** Turns recent events into heads, terms and ledger rows, in order, a chunk at a time. Runs in the worker. */
import type { DatabaseSync } from 'node:sqlite'
import { referenceKeysOf } from '@tracegate/model/trace-graph/references'
import type { TraceFact } from '@tracegate/model/trace-graph/session'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import { decodeFact } from './fact-codec.ts'
import { eventIDKey, hashKey, placeKey, roleBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { Progress } from './progress.ts'
import type { LedgerRef } from './run.ts'
import type { Terms } from './terms.ts'

export interface Indexer {
  /** Indexes the next events; false when there are none. */
  step(): boolean
  /** Puts back into memory the ledger rows that a stop lost. */
  recover(): void
  isDeclared(eventID: string): boolean
}

const eventsPerStep = 1_024

export interface IndexerOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly progress: Progress
  readonly terms: Terms
}

export function createIndexer(options: IndexerOptions): Indexer {
  const { index, ledger, progress, terms } = options
  const nextRows = options.recent.prepare(`SELECT seq, facts FROM recent WHERE seq > ? ORDER BY seq LIMIT ${eventsPerStep}`)
  const insertHead = index.prepare(
    `INSERT INTO event (seq, time_ms, record_ms, type, action, biz_step, disposition, read_point, biz_location)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const insertDeclared = index.prepare('INSERT OR IGNORE INTO declared (event_id) VALUES (?)')
  // Snapshots at or after the time of a late event no longer hold.
  const dropPresence = index.prepare('DELETE FROM presence WHERE at_ms >= ?')
  const declared = new Set(
    index
      .prepare('SELECT event_id FROM declared')
      .all()
      .map((row) => textOf(row, 'event_id'))
  )
  const read = (after: number) => nextRows.all(after).map((row) => ({ seq: numberOf(row, 'seq'), fact: decodeFact(textOf(row, 'facts')) }))

  const storeHeads = (events: ReturnType<typeof read>, wrong: readonly string[]): void => {
    try {
      inTransaction(index, () => {
        for (const { seq, fact } of events) insertHead.run(seq, ...headOf(fact, terms))
        for (const eventID of wrong) insertDeclared.run(eventID)
        dropPresence.run(events.reduce((least, { fact }) => Math.min(least, fact.eventTimeMs), Infinity))
        progress.set('indexed', events.at(-1)?.seq ?? 0)
        progress.set('events', progress.get('events') + events.length)
      })
    } catch (error) {
      terms.reload()
      throw error
    }
  }

  return {
    step() {
      const events = read(progress.get('indexed'))
      if (events.length === 0) return false
      const wrong = events.filter(({ fact }) => fact.errorDeclaration !== undefined).map(({ fact }) => fact.eventID)
      storeHeads(events, wrong)
      for (const eventID of wrong) declared.add(eventID)
      ledger.add(events.flatMap(({ seq, fact }) => refsOf(seq, fact)))
      return true
    },
    recover() {
      const indexed = progress.get('indexed')
      let after = progress.get('merged')
      while (after < indexed) {
        const events = read(after).filter(({ seq }) => seq <= indexed)
        const last = events.at(-1)
        if (last === undefined) return
        ledger.add(events.flatMap(({ seq, fact }) => refsOf(seq, fact)))
        after = last.seq
      }
    },
    isDeclared: (eventID) => declared.has(eventID)
  }
}

function headOf(fact: TraceFact, terms: Terms): (number | null)[] {
  const words = [fact.type, fact.action, fact.bizStep, fact.disposition, fact.readPoint, fact.bizLocation]
  return [fact.eventTimeMs, fact.recordTimeMs, ...words.map((word) => (word === undefined ? null : terms.idOf(word)))]
}

/** Every key under which the event is found: its subjects, its id, what it refers to, its place and what that belongs to. */
export function refsOf(seq: number, fact: TraceFact): LedgerRef[] {
  const roles = new Map<string, number>()
  const add = (key: string, bits: number): void => {
    roles.set(key, (roles.get(key) ?? 0) | bits)
  }
  for (const subject of fact.subjects) add(subject.key, roleBits[subject.role])
  add(eventIDKey(fact.eventID), roleBits.eventID)
  for (const key of referenceKeysOf(fact)) add(key, roleBits.transformation)
  if (fact.bizLocation !== undefined) {
    add(placeKey(fact.bizLocation), roleBits.place)
    add(placeKey(glnPlace(fact.bizLocation)), roleBits.place)
  }
  return [...roles].map(([key, bits]) => ({ hash: hashKey(key), timeMs: fact.eventTimeMs, seq, roles: bits }))
}
