/**
 * Tells which queries new events concern, so that a stream need not look into the store for nothing. It may say yes too often, never no
 * too often: conditions beyond the filter are left to the store.
 */
import { matchesFilter, type EventFilter } from '@tracegate/model/epcis/query/filter'
import type { TraceEvent } from '@tracegate/model/trace-event'

/** Of a larger batch something concerns everybody; judging each event for each query would hold up whoever tells of it. */
const judgedEventsMax = 64

export interface WakeFilter {
  /** What a query asked for when it was last read; one that was never read is concerned by everything. */
  note(queryName: string, filter: EventFilter): void
  forget(queryName: string): void
  /** Judges each query once. */
  judge(events: readonly TraceEvent[]): (queryName: string) => boolean
}

export function createWakeFilter(): WakeFilter {
  const filters = new Map<string, EventFilter>()
  return {
    note: (queryName, filter) => void filters.set(queryName, filter),
    forget: (queryName) => void filters.delete(queryName),
    judge(events) {
      const judged = new Map<string, boolean>()
      return (queryName) => {
        const known = judged.get(queryName)
        if (known !== undefined) return known
        const filter = filters.get(queryName)
        const concerns = filter === undefined || events.length > judgedEventsMax || events.some((event) => matchesFilter(event, filter))
        judged.set(queryName, concerns)
        return concerns
      }
    }
  }
}
