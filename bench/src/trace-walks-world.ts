/** The goods of the bench of trace walks: a suspect lot that became 10,000 items, and a product of six transformations of 500 inputs. */
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'
import { itemKey, logisticKey, lotKey, partyKey, placeKey } from '@tracegate/model/gs1/key'

const startMs = Date.UTC(2026, 0, 1)
const minuteMs = 60_000
const rawGtin = '09506000100003'
const gtin = '09506000134352'

export const suspectLot = lotKey(rawGtin, 'SUSPECT')
export const itemsCount = 10_000
const itemsPerRun = 400
const itemsPerCase = 20
export const finalProduct = itemKey(gtin, 'FINAL')
export const inputsCount = 500
const levels = 6

interface Made {
  readonly id: string
  readonly atMin: number
  readonly type: TraceEvent['type']
  readonly subjects: readonly TraceSubject[]
  readonly more?: Partial<TraceEvent>
}

function eventOf({ id, atMin, type, subjects, more = {} }: Made): TraceEvent {
  const eventTimeMs = startMs + atMin * minuteMs
  return {
    eventID: id,
    type,
    ...(type === 'TransformationEvent' ? {} : { action: 'OBSERVE' }),
    eventTimeMs,
    recordTimeMs: eventTimeMs + 1_000,
    timeZoneOffset: '+00:00',
    subjects,
    sources: [],
    destinations: [],
    bizTransactions: [],
    json: JSON.stringify({ type, eventID: id, eventTime: new Date(eventTimeMs).toISOString(), note: 'x'.repeat(600) }),
    ...more
  }
}

const items = (role: TraceSubject['role'], keys: readonly string[]): TraceSubject[] => keys.map((key) => ({ key, kind: 'item', role }))
const unit = (role: TraceSubject['role'], key: string): TraceSubject => ({ key, kind: 'logistic', role })
const sscc = (number: number): string => logisticKey(String(number).padStart(18, '0'))
const at = (number: number): string => placeKey(String(9_506_000_000_000 + number))

/** 25 runs of 400 items; cases of 20 on a pallet a run; half of the pallets received and unpacked, a tenth of the items sold. */
export function recallTree(): TraceEvent[] {
  const events: TraceEvent[] = []
  for (let run = 0; run < itemsCount / itemsPerRun; run += 1) events.push(...runOf(run))
  return events
}

function runOf(run: number): TraceEvent[] {
  const atMin = run * 100
  const keys = Array.from({ length: itemsPerRun }, (_, index) => itemKey(gtin, `R${run}-${index}`))
  const pallet = sscc(run * 1_000)
  const cases = Array.from({ length: itemsPerRun / itemsPerCase }, (_, index) => sscc(run * 1_000 + index + 1))
  const factory = at(1)
  const warehouse = at(10 + (run % 10))
  const events = [
    eventOf({
      id: `make-${run}`,
      atMin,
      type: 'TransformationEvent',
      subjects: [{ key: suspectLot, kind: 'lot', role: 'input', quantity: 40, uom: 'KGM' }, ...items('output', keys)],
      more: { bizStep: 'commissioning', bizLocation: factory }
    }),
    ...cases.map((box, index) =>
      eventOf({
        id: `case-${run}-${index}`,
        atMin: atMin + 1,
        type: 'AggregationEvent',
        subjects: [unit('parent', box), ...items('child', keys.slice(index * itemsPerCase, (index + 1) * itemsPerCase))],
        more: { action: 'ADD', bizStep: 'packing', bizLocation: factory }
      })
    ),
    eventOf({
      id: `pallet-${run}`,
      atMin: atMin + 2,
      type: 'AggregationEvent',
      subjects: [unit('parent', pallet), ...cases.map((box) => unit('child', box))],
      more: { action: 'ADD', bizStep: 'packing', bizLocation: factory }
    }),
    eventOf({
      id: `ship-${run}`,
      atMin: atMin + 3,
      type: 'ObjectEvent',
      subjects: [unit('object', pallet)],
      more: {
        bizStep: 'shipping',
        disposition: 'in_transit',
        readPoint: factory,
        destinations: [{ type: 'possessing_party', key: partyKey(String(9_506_000_000_000 + (run % 10))) }],
        bizTransactions: [{ type: 'desadv', id: `urn:epcglobal:cbv:bt:9506000134352:D${run}` }]
      }
    })
  ]
  if (run % 2 === 0) return events
  const receive = eventOf({
    id: `receive-${run}`,
    atMin: atMin + 30,
    type: 'ObjectEvent',
    subjects: [unit('object', pallet)],
    more: { bizStep: 'receiving', bizLocation: warehouse }
  })
  const unpack = eventOf({
    id: `unpack-${run}`,
    atMin: atMin + 40,
    type: 'AggregationEvent',
    subjects: [unit('parent', pallet)],
    more: { action: 'DELETE', bizStep: 'unpacking', bizLocation: warehouse }
  })
  const sell = eventOf({
    id: `sell-${run}`,
    atMin: atMin + 50,
    type: 'ObjectEvent',
    subjects: items('object', keys.slice(0, itemsPerRun / 5)),
    more: { bizStep: 'retail_selling', disposition: 'retail_sold' }
  })
  return [...events, receive, unpack, sell]
}

/** Six levels of transformations; each lot is commissioned and inspected before it is used, and 500 go in altogether. */
export function productTree(): TraceEvent[] {
  const events: TraceEvent[] = []
  const perLevel = Math.ceil(inputsCount / levels)
  let before = lotKey(rawGtin, 'B0')
  for (let level = 0; level < levels; level += 1) {
    const inputs = Array.from({ length: perLevel }, (_, index) => lotKey(rawGtin, `I${level}-${index}`))
    const lots = (role: TraceSubject['role'], keys: readonly string[]): TraceSubject[] =>
      keys.map((key) => ({ key, kind: 'lot', role, quantity: 10, uom: 'KGM' }))
    const atMin = level * 1_000
    for (const [index, input] of inputs.entries()) {
      events.push(
        eventOf({
          id: `lot-${level}-${index}`,
          atMin,
          type: 'ObjectEvent',
          subjects: lots('object', [input]),
          more: { action: 'ADD', bizStep: 'commissioning', bizLocation: at(100 + index) }
        }),
        eventOf({
          id: `inspect-${level}-${index}`,
          atMin: atMin + 1,
          type: 'ObjectEvent',
          subjects: lots('object', [input]),
          more: { bizStep: 'inspecting', bizLocation: at(100 + index) }
        })
      )
    }
    const output = level === levels - 1 ? finalProduct : lotKey(rawGtin, `B${level + 1}`)
    const made: TraceSubject[] = level === levels - 1 ? items('output', [output]) : lots('output', [output])
    const subjects = [...lots('input', level === 0 ? inputs : [before, ...inputs]), ...made]
    events.push(eventOf({ id: `mix-${level}`, atMin: atMin + 10, type: 'TransformationEvent', subjects, more: { bizLocation: at(1) } }))
    before = output
  }
  return events
}
