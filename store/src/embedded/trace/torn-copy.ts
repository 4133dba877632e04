/**
 * Mends an index that knows of events which its folder does not hold: in a backup of a store that was written meanwhile the recent events
 * were copied first, and what came until the index was copied is in the index alone. Such events were never promised to the backup. Runs in
 * the worker before anything reads; on any other folder it does nothing.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import { createEventReader } from './event-reader.ts'
import { eventIDKey, hashKey } from './key-hash.ts'
import { joinSegments } from './ledger.ts'
import type { Progress } from './progress.ts'
import { createSegmentReader, type SegmentReader } from './segments.ts'

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
  const reader = createSegmentReader(index, { keyFilters: false })
  forgetRows(index, reader, held)
  return inTransaction(index, () => {
    const forgotten = Number(index.prepare('DELETE FROM event WHERE seq > ?').run(held).changes)
    index.exec('DELETE FROM presence')
    const forget = index.prepare('DELETE FROM declared WHERE event_id = ?')
    for (const eventID of undeclared(recent, index, reader)) forget.run(eventID)
    progress.set('indexed', held)
    progress.set('merged', Math.min(progress.get('merged'), held))
    progress.set('events', progress.get('events') - forgotten)
    return forgotten
  })
}

/** Writes segments that name later events anew without them; what they leave in the file is swept away at the start of the ledger. */
function forgetRows(index: DatabaseSync, reader: SegmentReader, held: number): void {
  for (const segment of reader.segments().filter(({ lastSeq }) => lastSeq > held)) {
    const newest = numberOf(index.prepare('SELECT MAX(id) AS id FROM segment').get(), 'id')
    const job = joinSegments({ index, reader, joined: [segment], id: newest + 1, lastSeqMax: held })
    while (job.step()) continue
  }
  reader.changed()
}

/** Events that count as declared wrong although no declaration of them is left. */
function undeclared(recent: DatabaseSync, index: DatabaseSync, segments: SegmentReader): string[] {
  const isRecent = recent.prepare('SELECT 1 FROM recent WHERE event_id = ? AND declared_ms IS NOT NULL')
  const reader = createEventReader({ recent, index, cachedSubjectsMax: 1_000, cachedPacksMax: 16 })
  const isCold = (eventID: string): boolean =>
    segments.find(hashKey(eventIDKey(eventID)), true).some(({ seq }) => {
      const fact = reader.fact(seq)
      return fact?.eventID === eventID && fact.errorDeclaration !== undefined
    })
  return index
    .prepare('SELECT event_id FROM declared')
    .all()
    .map((row) => textOf(row, 'event_id'))
    .filter((eventID) => isRecent.get(eventID) === undefined && !isCold(eventID))
}
