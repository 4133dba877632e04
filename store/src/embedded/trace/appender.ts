/** The short writes of the main thread: new events and log offsets into `trace-recent.db`, deletion of what the worker has put into blocks. */
import type { DatabaseSync } from 'node:sqlite'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { isDuplicate, type StoredVersion } from '../../trace-rules.ts'
import type { CaptureOutcome } from '../../trace-store.ts'
import type { BatchSource } from '../../telemetry-store.ts'
import { numberOf, textOf, type Row } from '../sqlite.ts'
import { createEventReader } from './event-reader.ts'
import { encodeFact } from './fact-codec.ts'
import { eventIDKey, hashKey } from './key-hash.ts'
import { createSegmentReader } from './segments.ts'

export interface Appender {
  /** Inside of the caller's transaction. */
  append(events: readonly TraceEvent[], source: BatchSource | undefined): CaptureOutcome[]
  /** Takes back what `append` noted of a transaction that failed later. */
  forget(firstSeq: number, lastSeq: number): void
  capturedUpTo(log: string): number
  /** Sequence number of the newest event appended. */
  lastSeq(): number
  /** Event ids up to this event are found in the segments from now on. */
  merged(upTo: number): void
  /** Deletes a slice of the events up to `upTo`; true while there are more. */
  deleteCold(upTo: number): boolean
}

interface PendingVersion extends StoredVersion {
  readonly seq: number
}

const deletedPerSlice = 256

export interface AppenderOptions {
  readonly recent: DatabaseSync
  /** Read only. */
  readonly index: DatabaseSync
  readonly merged: number
  readonly indexed: number
}

export function createAppender({ recent, index, merged, indexed }: AppenderOptions): Appender {
  const insert = recent.prepare('INSERT INTO recent (seq, event_id, declared_ms, facts, json) VALUES (?, ?, ?, ?, ?)')
  const selectSource = recent.prepare('SELECT up_to FROM source WHERE log = ?')
  const setSource = recent.prepare('INSERT INTO source (log, up_to) VALUES (?, ?) ON CONFLICT (log) DO UPDATE SET up_to = excluded.up_to')
  const deleteSlice = recent.prepare(
    `DELETE FROM recent WHERE seq IN (SELECT seq FROM recent WHERE seq <= ? ORDER BY seq LIMIT ${deletedPerSlice})`
  )
  const segments = createSegmentReader(index, { keyFilters: false })
  const reader = createEventReader({ recent, index, cachedSubjectsMax: 1_000, cachedPacksMax: 32 })
  const pending = loadPending(recent, merged)
  let mergedUpTo = merged
  let lastSeq = Math.max(indexed, numberOf(recent.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM recent').get(), 'seq'))

  const versionsOf = (eventID: string): StoredVersion[] => {
    const stored = segments.find(hashKey(eventIDKey(eventID)), true).flatMap(({ seq }) => {
      const fact = reader.fact(seq)
      return fact?.eventID === eventID ? [{ declarationTimeMs: fact.errorDeclaration?.declarationTimeMs }] : []
    })
    return [...stored, ...(pending.get(eventID) ?? [])]
  }
  const appender: Appender = {
    append(events, source) {
      if (source !== undefined && source.upTo <= appender.capturedUpTo(source.log)) {
        return events.map(({ eventID }) => ({ eventID, outcome: 'duplicate' }))
      }
      const first = lastSeq + 1
      try {
        const outcomes = events.map((event) => appendOne(event))
        if (source !== undefined) setSource.run(source.log, source.upTo)
        return outcomes
      } catch (error) {
        appender.forget(first, lastSeq)
        throw error
      }
    },
    forget(firstSeq, last) {
      for (const [eventID, versions] of pending) {
        const kept = versions.filter((version) => version.seq < firstSeq || version.seq > last)
        if (kept.length === versions.length) continue
        if (kept.length === 0) pending.delete(eventID)
        else pending.set(eventID, kept)
      }
    },
    capturedUpTo(log) {
      const row = selectSource.get(log)
      return row === undefined ? -1 : numberOf(row, 'up_to')
    },
    lastSeq: () => lastSeq,
    merged(upTo) {
      if (upTo <= mergedUpTo) return
      mergedUpTo = upTo
      segments.changed()
      for (const [eventID, versions] of pending) {
        if ((versions[0]?.seq ?? 0) > upTo) break
        const kept = versions.filter((version) => version.seq > upTo)
        if (kept.length === 0) pending.delete(eventID)
        else pending.set(eventID, kept)
      }
    },
    deleteCold: (upTo) => Number(deleteSlice.run(upTo).changes) === deletedPerSlice
  }
  const appendOne = (event: TraceEvent): CaptureOutcome => {
    const { eventID } = event
    if (isDuplicate(event, versionsOf(eventID))) return { eventID, outcome: 'duplicate' }
    lastSeq += 1
    const declarationTimeMs = event.errorDeclaration?.declarationTimeMs
    insert.run(lastSeq, eventID, declarationTimeMs ?? null, encodeFact(event), event.json)
    notePending(pending, eventID, { seq: lastSeq, declarationTimeMs })
    return { eventID, outcome: 'stored' }
  }
  return appender
}

function loadPending(recent: DatabaseSync, merged: number): Map<string, PendingVersion[]> {
  const pending = new Map<string, PendingVersion[]>()
  for (const row of recent.prepare('SELECT seq, event_id, declared_ms FROM recent WHERE seq > ? ORDER BY seq').iterate(merged)) {
    notePending(pending, textOf(row, 'event_id'), { seq: numberOf(row, 'seq'), declarationTimeMs: optionalNumber(row, 'declared_ms') })
  }
  return pending
}

function notePending(pending: Map<string, PendingVersion[]>, eventID: string, version: PendingVersion): void {
  const versions = pending.get(eventID)
  if (versions === undefined) pending.set(eventID, [version])
  else versions.push(version)
}

function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberOf(row, column)
}
