/** Pages of events by the members of an EPCIS query: by their keys when keys are asked for, else along event or record time. */
import { hash53 } from '@tracegate/model/hash53'
import { storeError } from '../../errors.ts'
import { keyMatchers, matchesFilter } from '@tracegate/model/epcis/query/filter'
import { createMatcher, type EventMatcher } from '@tracegate/model/epcis/query/matcher'
import { encodeCursor, eventsLimitMax, judgedEventsMax, readCursor, type Cursor } from '../../trace-rules.ts'
import type { EventPage, EventQuery } from '../../trace-store.ts'
import { nanosTextOf } from '../line-protocol.ts'
import type { Condition, SelectedRow, TimeSpan } from '../selection.ts'
import { eventFields, type EventRows, type StoredVersion } from './event-rows.ts'
import { lookupKeysOf } from './lookup-keys.ts'
import { lookUp } from './lookup.ts'
import { eventIDKey, eventMeasurement, recordMeasurement } from './points.ts'
import { indexText, pointTimeMs, positionKey, sequenceOf, versionIdentity, versionOf, type Position } from './position.ts'
import { positionOf } from './position-reader.ts'
import type { Selector } from './select.ts'

/** Events that the keys of one query may name together. */
const keyedEventsMax = 200_000
/** Rows of one time at most: so many slots there are, and a page must not end between them. Nearly always there is one. */
const sameTimeMax = 256
const sameTimeUsual = 8

interface Match {
  readonly cursor: Cursor
  readonly version: StoredVersion
}

export async function pageOf(selector: Selector, events: EventRows, query: EventQuery): Promise<EventPage> {
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
  const limit = Math.min(query.limit, eventsLimitMax)
  const asked = { query, after, wanted: limit + 1, conditions: conditionsOfQuery(query) }
  const { matches, end } = (await filterKeyed(selector, events, asked)) ?? (await scan(selector, events, asked))
  const page = matches.slice(0, limit)
  const next = matches.length > limit ? page.at(-1)?.cursor : end
  const json = page.map(({ version }) => version.json)
  return next === undefined ? { json } : { json, next: encodeCursor(next) }
}

interface Asked {
  readonly query: EventQuery
  readonly after: Cursor | undefined
  readonly wanted: number
  /** Without them an event needs no judging. */
  readonly conditions: EventMatcher | undefined
}

interface Found {
  readonly matches: readonly Match[]
  /** Where to go on, when so many were judged that the call ends before it found what it wanted. */
  readonly end?: Cursor | undefined
}

function conditionsOfQuery({ conditions = [] }: EventQuery): EventMatcher | undefined {
  return conditions.length === 0 ? undefined : createMatcher(conditions)
}

/** Keys of a condition that are looked up; with more, going along time is cheaper. */
const conditionKeysMax = 240

/** Of the first member that names keys, or the first condition that does; undefined when none does. */
function keysOf(query: EventQuery): { readonly keys: readonly string[]; readonly isHint: boolean } | undefined {
  const named = query.eventIDs?.map(eventIDKey) ?? keyMatchers.map(({ member }) => query[member]).find((keys) => keys !== undefined)
  if (named !== undefined) return { keys: named, isHint: false }
  const hinted = (query.conditions ?? []).map((condition) => lookupKeysOf(condition)).filter((keys) => keys !== undefined)
  const [fewest] = hinted.sort((a, b) => a.length - b.length)
  return fewest === undefined || fewest.length > conditionKeysMax ? undefined : { keys: fewest, isHint: true }
}

/** Undefined when the query names no keys, or only such as a condition names and that too many events name. */
async function filterKeyed(selector: Selector, events: EventRows, asked: Asked): Promise<Found | undefined> {
  const { query, after } = asked
  const keyed = keysOf(query)
  if (keyed === undefined) return undefined
  const refs = await lookUp(selector, keyed.keys, { rowsMax: keyedEventsMax + 1 })
  const positions = new Map([...refs.positions.values()].flat().map((position) => [positionKey(position), position]))
  if (positions.size > keyedEventsMax || refs.isCut) {
    if (keyed.isHint) return undefined
    const what = 'number of events of the keys'
    throw storeError('STORE_TOO_MUCH', { action: 'answer query', what, current: positions.size, wanted: keyedEventsMax })
  }
  const versions = await events.at(selector, [...positions.values()])
  const matches = versions
    .filter(({ fact }) => matchesFilter(fact, query))
    .map((version) => ({ version, cursor: keyedCursorOf(version, query) }))
    .filter(({ cursor }) => isAfter(cursor, after, query))
    .sort((a, b) => compareCursors(a.cursor, b.cursor, query))
  return judgeKeyed(selector, events, { ...asked, matches })
}

/** Events whose JSON is fetched at once to be judged. */
const judgedAtOnce = 500

async function judgeKeyed(selector: Selector, events: EventRows, asked: Asked & { readonly matches: readonly Match[] }): Promise<Found> {
  const { conditions, matches, wanted } = asked
  if (conditions === undefined) return { matches: await withJson(selector, events, matches.slice(0, wanted)) }
  const found: Match[] = []
  for (let at = 0; at < matches.length && found.length < wanted; at += judgedAtOnce) {
    if (at >= judgedEventsMax) return { matches: found, end: matches[at - 1]?.cursor }
    const chunk = await withJson(selector, events, matches.slice(at, at + judgedAtOnce))
    found.push(...chunk.filter(({ version }) => conditions(version.fact, () => version.json)))
  }
  return { matches: found }
}

/** Positions are unique within an event time only. */
function keyedCursorOf({ position, fact }: StoredVersion, query: EventQuery): Cursor {
  return query.orderBy === 'eventTime'
    ? { timeMs: position.ms, seq: sequenceOf(position) }
    : { timeMs: fact.recordTimeMs, seq: hash53(versionIdentity(fact)) }
}

async function withJson(selector: Selector, events: EventRows, matches: readonly Match[]): Promise<Match[]> {
  const positions = matches.map(({ version }) => version.position)
  const read = new Map((await events.at(selector, positions, { json: true })).map((version) => [positionKey(version.position), version]))
  return matches.map((match) => ({ ...match, version: read.get(positionKey(match.version.position)) ?? match.version }))
}

function isAfter(cursor: Cursor, after: Cursor | undefined, query: EventQuery): boolean {
  return after === undefined || compareCursors(cursor, after, query) > 0
}

function compareCursors(a: Cursor, b: Cursor, { order }: EventQuery): number {
  return (order === 'ascending' ? 1 : -1) * (a.timeMs - b.timeMs || a.seq - b.seq)
}

/** Along the event points or the record points, the server leaving out what does not match. */
async function scan(selector: Selector, events: EventRows, { query, after, wanted, conditions }: Asked): Promise<Found> {
  const byEvent = query.orderBy === 'eventTime'
  const matches: Match[] = []
  let span = spanOf(query, after)
  let from = after
  let spare = conditions === undefined ? sameTimeUsual : judgedAtOnce
  let judged = 0
  while (span !== undefined && matches.length < wanted) {
    const rowsMax = wanted - matches.length + spare
    const rows: SelectedRow[] = await selector.rows({
      measurement: byEvent ? eventMeasurement : recordMeasurement,
      fields: byEvent ? eventFields({ json: true }) : ['event_ms', 'event_nanos', 'event_slot', 'id', 'version'],
      where: conditionsOf(query),
      tags: ['s'],
      order: query.order,
      rowsMax,
      span
    })
    const last = rows.at(-1)
    const isEnd = rows.length < rowsMax
    const read = byEvent ? await events.decode(selector, rows, { json: true }) : await recorded(selector, events, rows)
    const fresh = read
      .map((version, index) => ({ version, row: rows[index] }))
      .flatMap(({ version, row }) => (version === undefined || row === undefined ? [] : [{ version, cursor: cursorOf(positionOf(row)) }]))
      .filter(({ version, cursor }) => matchesFilter(version.fact, query) && isAfter(cursor, from, query))
      .sort((a, b) => compareCursors(a.cursor, b.cursor, query))
    // The rest of the last time may be missing; it comes again, whole, with the next rows.
    const safe = isEnd || last === undefined ? fresh : fresh.filter(({ cursor }) => !isCursorAt(cursor, last))
    matches.push(...safe.filter(({ version }) => conditions?.(version.fact, () => version.json) ?? true))
    from = safe.at(-1)?.cursor ?? from
    if (safe.length === 0) spare = Math.max(spare, sameTimeMax)
    span = isEnd || last === undefined ? undefined : spanFrom(span, last, query)
    judged += rows.length
    if (conditions !== undefined && judged >= judgedEventsMax && span !== undefined && from !== undefined) return { matches, end: from }
  }
  return { matches }
}

function cursorOf(position: Position): Cursor {
  return { timeMs: position.ms, seq: sequenceOf(position) }
}

function isCursorAt({ timeMs, seq }: Cursor, row: SelectedRow): boolean {
  const { ms, nanos } = positionOf(row)
  return timeMs === ms && Math.floor(seq / sameTimeMax) === nanos
}

/** The events that record points tell of, in their order; undefined where the event never came to be or is of another version. */
async function recorded(selector: Selector, events: EventRows, rows: readonly SelectedRow[]): Promise<(StoredVersion | undefined)[]> {
  const positions = rows.map(({ values: [ms, nanos, slot] }): Position => ({ ms: Number(ms), nanos: Number(nanos), slot: Number(slot) }))
  const versions = new Map(
    (await events.at(selector, positions, { json: true })).map((version) => [positionKey(version.position), version])
  )
  return rows.map((row, index) => {
    const position = positions[index]
    const version = position === undefined ? undefined : versions.get(positionKey(position))
    return version !== undefined && isRecordOf(row, version) ? version : undefined
  })
}

function isRecordOf({ timeMs, values }: SelectedRow, { fact }: StoredVersion): boolean {
  return pointTimeMs(fact.recordTimeMs) === timeMs && values[3] === indexText(fact.eventID) && values[4] === versionOf(fact)
}

const wordFields = [
  { member: 'eventTypes', field: 'type' },
  { member: 'actions', field: 'action' },
  { member: 'bizSteps', field: 'biz_step' },
  { member: 'dispositions', field: 'disposition' },
  { member: 'readPoints', field: 'read_point' },
  { member: 'bizLocations', field: 'biz_location' }
] as const

function conditionsOf(query: EventQuery): Condition[] {
  return wordFields.flatMap(({ member, field }) => {
    const words = query[member]
    return words === undefined ? [] : [{ field, anyOf: words.map(indexText) }]
  })
}

function spanOf(query: EventQuery, after: Cursor | undefined): TimeSpan | undefined {
  const byEvent = query.orderBy === 'eventTime'
  const fromMs = pointTimeMs((byEvent ? query.fromMs : query.recordFromMs) ?? -Infinity)
  // The end is exclusive, but points held to what InfluxDB has room for lie on it.
  const toMs = pointTimeMs((byEvent ? query.toMs : query.recordToMs) ?? Infinity)
  const span = { fromNanos: nanosTextOf(fromMs, 0), toNanos: nanosTextOf(toMs, 999_999) }
  if (after === undefined) return isEmpty(span) ? undefined : span
  const nanos = Math.floor(after.seq / sameTimeMax)
  const at = { timeMs: pointTimeMs(after.timeMs), nanos: Math.min(nanos, 999_999), tags: {}, values: [] }
  return spanFrom(span, at, query)
}

function spanFrom(span: TimeSpan, { timeMs, nanos }: SelectedRow, { order }: EventQuery): TimeSpan | undefined {
  const at = nanosTextOf(timeMs, nanos)
  const narrowed = order === 'ascending' ? { ...span, fromNanos: at } : { ...span, toNanos: at }
  return isEmpty(narrowed) ? undefined : narrowed
}

function isEmpty({ fromNanos, toNanos }: TimeSpan): boolean {
  return BigInt(fromNanos) > BigInt(toNanos)
}
