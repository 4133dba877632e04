/** The pallets of the trace benches: their events of 1 to 20 EPCs and about 900 bytes, in batches. */
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'

export const startMs = Date.UTC(2026, 0, 1)
export const itemsPerCase = 12
export const casesPerPallet = 19
/** Items of a pallet that are sold one by one. */
const itemsSold = 16
export const eventsPerPallet = 2 * casesPerPallet + 6 + itemsSold
export const eventsPerBatch = 1_000
/** Nodes of the trace of a pallet. */
export const nodesPerPallet = 1 + casesPerPallet + casesPerPallet * itemsPerCase

export const key = {
  item: (pallet: number, at: number): string => `https://id.gs1.org/01/09506000134352/21/${scramble(pallet * 1_000 + at)}`,
  unit: (pallet: number, at: number): string => `https://id.gs1.org/00/${String(scramble(pallet * 1_000 + 900 + at)).padStart(18, '0')}`,
  place: (number: number): string => `https://id.gs1.org/414/${String(9_506_000_000_000 + number)}`
}

/** Serial numbers that do not come in order, as from many makers. */
function scramble(number: number): number {
  return (number * 2_654_435_761) % 4_294_967_291
}

/** A pallet's life: items made and packed by the case, cases packed on the pallet, shipped, received, stored, some items sold. */
export function makePallet(pallet: number): TraceEvent[] {
  const atMs = startMs + pallet * 60_000
  const from = key.place(pallet % 50)
  const store = key.place(100 + (pallet % 20))
  const top = key.unit(pallet, 0)
  const cases = Array.from({ length: casesPerPallet }, (_, index) => key.unit(pallet, 1 + index))
  const purchase = `urn:epcglobal:cbv:bt:9506000000000:PO${scramble(pallet)}`
  let made = 0
  const step = (minute: number, bizStep: string, at: string | undefined, ...subjects: TraceSubject[]): TraceEvent => {
    made += 1
    const number = pallet * eventsPerPallet + made
    return eventOf({ number, timeMs: atMs + minute * 60_000 + (number % 977), bizStep, at, purchase, subjects })
  }
  const events: TraceEvent[] = []
  for (const [index, unit] of cases.entries()) {
    const items = Array.from({ length: itemsPerCase }, (_, at) => key.item(pallet, index * itemsPerCase + at))
    events.push(step(index, 'commissioning', from, ...items.map((item) => subject(item, 'object'))))
    events.push(step(30 + index, 'packing', from, subject(unit, 'parent'), ...items.map((item) => subject(item, 'child'))))
  }
  events.push(step(60, 'packing', from, subject(top, 'parent'), ...cases.map((unit) => subject(unit, 'child'))))
  events.push(step(70, 'shipping', undefined, subject(top, 'object')))
  events.push(step(600, 'receiving', store, subject(top, 'object')))
  events.push(step(610, 'storing', store, subject(top, 'object')))
  events.push(step(2_000, 'departing', undefined, subject(top, 'object')))
  events.push(step(2_500, 'arriving', store, subject(top, 'object')))
  for (let at = 0; at < itemsSold; at += 1) {
    events.push(step(3_000 + at * 60, 'retail_selling', store, subject(key.item(pallet, at * casesPerPallet), 'object')))
  }
  return events
}

function subject(of: string, role: TraceSubject['role']): TraceSubject {
  return { key: of, kind: of.includes('/00/') ? 'logistic' : 'item', role }
}

function eventOf(made: {
  readonly number: number
  readonly timeMs: number
  readonly bizStep: string
  readonly at: string | undefined
  readonly purchase: string
  readonly subjects: readonly TraceSubject[]
}): TraceEvent {
  const { number, timeMs, bizStep, at, purchase, subjects } = made
  const parent = subjects.find(({ role }) => role === 'parent')?.key
  const epcs = subjects.filter(({ role }) => role !== 'parent').map(({ key }) => key)
  const type = parent === undefined ? 'ObjectEvent' : 'AggregationEvent'
  const action = parent !== undefined || bizStep === 'commissioning' ? 'ADD' : 'OBSERVE'
  const eventID = `ni:///sha-256;${hexOf(number)}?ver=CBV2.0`
  const recordTimeMs = timeMs + 500
  return {
    eventID,
    type,
    action,
    eventTimeMs: timeMs,
    recordTimeMs,
    timeZoneOffset: '+08:00',
    bizStep,
    disposition: 'active',
    ...(at === undefined ? {} : { readPoint: at, bizLocation: at }),
    subjects,
    sources: [],
    destinations: [],
    bizTransactions: [{ type: 'po', id: purchase }],
    json: JSON.stringify({
      type,
      eventTime: new Date(timeMs).toISOString(),
      eventTimeZoneOffset: '+08:00',
      ...(parent === undefined ? { epcList: epcs } : { parentID: parent, childEPCs: epcs }),
      action,
      bizStep,
      disposition: 'active',
      ...(at === undefined ? {} : { readPoint: { id: at }, bizLocation: { id: at } }),
      bizTransactionList: [{ type: 'po', bizTransaction: purchase }],
      eventID,
      recordTime: new Date(recordTimeMs).toISOString()
    })
  }
}

/** 32 bytes that no compression makes shorter, as a hash has them. */
function hexOf(number: number): string {
  let hex = ''
  let state = number + 1
  for (let word = 0; word < 8; word += 1) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917 + word
    hex += ((state ^ (state >>> 13)) >>> 0).toString(16).padStart(8, '0')
  }
  return hex
}

export function referencesOf(events: readonly TraceEvent[]): number {
  return events.reduce((sum, { subjects }) => sum + subjects.length, 0)
}

export function* batches(pallets: number): Generator<TraceEvent[]> {
  let batch: TraceEvent[] = []
  for (let pallet = 0; pallet < pallets; pallet += 1) {
    for (const event of makePallet(pallet)) {
      batch.push(event)
      if (batch.length < eventsPerBatch) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

export function percentiles(values: number[]): { readonly p50: number; readonly p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99) }
}
