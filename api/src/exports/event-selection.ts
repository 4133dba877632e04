/**
 * Which events an export speaks of: those of a thing and its chain, of a product, of a place, or of a period. Events come in pages in the
 * order of their time, read when asked for; declarations of error are told apart, nothing is judged.
 */
import { checkEvent } from '@tracegate/model/epcis/event'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { FsmaEvent } from '@tracegate/model/fsma'
import { keyKind } from '@tracegate/model/gs1/key'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { memberKey } from '@tracegate/model/trace-graph/references'
import type { EventQuery, TraceStore } from '@tracegate/store/trace-store'
import type { ApiContext } from '../context.ts'

export type SelectionSources = Pick<ApiContext, 'trace' | 'masterData'>

export interface SelectedEvent extends FsmaEvent {
  /** As captured, with its eventID and recordTime. */
  readonly json: string
}

export interface EventQuestion {
  readonly of?: string
  readonly place?: string
  readonly fromMs?: number
  readonly toMs?: number
  /** Events recorded later do not count. */
  readonly knownAtMs?: number
}

export interface Selection {
  /** Pages in the order of event time. */
  readonly pages: AsyncIterable<readonly SelectedEvent[]>
  /** What limited the selection so far; empty when it is whole. */
  readonly cuts: string[]
}

/** Events of one thing with its chain; also the most that a ledger is read for. */
const chainEventsMax = 20_000
const pageEvents = 500
const nodesMax = 10_000

export function selectEvents(context: SelectionSources, question: EventQuestion): Selection {
  const cuts: string[] = []
  const pages = pagesOf(context, question, cuts)
  return { pages: within(pages, question), cuts }
}

async function* within(
  pages: AsyncIterable<readonly SelectedEvent[]>,
  { fromMs = -Infinity, toMs = Infinity, knownAtMs = Infinity }: EventQuestion
) {
  for await (const page of pages) {
    const kept = page.filter(({ fact }) => fact.eventTimeMs >= fromMs && fact.eventTimeMs <= toMs && fact.recordTimeMs <= knownAtMs)
    if (kept.length > 0) yield kept
  }
}

function pagesOf(context: SelectionSources, question: EventQuestion, cuts: string[]): AsyncIterable<readonly SelectedEvent[]> {
  const { of, place } = question
  if (of !== undefined && keyKind(of) === 'product') return eventsOfProduct(context.trace, { ...question, of }, cuts)
  if (of !== undefined) return eventsOfChain(context.trace, { ...question, of }, cuts)
  if (place !== undefined) return eventsAtPlace(context, place, question)
  return queried(context.trace, periodOf(question))
}

function periodOf({ fromMs, toMs, knownAtMs }: EventQuestion): Partial<EventQuery> {
  return {
    ...(fromMs === undefined ? {} : { fromMs }),
    // LT_eventTime leaves its value out; the period of an export includes its end.
    ...(toMs === undefined ? {} : { toMs: toMs + 1 }),
    ...(knownAtMs === undefined ? {} : { recordToMs: knownAtMs + 1 })
  }
}

/** The events that the chain of a thing stands on, backwards and forwards, with their declarations. */
async function* eventsOfChain(trace: TraceStore, question: EventQuestion & { readonly of: string }, cuts: string[]) {
  const { of } = question
  const [back, forward, own] = await Promise.all([
    trace.ask('back', { of, nodesMax }),
    trace.ask('forward', { of, nodesMax }),
    trace.ledger({ key: of, limit: chainEventsMax })
  ])
  if (back.truncated || forward.truncated) cuts.push(`the trace of ${of} was cut at ${nodesMax} things`)
  const ids = [...new Set([...back.events, ...forward.events, ...own.map(({ eventID }) => eventID)])]
  if (ids.length > chainEventsMax) cuts.push(`${ids.length} events are in the chain, ${chainEventsMax} were taken`)
  yield* eventsById(trace, ids.slice(0, chainEventsMax))
}

/** Every version of the events, declarations included, in pages by time. */
export async function* eventsById(trace: TraceStore, ids: readonly string[]): AsyncGenerator<readonly SelectedEvent[]> {
  const found: SelectedEvent[] = []
  for (let start = 0; start < ids.length; start += pageEvents)
    for await (const page of queried(trace, { eventIDs: ids.slice(start, start + pageEvents) })) found.push(...page)
  found.sort(byTime)
  for (let start = 0; start < found.length; start += pageEvents) yield found.slice(start, start + pageEvents)
}

function byTime(left: SelectedEvent, right: SelectedEvent): number {
  const [a, b] = [left.fact, right.fact]
  return a.eventTimeMs - b.eventTimeMs || (a.eventID < b.eventID ? -1 : a.eventID > b.eventID ? 1 : a.recordTimeMs - b.recordTimeMs)
}

async function* eventsOfProduct(trace: TraceStore, question: EventQuestion & { readonly of: string }, cuts: string[]) {
  const { of, fromMs, toMs } = question
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }), limit: chainEventsMax }
  const ledgers = await Promise.all([trace.ledger({ key: of, ...range }), trace.ledger({ key: memberKey(of), ...range })])
  if (ledgers.some((list) => list.length >= chainEventsMax))
    cuts.push(`the product has more than ${chainEventsMax} events; narrow from and to`)
  const events = [...new Map(ledgers.flat().map((event) => [event.eventID, toSelected(event)])).values()].toSorted(byTime)
  for (let start = 0; start < events.length; start += pageEvents) yield events.slice(start, start + pageEvents)
}

/** Read there or left there, the places below it included. */
async function* eventsAtPlace(context: SelectionSources, place: string, question: EventQuestion) {
  const places = await placesFrom(context, place)
  const inside = new Set(places)
  const left = queried(context.trace, { ...periodOf(question), bizLocations: places })
  const read = queried(context.trace, { ...periodOf(question), readPoints: places })
  const others = (async function* () {
    for await (const page of read) yield page.filter(({ fact }) => fact.bizLocation === undefined || !inside.has(fact.bizLocation))
  })()
  yield* merged(left, others)
}

/** The place and every place below it. */
export async function placesFrom({ masterData }: Pick<ApiContext, 'masterData'>, place: string): Promise<readonly string[]> {
  return (await masterData.lookup()).descendants(place)
}

/** Two streams in order of time as one. */
async function* merged(...streams: readonly AsyncGenerator<readonly SelectedEvent[]>[]): AsyncGenerator<readonly SelectedEvent[]> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, page: await nextPage(stream) })))
  for (;;) {
    const open = heads.filter(({ page }) => page.length > 0)
    if (open.length === 0) return
    // What is not later than every last event read so far cannot be preceded by one that is still to come.
    const untilMs = Math.min(...open.map(({ page }) => page.at(-1)?.fact.eventTimeMs ?? -Infinity))
    const ready = open.flatMap(({ page }) => page.filter(({ fact }) => fact.eventTimeMs <= untilMs)).toSorted(byTime)
    for (const head of open) head.page = head.page.filter(({ fact }) => fact.eventTimeMs > untilMs)
    yield ready
    await Promise.all(open.map(async (head) => (head.page.length > 0 ? undefined : (head.page = await nextPage(head.stream)))))
  }
}

async function nextPage(stream: AsyncGenerator<readonly SelectedEvent[]>): Promise<readonly SelectedEvent[]> {
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return []
    if (next.value.length > 0) return next.value
  }
}

/** Every event of a query, page after page. */
export async function* queried(trace: Pick<TraceStore, 'events'>, query: Partial<EventQuery>): AsyncGenerator<readonly SelectedEvent[]> {
  let cursor: string | undefined
  do {
    const page = await trace.events({
      order: 'ascending',
      orderBy: 'eventTime',
      ...query,
      limit: pageEvents,
      ...(cursor === undefined ? {} : { cursor })
    })
    yield page.json.flatMap((json) => selectedOf(json) ?? [])
    cursor = page.next
  } while (cursor !== undefined)
}

/** Stored text as an event; undefined for what is none, which a sound store does not hold. */
function selectedOf(json: string): SelectedEvent | undefined {
  const source = objectOf(json)
  const checked = checkEvent(source)
  if (source === undefined || !checked.ok) return undefined
  const recordTimeMs = Date.parse(checked.event.recordTime ?? '')
  const { json: _json, ...fact } = toTraceEvent(checked.event, { recordTimeMs: Number.isNaN(recordTimeMs) ? 0 : recordTimeMs })
  return { fact, source, json }
}

function toSelected(event: TraceEvent): SelectedEvent {
  const { json, ...fact } = event
  return { fact, source: objectOf(json) ?? {}, json }
}

function objectOf(json: string): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined
}
