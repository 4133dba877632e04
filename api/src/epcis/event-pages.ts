/** Pages of the events that a query asks for: keyset pages by tokens, the limits of EPCIS 2.0 §8.2.7.1, and what a query may cost. */
import { hash } from 'node:crypto'
import type { EpcisQuery } from '@tracegate/model/epcis/query/query'
import type { EventQuery, TraceStore } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import type { PageTokens, WrittenToken } from './page-tokens.ts'
import { sortedPage } from './sorted-pages.ts'

export const perPageDefault = 30
export const perPageMax = 1_000
/** Events asked for at once to see whether maxEventCount is passed, and most that are counted for it. */
const countPageSize = 10_000
const countedMax = 100_000
/** Counting what few of many events match ends after this. */
const countMs = 10_000
/** A page that few events match is given with what was found so far after this; its token goes on. */
const fillMs = 1_000

export interface EventsPage {
  readonly json: readonly string[]
  readonly next?: WrittenToken
}

export interface PageSource {
  readonly trace: TraceStore
  readonly tokens: PageTokens
}

/** `place` names where the query was asked, so that a token works there only. Throws `CURSOR_INVALID`, `EPCIS_QUERY_TOO_LARGE` … */
export async function readEventsPage({ trace, tokens }: PageSource, query: EpcisQuery, place: string): Promise<EventsPage> {
  if (query.nothing) return { json: [] }
  // Only where there is a page before or behind.
  const digest = () => digestOf(`${place}\n${query.text}`)
  const from = query.nextPageToken === undefined ? undefined : tokens.read(query.nextPageToken, digest())
  const { eventCountLimit = Infinity, maxEventCount } = query
  if (maxEventCount !== undefined && from === undefined) await refuseTooMany(trace, query, maxEventCount)
  const given = from?.given ?? 0
  const limit = Math.min(query.perPage ?? perPageDefault, perPageMax, eventCountLimit - given)
  if (limit <= 0) return { json: [] }
  const asked = { ...query.filter, order: query.order, limit, ...(from === undefined ? {} : { cursor: from.cursor }) }
  const { orderBy } = query
  const page = typeof orderBy === 'string' ? await fill(trace, { ...asked, orderBy }) : await sortedPage(trace, asked, orderBy)
  const all = given + page.json.length
  if (page.next === undefined || all >= eventCountLimit) return { json: page.json }
  return { json: page.json, next: tokens.write(digest(), { cursor: page.next, given: all }) }
}

/** A store may give fewer events than asked for when it had to look at many. */
async function fill(trace: TraceStore, asked: EventQuery): Promise<{ json: readonly string[]; next?: string }> {
  const first = await trace.events(asked)
  if (first.json.length >= asked.limit || first.next === undefined) return first
  const untilMs = performance.now() + fillMs
  const json = [...first.json]
  let next: string | undefined = first.next
  while (next !== undefined && json.length < asked.limit && performance.now() < untilMs) {
    const page = await trace.events({ ...asked, limit: asked.limit - json.length, cursor: next })
    json.push(...page.json)
    next = page.next
  }
  return { json, ...(next === undefined ? {} : { next }) }
}

async function refuseTooMany(trace: TraceStore, query: EpcisQuery, max: number): Promise<void> {
  const untilMs = performance.now() + countMs
  let count = 0
  let cursor: string | undefined
  do {
    const limit = Math.min(countPageSize, max + 1 - count)
    const at = cursor === undefined ? {} : { cursor }
    const page = await trace.events({ ...query.filter, order: 'descending', orderBy: 'recordTime', limit, ...at })
    count += page.json.length
    cursor = page.next
    if (count > max) throw apiError('EPCIS_QUERY_TOO_LARGE', { max })
    if ((count >= countedMax || performance.now() > untilMs) && cursor !== undefined)
      throw apiError('EPCIS_QUERY_TOO_BROAD', { what: 'counted', max: countedMax })
  } while (cursor !== undefined)
}

export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 16)
}
