/** Turns recent events into heads, terms and ledger rows, in order, a chunk at a time. Runs in the worker. */
import type { DatabaseSync } from 'node:sqlite'
import type { TraceFact } from '@tracegate/model/trace-graph/session'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import type { EventReader } from './event-reader.ts'
import { decodeFact } from './fact-codec.ts'
import type { Ledger } from './ledger.ts'
import type { PackedEvent } from './pack.ts'
import type { Packer } from './packer.ts'
import type { Progress } from './progress.ts'
import { featureBitsOf, refsOf } from './refs.ts'
import { wordKinds, type Terms } from './terms.ts'

export interface Indexer {
  /** Indexes the next events; false when there are none. */
  step(): boolean
  /** Makes anew the ledger rows that are in no segment: those a stop lost, or all after an upgrade. */
  recover(): void
  /** When it was recorded that the event is wrong, the first time; undefined for one that is not. */
  declaredAtMs(eventID: string): number | undefined
}

/** Small enough that a question does not wait long behind it. */
const eventsPerStep = 256

export interface IndexerOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly progress: Progress
  readonly terms: Terms
  readonly events: EventReader
  readonly packer: Packer
  /** Ledger rows in memory past which a recovery stores them. */
  readonly mergeRefsMax: number
}

export function createIndexer(options: IndexerOptions): Indexer {
  const { index, ledger, progress } = options
  const nextRows = options.recent.prepare(`SELECT seq, facts, json FROM recent WHERE seq > ? ORDER BY seq LIMIT ${eventsPerStep}`)
  const nextHeads = index.prepare(`SELECT seq FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${eventsPerStep}`)
  const store = createHeadStore(options)
  const declared = new Map<string, number>()
  for (const row of index.prepare('SELECT event_id, record_ms FROM declared').iterate()) {
    declared.set(textOf(row, 'event_id'), numberOf(row, 'record_ms'))
  }
  const declare = ({ eventID, recordTimeMs }: TraceFact): void => {
    declared.set(eventID, Math.min(declared.get(eventID) ?? Infinity, recordTimeMs))
  }
  const addRefs = (seq: number, fact: TraceFact): void => {
    for (const [hash, roles] of refsOf(fact)) ledger.add(hash, { seq, timeMs: fact.eventTimeMs, roles })
  }
  const storeRefs = (upTo: number): void => {
    ledger.startMerge(upTo)
    while (ledger.merging()) ledger.mergeStep()
    while (ledger.tidyStep(false)) continue
  }
  return {
    step() {
      const events = nextRows
        .all(progress.get('indexed'))
        .map((row): PackedEvent => ({ seq: numberOf(row, 'seq'), fact: decodeFact(textOf(row, 'facts')), json: textOf(row, 'json') }))
      if (events.length === 0) return false
      store(events)
      for (const { seq, fact } of events) {
        if (fact.errorDeclaration !== undefined) declare(fact)
        options.events.keep(seq, fact)
        addRefs(seq, fact)
      }
      options.packer.offer(events)
      return true
    },
    recover() {
      const indexed = progress.get('indexed')
      for (let after = progress.get('merged'); after < indexed;) {
        const seqs = nextHeads.all(after, indexed).map((row) => numberOf(row, 'seq'))
        const last = seqs.at(-1)
        if (last === undefined) break
        for (const seq of seqs) {
          const fact = options.events.fact(seq)
          if (fact !== undefined) addRefs(seq, fact)
        }
        after = last
        if (ledger.pending() >= options.mergeRefsMax) storeRefs(after)
      }
      // The ids of events that are in packs already are looked for in segments alone, when duplicates are judged.
      if (progress.get('cold') > progress.get('merged')) storeRefs(indexed)
    },
    declaredAtMs: (eventID) => declared.get(eventID)
  }
}

/** Stores the heads of events, the terms they use and what they declare wrong, in one transaction. */
function createHeadStore({ index, progress, terms }: IndexerOptions): (events: readonly PackedEvent[]) => void {
  const insertHead = index.prepare(
    `INSERT INTO event (seq, time_ms, record_ms, type, action, biz_step, disposition, read_point, biz_location, features)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const insertDeclared = index.prepare(
    `INSERT INTO declared (event_id, record_ms) VALUES (?, ?)
     ON CONFLICT (event_id) DO UPDATE SET record_ms = MIN(record_ms, excluded.record_ms)`
  )
  // Snapshots at or after the time of a late event no longer hold.
  const dropPresence = index.prepare('DELETE FROM presence WHERE at_ms >= ?')
  return (events) => {
    try {
      inTransaction(index, () => {
        for (const { seq, fact, json } of events) {
          insertHead.run(seq, ...headOf(fact, terms), featureBitsOf(json))
          if (fact.errorDeclaration !== undefined) insertDeclared.run(fact.eventID, fact.recordTimeMs)
        }
        dropPresence.run(events.reduce((least, { fact }) => Math.min(least, fact.eventTimeMs), Infinity))
        progress.set('indexed', events.at(-1)?.seq ?? 0)
        progress.set('events', progress.get('events') + events.length)
      })
    } catch (error) {
      terms.reload()
      progress.reload()
      throw error
    }
  }
}

function headOf(fact: TraceFact, terms: Terms): (number | null)[] {
  const words = wordKinds.map((kind) => {
    const word = fact[kind]
    return word === undefined ? null : terms.idOf(word, kind)
  })
  return [fact.eventTimeMs, fact.recordTimeMs, ...words]
}
