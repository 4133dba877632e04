/** What every trace adapter decides alike: duplicates, page cursors and which events match a query. */
import type { Knowledge, TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import { storeError } from './errors.ts'

export const ledgerLimitDefault = 1_000
export const eventsLimitMax = 10_000
/** Events that one call judges by conditions; a page that needs more ends there and says where to go on. */
export const judgedEventsMax = 10_000

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

/**
 * The event as far as it counts under what was known: undefined when it does not, marked when it was declared wrong. `declaredMs` is when
 * the first declaration of its error was recorded.
 */
export function asKnown<Fact extends TraceFact>(fact: Fact, declaredMs: number | undefined, knowledge: Knowledge): Fact | undefined {
  const { knownAtMs = Infinity, withDeclared = false } = knowledge
  if (fact.recordTimeMs > knownAtMs) return undefined
  if (declaredMs === undefined || declaredMs > knownAtMs) return fact
  return withDeclared ? { ...fact, declaredWrong: true } : undefined
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
