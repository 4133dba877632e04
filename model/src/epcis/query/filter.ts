/** The part of a query that an index can serve, and how it is judged of one event. What needs more is a condition. */
import type { SubjectRole, TraceFact } from '../../trace-event.ts'
import type { EventCondition } from './condition.ts'

/** Values within one member are alternatives, members all hold. Keys and locations canonical, CBV terms bare. */
export interface EventFilter {
  readonly eventTypes?: readonly string[]
  readonly fromMs?: number
  /** Exclusive, as LT_eventTime. */
  readonly toMs?: number
  readonly recordFromMs?: number
  readonly recordToMs?: number
  readonly actions?: readonly string[]
  readonly bizSteps?: readonly string[]
  readonly dispositions?: readonly string[]
  readonly readPoints?: readonly string[]
  readonly bizLocations?: readonly string[]
  readonly eventIDs?: readonly string[]
  /** MATCH_anyEPC. */
  readonly anyKeys?: readonly string[]
  /** MATCH_epc: object and child. */
  readonly objectKeys?: readonly string[]
  /** MATCH_parentID. */
  readonly parentKeys?: readonly string[]
  readonly inputKeys?: readonly string[]
  readonly outputKeys?: readonly string[]
  /** All of them hold too; judged by `matcher.ts`. */
  readonly conditions?: readonly EventCondition[]
}

/** The members of a filter that name keys, and in which roles these must stand; no roles means any. */
export const keyMatchers = [
  { member: 'anyKeys', roles: [] },
  { member: 'objectKeys', roles: ['object', 'child'] },
  { member: 'parentKeys', roles: ['parent'] },
  { member: 'inputKeys', roles: ['input'] },
  { member: 'outputKeys', roles: ['output'] }
] as const satisfies readonly { readonly member: keyof EventFilter; readonly roles: readonly SubjectRole[] }[]

/** Everything of the filter but its conditions. */
export function matchesFilter(event: TraceFact, filter: EventFilter): boolean {
  return (
    inRange(event.eventTimeMs, filter.fromMs, filter.toMs) &&
    inRange(event.recordTimeMs, filter.recordFromMs, filter.recordToMs) &&
    isOneOf(event.type, filter.eventTypes) &&
    isOneOf(event.action, filter.actions) &&
    isOneOf(event.bizStep, filter.bizSteps) &&
    isOneOf(event.disposition, filter.dispositions) &&
    isOneOf(event.readPoint, filter.readPoints) &&
    isOneOf(event.bizLocation, filter.bizLocations) &&
    isOneOf(event.eventID, filter.eventIDs) &&
    keyMatchers.every(({ member, roles }) => namesOneOf(event, filter[member], roles))
  )
}

function inRange(timeMs: number, fromMs: number | undefined, toMs: number | undefined): boolean {
  return (fromMs === undefined || timeMs >= fromMs) && (toMs === undefined || timeMs < toMs)
}

function isOneOf(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value))
}

function namesOneOf(event: TraceFact, wanted: readonly string[] | undefined, roles: readonly SubjectRole[]): boolean {
  if (wanted === undefined) return true
  return event.subjects.some((subject) => (roles.length === 0 || roles.includes(subject.role)) && wanted.includes(subject.key))
}
