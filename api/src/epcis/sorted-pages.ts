/**
 * Events in the order of an extension field (EPCIS 2.0 §8.2.7.1, orderBy with a qualified name). No index serves that order, so everything
 * that matches is looked at and only the page kept; past a bound of events or of time the query is too complex. A page ends at a value,
 * not at a number of events, so it stays whole while others come in.
 */
import type { ExtensionName } from '@tracegate/model/epcis/query/condition'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import { comparePlaces, placeOf, readPlace, writePlace, type OrderPlace } from '@tracegate/model/epcis/query/order'
import type { TraceStore } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'

/** Most events that are looked at for one page, and for how long. */
const sortedEventsMax = 100_000
const sortedMs = 10_000
const readSize = 1_000
/** Candidates kept before the worst of them are thrown away, as a multiple of the page. */
const keptPages = 4

interface Asked extends EventFilter {
  readonly order: 'ascending' | 'descending'
  readonly limit: number
  readonly cursor?: string
}

interface Placed {
  readonly json: string
  readonly place: OrderPlace
}

export async function sortedPage(trace: TraceStore, asked: Asked, by: ExtensionName): Promise<{ json: readonly string[]; next?: string }> {
  const { order, limit, cursor: at, ...filter } = asked
  const after = at === undefined ? undefined : readPlace(at)
  if (at !== undefined && after === undefined) throw apiError('CURSOR_INVALID')
  const compare = (a: Placed, b: Placed): number => comparePlaces(a.place, b.place, order)
  const untilMs = performance.now() + sortedMs
  let kept: Placed[] = []
  let looked = 0
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await trace.events({ ...filter, order: 'ascending', orderBy: 'eventTime', limit: readSize, ...from })
    looked += page.json.length
    if (looked > sortedEventsMax || performance.now() > untilMs)
      throw apiError('EPCIS_QUERY_TOO_BROAD', { what: 'sorted', max: Math.min(looked, sortedEventsMax) })
    for (const json of page.json) {
      const place = placeOf(json, by)
      if (after === undefined || comparePlaces(place, after, order) > 0) kept.push({ json, place })
    }
    if (kept.length > keptPages * (limit + 1)) kept = kept.sort(compare).slice(0, limit + 1)
    cursor = page.next
  } while (cursor !== undefined)
  const page = kept.sort(compare).slice(0, limit)
  const last = page.at(-1)
  const json = page.map((one) => one.json)
  return kept.length > limit && last !== undefined ? { json, next: writePlace(last.place) } : { json }
}
