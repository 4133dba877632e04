/**
 * Events in the order of an extension field (EPCIS 2.0 §8.2.7.1, orderBy with a fully qualified name). No index serves that order, so
 * what matches is read and sorted here, up to a bound; past it the query is too complex. Events without the field come last.
 */
import { declaredPrefixes } from '@tracegate/model/epcis/context'
import type { ExtensionName } from '@tracegate/model/epcis/query/condition'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { TraceStore } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import { memberOf } from './capture-document.ts'

/** Most events that are sorted for one page. */
export const sortedEventsMax = 10_000
const readSize = 1_000

interface Asked extends EventFilter {
  readonly order: 'ascending' | 'descending'
  readonly limit: number
  readonly cursor?: string
}

interface Ranked {
  readonly json: string
  readonly value: number | string | undefined
  readonly eventID: string
}

/** A cursor is the number of events before the page; inserts between two pages may shift it, as the value has no place of its own. */
export async function sortedPage(trace: TraceStore, asked: Asked, by: ExtensionName): Promise<{ json: readonly string[]; next?: string }> {
  const { order, limit, cursor: at, ...filter } = asked
  const ranked: Ranked[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await trace.events({ ...filter, order: 'ascending', orderBy: 'eventTime', limit: readSize, ...from })
    for (const json of page.json) ranked.push(rank(json, by))
    if (ranked.length > sortedEventsMax) throw apiError('EPCIS_QUERY_TOO_BROAD', { what: 'sorted', max: sortedEventsMax })
    cursor = page.next
  } while (cursor !== undefined)
  const direction = order === 'ascending' ? 1 : -1
  ranked.sort((a, b) => compareRanks(a, b, direction))
  const start = at === undefined ? 0 : startOf(at)
  const json = ranked.slice(start, start + limit).map((one) => one.json)
  return { json, ...(start + limit < ranked.length ? { next: String(start + limit) } : {}) }
}

function startOf(cursor: string): number {
  if (!/^\d{1,6}$/.test(cursor)) throw apiError('CURSOR_INVALID')
  return Number(cursor)
}

function rank(json: string, by: ExtensionName): Ranked {
  const event: unknown = JSON.parse(json)
  const eventID = memberOf(event, 'eventID')
  return { json, value: valueOf(event, by), eventID: typeof eventID === 'string' ? eventID : '' }
}

/** The prefix may be another in the event than in the query; the namespace decides where the query gave one. */
function valueOf(event: unknown, by: ExtensionName): number | string | undefined {
  if (typeof event !== 'object' || event === null) return undefined
  const prefixes = declaredPrefixes(memberOf(event, '@context'))
  for (const [name, value] of Object.entries(event)) {
    const [prefix, local] = name.split(':', 2)
    if (prefix === undefined || local !== by.local) continue
    const matches =
      by.namespace === undefined ? prefix === by.prefix : (prefixes.get(prefix) ?? prefix) === by.namespace || prefix === by.prefix
    if (matches) return sortable(value)
  }
  return undefined
}

function sortable(value: unknown): number | string | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : value
}

/** Numbers before texts, both before nothing; equal values by eventID, so that pages follow each other. */
function compareRanks(a: Ranked, b: Ranked, direction: 1 | -1): number {
  const [left, right] = [classOf(a.value), classOf(b.value)]
  if (left !== right) return left === 2 || right === 2 ? left - right : (left - right) * direction
  if (a.value !== undefined && b.value !== undefined && a.value !== b.value) return (a.value < b.value ? -1 : 1) * direction
  return a.eventID < b.eventID ? -1 : a.eventID > b.eventID ? 1 : 0
}

function classOf(value: number | string | undefined): 0 | 1 | 2 {
  if (value === undefined) return 2
  return typeof value === 'number' ? 0 : 1
}
