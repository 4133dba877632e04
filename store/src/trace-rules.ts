/** What every trace adapter decides alike: duplicates, page cursors and which events match a query. */
import type { TraceEvent } from '@tracegate/model/trace-event'
import { storeError } from './errors.ts'
import type { EventQuery } from './trace-store.ts'

export const ledgerLimitDefault = 1_000
export const eventsLimitMax = 10_000

/** A stored version of an event, as far as duplicates go: when it declared the event wrong, if it did. */
export interface StoredVersion {
  readonly declarationTimeMs: number | undefined
}

/**
 * An event is a duplicate of an earlier one with its id, a declaration of one with its declaration time. An event that comes
 * after its own declaration is kept: the history wants both, and the trace leaves both out.
 */
export function isDuplicate(event: TraceEvent, versions: readonly StoredVersion[]): boolean {
  const declarationTimeMs = event.errorDeclaration?.declarationTimeMs
  return versions.some((version) => version.declarationTimeMs === declarationTimeMs)
}

/** Where a page ended: the time it is ordered by, and the sequence number of the event. */
export interface Cursor {
  readonly timeMs: number
  readonly seq: number
}

export function encodeCursor(cursor: Cursor): string {
  return `${cursor.timeMs.toString(36)}.${cursor.seq.toString(36)}`
}

/** Throws `STORE_QUERY` when the text is no cursor. */
export function readCursor(text: string): Cursor {
  const [time = '', seq = '', ...rest] = text.split('.')
  if (rest.length > 0 || !/^-?[0-9a-z]{1,11}$/.test(time) || !/^[0-9a-z]{1,11}$/.test(seq)) {
    throw storeError('STORE_QUERY', { member: 'cursor', current: `"${text.slice(0, 64)}"`, wanted: 'the cursor of an earlier page' })
  }
  return { timeMs: Number.parseInt(time, 36), seq: Number.parseInt(seq, 36) }
}

type MatchedFact = Omit<TraceEvent, 'json'>

/** Everything of the query but order, limit and cursor. */
export function matchesQuery(event: MatchedFact, query: EventQuery): boolean {
  return (
    inRange(event.eventTimeMs, query.fromMs, query.toMs) &&
    inRange(event.recordTimeMs, query.recordFromMs, query.recordToMs) &&
    isOneOf(event.type, query.eventTypes) &&
    isOneOf(event.action, query.actions) &&
    isOneOf(event.bizStep, query.bizSteps) &&
    isOneOf(event.disposition, query.dispositions) &&
    isOneOf(event.readPoint, query.readPoints) &&
    isOneOf(event.bizLocation, query.bizLocations) &&
    isOneOf(event.eventID, query.eventIDs) &&
    keyMatchers.every(({ member, roles }) => namesOneOf(event, query[member], roles))
  )
}

/** The members of a query that name keys, and in which roles these must stand; no roles means any. */
export const keyMatchers = [
  { member: 'anyKeys', roles: [] },
  { member: 'objectKeys', roles: ['object', 'child'] },
  { member: 'parentKeys', roles: ['parent'] },
  { member: 'inputKeys', roles: ['input'] },
  { member: 'outputKeys', roles: ['output'] }
] as const

function inRange(timeMs: number, fromMs: number | undefined, toMs: number | undefined): boolean {
  return (fromMs === undefined || timeMs >= fromMs) && (toMs === undefined || timeMs < toMs)
}

function isOneOf(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value))
}

function namesOneOf(event: MatchedFact, wanted: readonly string[] | undefined, roles: readonly string[]): boolean {
  if (wanted === undefined) return true
  return event.subjects.some((subject) => (roles.length === 0 || roles.includes(subject.role)) && wanted.includes(subject.key))
}
