/**
 * Pages of events by an EPCIS query: through the ledger when it names keys, else along the heads. One call looks at a bounded number of
 * events and says where to go on, whatever it found.
 */
import { createFilterMatcher, type EventMatcher } from '@tracegate/model/epcis/query/matcher'
import type { DatabaseSync } from 'node:sqlite'
import { encodeCursor, eventsLimitMax, readCursor, type Cursor } from '../../trace-rules.ts'
import type { EventPage, EventQuery } from '../../trace-store.ts'
import { candidatesOf } from './candidates.ts'
import type { EventReader } from './event-reader.ts'
import { scanHeads } from './head-scan.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerRow } from './ledger-row.ts'
import type { Terms } from './terms.ts'

/** Events that one call judges by more than their heads. */
const judgedMax = 5_000
/** Events of the keys asked for that are put in order at once; of more the heads give the order. */
const sortedMax = 5_000

interface PageQueryOptions {
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly events: EventReader
  readonly terms: Terms
}

/** What one call found, in the order asked for; `stoppedAt` when it looked at as much as it may. */
interface Found {
  readonly found: readonly Cursor[]
  readonly stoppedAt: Cursor | undefined
}

export function createPageQuery(options: PageQueryOptions): (query: EventQuery) => EventPage {
  return (query) => {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
    const limit = Math.min(query.limit, eventsLimitMax)
    const rows = candidatesOf(options.ledger, query)
    const look = { query, after, limit: limit + 1, matches: createFilterMatcher(query) }
    const { found, stoppedAt } =
      rows === undefined || (rows.length > sortedMax && query.orderBy === 'recordTime')
        ? lookAlongHeads(options, look, rows)
        : lookAtRows(options, look, rows)
    const page = found.slice(0, limit)
    const json = page.map(({ seq }) => options.events.json(seq) ?? '')
    const next = found.length > limit ? page.at(-1) : stoppedAt
    return next === undefined ? { json } : { json, next: encodeCursor(next) }
  }
}

interface Look {
  readonly query: EventQuery
  readonly after: Cursor | undefined
  readonly limit: number
  readonly matches: EventMatcher
}

function lookAtRows({ events }: PageQueryOptions, { query, after, limit, matches }: Look, rows: readonly LedgerRow[]): Found {
  const sign = query.order === 'ascending' ? 1 : -1
  const byRecord = query.orderBy === 'recordTime'
  const compare = (a: Cursor, b: Cursor): number => sign * (a.timeMs - b.timeMs || a.seq - b.seq)
  const places = byRecord
    ? rows.flatMap(({ seq }) => {
        const fact = events.fact(seq)
        return fact === undefined ? [] : [{ timeMs: fact.recordTimeMs, seq }]
      })
    : rows
  const ahead = after === undefined ? places : places.filter((place) => compare(place, after) > 0)
  const ordered = byRecord ? ahead.toSorted(compare) : sign > 0 ? ahead : ahead.toReversed()
  const found: Cursor[] = []
  for (const [looked, { timeMs, seq }] of ordered.entries()) {
    if (looked >= judgedMax) return { found, stoppedAt: ordered[looked - 1] }
    const fact = events.fact(seq)
    if (fact === undefined || !matches(fact, () => events.json(seq) ?? '')) continue
    found.push({ timeMs, seq })
    if (found.length >= limit) break
  }
  return { found, stoppedAt: undefined }
}

/** `rows` are the only events that can match, where keys were asked for that very many events name. */
function lookAlongHeads(
  { index, terms, events }: PageQueryOptions,
  { query, after, limit, matches }: Look,
  rows: readonly LedgerRow[] | undefined
): Found {
  const namesKeys = query.eventIDs ?? query.anyKeys ?? query.objectKeys ?? query.parentKeys ?? query.inputKeys ?? query.outputKeys
  const bare = rows === undefined && namesKeys === undefined && (query.conditions ?? []).length === 0
  const { order, orderBy } = query
  const most = bare ? limit : rows === undefined ? judgedMax : headsOfRowsMax
  const { heads, stoppedAt } = scanHeads(index, terms, query, { order, orderBy, after, limit: most })
  if (bare) return { found: heads, stoppedAt }
  const wanted = rows === undefined ? undefined : new Set(rows.map(({ seq }) => seq))
  const found: Cursor[] = []
  let judged = 0
  for (const head of heads) {
    if (wanted?.has(head.seq) === false) continue
    judged += 1
    const fact = events.fact(head.seq)
    if (fact !== undefined && matches(fact, () => events.json(head.seq) ?? '')) found.push(head)
    if (found.length >= limit) return { found, stoppedAt: undefined }
    if (judged >= judgedMax) return { found, stoppedAt: head }
  }
  return { found, stoppedAt: heads.length >= most ? heads.at(-1) : stoppedAt }
}

const headsOfRowsMax = 50_000
