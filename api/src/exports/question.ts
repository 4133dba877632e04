/** What a caller asks of an export, as keys, times and EPCIS queries. What it gives reads a store only when it is iterated. */
import { keyKind, keyParts, lotKey, placeKey } from '@tracegate/model/gs1/key'
import { readQuery } from '@tracegate/model/epcis/query/query'
import type { EventQuery } from '@tracegate/store/trace-store'
import type { ApiContext } from '../context.ts'
import { refusedQuery } from '../epcis/event-query.ts'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import { queried, selectEvents, type EventQuestion, type SelectedEvent } from './event-selection.ts'

export interface ExportQuery {
  readonly of?: string
  readonly lot?: string
  readonly place?: string
  readonly from?: string
  readonly to?: string
  readonly knownAt?: string
}

/** Throws `EXPORT_QUESTION` for one that asks for everything, or for both a thing and a place. */
export function questionOf(query: ExportQuery): EventQuestion {
  const { of, lot, place, from, to, knownAt } = query
  if (of !== undefined && place !== undefined)
    throw apiError('EXPORT_QUESTION', { detail: 'both of and place are given, expected one of them' })
  if (of === undefined && place === undefined && (from === undefined || to === undefined))
    throw apiError('EXPORT_QUESTION', { detail: 'neither of nor place is given, expected one of them or both from and to' })
  const key = of === undefined ? undefined : keyOfText(of)
  const fromMs = from === undefined ? undefined : Date.parse(from)
  const toMs = to === undefined ? undefined : Date.parse(to)
  if (fromMs !== undefined && toMs !== undefined && !(fromMs <= toMs))
    throw apiError('RANGE_INVALID', { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })
  return {
    ...(key === undefined ? {} : { of: lot === undefined ? key : lotOf(key, lot) }),
    ...(place === undefined ? {} : { place: placeOfText(place) }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) })
  }
}

/** Thirteen digits are a GLN where a place is asked for, not a GTIN. */
export function placeOfText(text: string): string {
  return /^\d{13}$/.test(text) ? placeKey(text) : keyOfText(text)
}

function lotOf(product: string, lot: string): string {
  const parts = keyParts(product)
  if (keyKind(product) === 'product' && parts?.primary === '01') return lotKey(parts.value, lot)
  throw apiError('EXPORT_QUESTION', { detail: `lot is "${lot}" and of is no GTIN, expected the product that the lot is of` })
}

const ownNames: ReadonlySet<string> = new Set(['of', 'lot', 'place', 'from', 'to', 'knownAt', 'format'])

/** The events of a question, or of an EPCIS query with a period. Throws what is wrong with either before anything is read. */
export async function eventPagesOf(
  context: Pick<ApiContext, 'trace' | 'masterData'>,
  parameters: Readonly<Record<string, string>>
): Promise<AsyncIterable<readonly SelectedEvent[]>> {
  const rest = Object.fromEntries(Object.entries(parameters).filter(([name]) => !ownNames.has(name)))
  if (Object.keys(rest).length === 0) return selectEvents(context, questionOf(parameters)).pages
  const { of, place, from, to } = parameters
  const beside = of ?? place
  if (beside !== undefined)
    throw apiError('EXPORT_QUESTION', { detail: 'of or place is given beside an EPCIS query, expected one of them' })
  const read = readQuery(rest, { form: 'url', masterData: await context.masterData.lookup() })
  if (!read.ok) throw refusedQuery(read.findings)
  const { query } = read
  if (query.perPage !== undefined || query.nextPageToken !== undefined || query.maxEventCount !== undefined)
    throw apiError('EXPORT_QUESTION', { detail: 'perPage, nextPageToken or maxEventCount is given, but a file has no pages' })
  if (query.orderBy !== 'eventTime' && query.orderBy !== 'recordTime')
    throw apiError('EXPORT_QUESTION', { detail: `orderBy is an extension field, expected eventTime or recordTime` })
  const period =
    from === undefined && to === undefined ? {} : questionOf({ from: from ?? '0000-01-01T00:00:00Z', to: to ?? '9999-12-31T23:59:59Z' })
  const { fromMs = -Infinity, toMs = Infinity } = period
  const filter: Partial<EventQuery> = {
    ...query.filter,
    // A file reads as things happened, unless another order is asked for.
    order: rest['orderBy'] === undefined && rest['orderDirection'] === undefined ? 'ascending' : query.order,
    orderBy: query.orderBy,
    fromMs: Math.max(query.filter.fromMs ?? -Infinity, fromMs),
    toMs: Math.min(query.filter.toMs ?? Infinity, toMs + 1)
  }
  return query.nothing ? nothing() : firstOf(queried(context.trace, finite(filter)), query.eventCountLimit ?? Infinity)
}

/** Bounds that bound nothing are left out. */
function finite({ fromMs = -Infinity, toMs = Infinity, ...rest }: Partial<EventQuery>): Partial<EventQuery> {
  return { ...rest, ...(Number.isFinite(fromMs) ? { fromMs } : {}), ...(Number.isFinite(toMs) ? { toMs } : {}) }
}

async function* nothing(): AsyncGenerator<readonly SelectedEvent[]> {}

async function* firstOf(pages: AsyncIterable<readonly SelectedEvent[]>, count: number): AsyncGenerator<readonly SelectedEvent[]> {
  let room = count
  for await (const page of pages) {
    if (room <= 0) return
    yield page.slice(0, room)
    room -= page.length
  }
}
