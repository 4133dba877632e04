/**
 * Mends an index that knows of events which its folder does not hold: in a backup of a store that was written meanwhile the recent events
 * were copied first, and what came until the index was copied is in the index alone. Such events were never promised to the backup. Runs in
 * the worker before anything reads; on any other folder it does nothing.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import { createEventReader } from './event-reader.ts'
import { eventIDKey, hashKey, roleBits, subjectBits } from './key-hash.ts'
import type { Progress } from './progress.ts'

export interface TornCopyOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly progress: Progress
}

/** Gives how many events were forgotten. */
export function forgetUnheld({ recent, index, progress }: TornCopyOptions): number {
  const newest = numberOf(recent.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM recent').get(), 'seq')
  const held = Math.max(newest, progress.get('cold'))
  if (progress.get('indexed') <= held) return 0
  return inTransaction(index, () => {
    const forgotten = Number(index.prepare('DELETE FROM event WHERE seq > ?').run(held).changes)
    index.prepare('DELETE FROM ledger WHERE seq > ?').run(held)
    index.exec('DELETE FROM presence')
    const forget = index.prepare('DELETE FROM declared WHERE event_id = ?')
    for (const eventID of undeclared(recent, index)) forget.run(eventID)
    const keys = index.prepare('SELECT COUNT(DISTINCT hash) AS keys FROM ledger WHERE roles & ?').get(subjectBits)
    progress.set('indexed', held)
    progress.set('merged', Math.min(progress.get('merged'), held))
    progress.set('events', progress.get('events') - forgotten)
    progress.set('keys', numberOf(keys, 'keys'))
    return forgotten
  })
}

/** Events that count as declared wrong although no declaration of them is left. */
function undeclared(recent: DatabaseSync, index: DatabaseSync): string[] {
  const isRecent = recent.prepare('SELECT 1 FROM recent WHERE event_id = ? AND declared_ms IS NOT NULL')
  const rows = index.prepare('SELECT seq FROM ledger WHERE hash = ? AND roles & ?')
  const reader = createEventReader({ recent, index, cachedSubjectsMax: 1_000, cachedBlocksMax: 4 })
  const isCold = (eventID: string): boolean =>
    rows.all(hashKey(eventIDKey(eventID)), roleBits.eventID).some((row) => {
      const fact = reader.fact(numberOf(row, 'seq'))?.fact
      return fact?.eventID === eventID && fact.errorDeclaration !== undefined
    })
  return index
    .prepare('SELECT event_id FROM declared')
    .all()
    .map((row) => textOf(row, 'event_id'))
    .filter((eventID) => isRecent.get(eventID) === undefined && !isCold(eventID))
}
