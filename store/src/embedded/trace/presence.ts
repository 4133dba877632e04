/**
 * Which keys may have been at a place in an interval, without looking at everything that ever came there: now and then a snapshot
 * of what was at a busy place is kept, and questions look at the events since. Runs in the worker.
 *
 * A snapshot holds for what was known of the time before it; any event that comes later than its time drops it. So snapshots are
 * taken only at times that ordinary delays do not reach.
 */
import type { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { keysPresent } from '@tracegate/model/trace-graph/exposure'
import type { TraceReader } from '@tracegate/model/trace-graph/session'
import { storeError } from '../../errors.ts'
import { bytesOf, numberOf } from '../sqlite.ts'
import type { EventReader } from './event-reader.ts'
import { hashKey, placeKey, roleBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerRow } from './ledger-row.ts'

export interface Presence {
  keysAt(...asked: Parameters<TraceReader['keysAt']>): Promise<readonly string[]>
}

interface Snapshot {
  readonly atMs: number
  readonly keys: readonly string[]
}

/** Events at a place after which a new snapshot pays. */
const eventsPerSnapshot = 4_096
/** Snapshots are this much older than the newest event. */
const snapshotAgeMs = 24 * 3_600_000
/** Events at one place that one question may look at, after the last snapshot. */
const eventsMax = 500_000

export interface PresenceOptions {
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly events: EventReader
  readonly factsOf: TraceReader['factsOf']
}

export function createPresence({ index, ledger, events, factsOf }: PresenceOptions): Presence {
  const selectSnapshot = index.prepare('SELECT at_ms, keys FROM presence WHERE place = ? AND at_ms <= ? ORDER BY at_ms DESC LIMIT 1')
  const insertSnapshot = index.prepare('INSERT OR REPLACE INTO presence (place, at_ms, keys) VALUES (?, ?, ?)')
  const selectNewest = index.prepare('SELECT COALESCE(MAX(time_ms), 0) AS time FROM event')

  const rowsAt = (place: string, afterMs: number, toMs: number, limit: number): LedgerRow[] =>
    ledger.find({ hash: hashKey(placeKey(place)), roles: roleBits.place, fromMs: afterMs + 1, toMs, limit })
  const snapshotAt = (place: string, atMs: number): Snapshot => {
    const row = selectSnapshot.get(place, atMs)
    if (row === undefined) return { atMs: firstMs, keys: [] }
    const text = zstdDecompressSync(bytesOf(row, 'keys')).toString()
    return { atMs: numberOf(row, 'at_ms'), keys: text === '' ? [] : text.split('\n') }
  }
  const keysOf = (rows: readonly LedgerRow[], into: Set<string>): Set<string> => {
    for (const { seq } of rows) for (const { key } of events.fact(seq)?.subjects ?? []) into.add(key)
    return into
  }
  /** The next snapshot after the one given, when there is enough to make one up to `untilMs`. */
  const nextSnapshot = async (place: string, from: Snapshot, untilMs: number): Promise<Snapshot | undefined> => {
    const rows = rowsAt(place, from.atMs, untilMs, eventsPerSnapshot)
    const last = rows.at(-1)
    if (rows.length < eventsPerSnapshot || last === undefined) return undefined
    const atMs = last.timeMs
    const candidates = keysOf(rowsAt(place, from.atMs, atMs, eventsMax), new Set(from.keys))
    const keys = await keysPresent({ factsOf, keysAt: () => Promise.resolve([]) }, { place, keys: [...candidates], atMs })
    insertSnapshot.run(place, atMs, zstdCompressSync(keys.join('\n')))
    return { atMs, keys }
  }
  return {
    async keysAt({ place, fromMs, toMs }, knowledge) {
      const untilMs = Math.min(fromMs, numberOf(selectNewest.get(), 'time') - snapshotAgeMs)
      // Snapshots hold for what is known today, without what was declared wrong.
      const usual = knowledge?.knownAtMs === undefined && knowledge?.withDeclared !== true
      let snapshot = usual ? snapshotAt(place, fromMs) : { atMs: firstMs, keys: [] }
      for (let next: Snapshot | undefined = usual ? snapshot : undefined; next !== undefined;) {
        snapshot = next
        next = await nextSnapshot(place, snapshot, untilMs)
      }
      const rows = rowsAt(place, snapshot.atMs, toMs, eventsMax + 1)
      if (rows.length > eventsMax) {
        throw storeError('STORE_TOO_MUCH', { action: 'find goods', what: `events at ${place}`, current: rows.length, wanted: eventsMax })
      }
      return [...keysOf(rows, new Set(snapshot.keys))]
    }
  }
}

const firstMs = -8_640_000_000_000_000
