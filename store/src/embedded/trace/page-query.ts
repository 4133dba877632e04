/** Pages of events by the members of an EPCIS query: through the ledger when keys are asked for, else along the time index. */
import type { DatabaseSync } from 'node:sqlite'
import { storeError } from '../../errors.ts'
import { encodeCursor, eventsLimitMax, keyMatchers, matchesQuery, readCursor, type Cursor } from '../../trace-rules.ts'
import type { EventPage, EventQuery } from '../../trace-store.ts'
import { numberOf } from '../sqlite.ts'
import type { EventReader } from './event-reader.ts'
import { eventIDKey, hashKey, roleBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { Terms } from './terms.ts'

/** Events that the keys of one query may name together. */
const keyedEventsMax = 200_000

interface PageQueryOptions {
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly events: EventReader
  readonly terms: Terms
}

export function createPageQuery(options: PageQueryOptions): (query: EventQuery) => EventPage {
  return (query) => {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
    const limit = Math.min(query.limit, eventsLimitMax)
    const keyed = seqsByKeys(options.ledger, query)
    const found = keyed === undefined ? scanHeads(options, query, after, limit + 1) : filterKeyed(options, query, after, limit + 1, keyed)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const json = page.map(({ seq }) => options.events.json(seq) ?? '')
    return found.length > limit && last !== undefined ? { json, next: encodeCursor(last) } : { json }
  }
}

/** Candidates by the first member that names keys; undefined when none does. */
function seqsByKeys(ledger: Ledger, query: EventQuery): Set<number> | undefined {
  const asked = [
    { hashes: query.eventIDs?.map((eventID) => hashKey(eventIDKey(eventID))), roles: roleBits.eventID },
    ...keyMatchers.map(({ member, roles }) => ({
      hashes: query[member]?.map(hashKey),
      roles: roles.length === 0 ? 31 : roles.reduce((bits, role) => bits | roleBits[role], 0)
    }))
  ].find(({ hashes }) => hashes !== undefined)
  if (asked?.hashes === undefined) return undefined
  const seqs = new Set<number>()
  for (const hash of asked.hashes) {
    for (const row of ledger.find({ hash, roles: asked.roles, limit: keyedEventsMax + 1 })) seqs.add(row.seq)
    if (seqs.size > keyedEventsMax) {
      throw storeError('STORE_TOO_MUCH', { action: 'answer query', what: 'events of the keys', current: seqs.size, wanted: keyedEventsMax })
    }
  }
  return seqs
}

function filterKeyed(
  { events }: PageQueryOptions,
  query: EventQuery,
  after: Cursor | undefined,
  limit: number,
  seqs: ReadonlySet<number>
): Cursor[] {
  const sign = query.order === 'ascending' ? 1 : -1
  const found: Cursor[] = []
  for (const seq of seqs) {
    const known = events.fact(seq)
    if (known === undefined || !matchesQuery(known.fact, query)) continue
    const timeMs = query.orderBy === 'eventTime' ? known.fact.eventTimeMs : known.fact.recordTimeMs
    if (after === undefined || sign * (timeMs - after.timeMs || seq - after.seq) > 0) found.push({ timeMs, seq })
  }
  return found.sort((a, b) => sign * (a.timeMs - b.timeMs || a.seq - b.seq)).slice(0, limit)
}

const wordColumns = [
  { member: 'eventTypes', column: 'type' },
  { member: 'actions', column: 'action' },
  { member: 'bizSteps', column: 'biz_step' },
  { member: 'dispositions', column: 'disposition' },
  { member: 'readPoints', column: 'read_point' },
  { member: 'bizLocations', column: 'biz_location' }
] as const

function scanHeads({ index, terms }: PageQueryOptions, query: EventQuery, after: Cursor | undefined, limit: number): Cursor[] {
  const column = query.orderBy === 'eventTime' ? 'time_ms' : 'record_ms'
  const direction = query.order === 'ascending' ? 'ASC' : 'DESC'
  const conditions: string[] = []
  const values: number[] = []
  const where = (condition: string, ...bound: number[]): void => {
    conditions.push(condition)
    values.push(...bound)
  }
  if (query.fromMs !== undefined) where('time_ms >= ?', query.fromMs)
  if (query.toMs !== undefined) where('time_ms < ?', query.toMs)
  if (query.recordFromMs !== undefined) where('record_ms >= ?', query.recordFromMs)
  if (query.recordToMs !== undefined) where('record_ms < ?', query.recordToMs)
  if (after !== undefined) where(`(${column}, seq) ${query.order === 'ascending' ? '>' : '<'} (?, ?)`, after.timeMs, after.seq)
  for (const { member, column: wordColumn } of wordColumns) {
    const words = query[member]
    if (words === undefined) continue
    const ids = words.flatMap((word) => terms.find(word) ?? [])
    if (ids.length === 0) return []
    where(`+${wordColumn} IN (${ids.map(() => '?').join(',')})`, ...ids)
  }
  const statement = index.prepare(
    `SELECT ${column} AS time, seq FROM event ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
     ORDER BY ${column} ${direction}, seq ${direction} LIMIT ?`
  )
  return statement.all(...values, limit).map((row) => ({ timeMs: numberOf(row, 'time'), seq: numberOf(row, 'seq') }))
}
