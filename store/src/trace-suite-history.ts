/** Random histories of a small world, and everything a store can be asked about it: for property tests of the trace stores. */
import * as fc from 'fast-check'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { event, item, lot, pallet, party, place, startMs } from './trace-suite-events.ts'
import type { TraceStore } from './trace-store.ts'

const itemsCount = 6
const palletsCount = 3
export const places = [place(1), place(2, 'A'), place(2, 'B'), place(3)]
export const items = Array.from({ length: itemsCount }, (_, index) => item(index))
export const pallets = Array.from({ length: palletsCount }, (_, index) => pallet(index))
export const lots = [lot('X'), lot('Y')]
const everything = [...items, ...pallets, ...lots]

const goods = fc.constantFrom(...items, ...lots)
const unit = fc.nat(palletsCount - 1)
const somewhere = fc.option(fc.constantFrom(...places), { nil: undefined })
const quantified = fc.record({ key: goods, quantity: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }) }).map(withQuantity)
const several = fc.uniqueArray(quantified, { minLength: 1, maxLength: 3, selector: (entry) => entry.key })

function withQuantity({ key, quantity }: { readonly key: string; readonly quantity: number | undefined }) {
  return key.includes('/10/') && quantity !== undefined ? { key, quantity, uom: 'EA' } : { key }
}

/** What may happen at one minute; several things may, and pallets go into pallets too. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('see'), of: several, bizLocation: somewhere }),
  fc.record({ kind: fc.constant('tell'), of: several, lot: fc.constantFrom(...lots) }),
  fc.record({ kind: fc.constant('leave'), of: several, readPoint: somewhere }),
  fc.record({ kind: fc.constant('end'), of: several, bizLocation: somewhere }),
  fc.record({ kind: fc.constant('pack'), unit, of: several, bizLocation: somewhere }),
  fc.record({ kind: fc.constant('unpack'), unit, of: several, bizLocation: somewhere }),
  fc.record({ kind: fc.constant('empty'), unit, bizLocation: somewhere }),
  fc.record({ kind: fc.constant('nest'), unit, into: unit }),
  fc.record({ kind: fc.constant('move'), unit, bizLocation: somewhere }),
  fc.record({
    kind: fc.constant('make'),
    from: several,
    to: several,
    bizLocation: somewhere,
    id: fc.option(fc.constantFrom('t1', 't2'), { nil: undefined })
  })
)
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

/** Random lives of a small world: some events are declared wrong afterwards. */
export const history = fc.array(fc.record({ what: happening, at: fc.nat(20), wrong: fc.boolean() }), { minLength: 1, maxLength: 25 })

export function toEvents(made: readonly { readonly what: Happening; readonly at: number; readonly wrong: boolean }[]): TraceEvent[] {
  return made.flatMap(({ what, at, wrong }, index) => {
    const options = { id: `e${index}`, at, ...optionsOf(what) }
    return wrong && index % 5 === 0 ? [event(options), event({ ...options, declaredAt: at + 1 })] : [event(options)]
  })
}

function optionsOf(what: Happening) {
  const at = 'bizLocation' in what && what.bizLocation !== undefined ? { bizLocation: what.bizLocation } : {}
  switch (what.kind) {
    case 'see':
      return { objects: 'of' in what ? what.of : [], ...at }
    case 'tell':
      return { objects: 'of' in what ? what.of : [], ...('lot' in what ? { ofLot: what.lot } : {}) }
    case 'leave':
      return {
        objects: 'of' in what ? what.of : [],
        bizStep: 'shipping',
        to: party(7),
        ...('readPoint' in what && what.readPoint !== undefined ? { readPoint: what.readPoint } : {})
      }
    case 'end':
      return { objects: 'of' in what ? what.of : [], bizStep: 'destroying', ...at }
    case 'pack':
    case 'unpack':
      return {
        parent: unitOf(what),
        children: 'of' in what ? what.of : [],
        action: what.kind === 'pack' ? 'ADD' : 'DELETE',
        ...at
      } as const
    case 'empty':
      return { parent: unitOf(what), action: 'DELETE', ...at } as const
    case 'nest':
      return 'into' in what && what.into > what.unit
        ? ({ parent: pallet(what.into), children: [pallet(what.unit)], action: 'ADD' } as const)
        : { objects: [unitOf(what)] }
    case 'move':
      return { objects: [unitOf(what)], bizStep: 'arriving', ...at }
    case 'make':
    default:
      return 'from' in what
        ? { inputs: what.from, outputs: what.to, ...at, ...(what.id === undefined ? {} : { transformationID: what.id }) }
        : { objects: [] }
  }
}

function unitOf(what: Happening): string {
  return pallet('unit' in what ? what.unit : 0)
}

/** Everything a store can be asked about the small world, without the times that answers took. */
async function answersOf(store: TraceStore): Promise<unknown> {
  const answers: unknown[] = []
  for (const key of everything) {
    for (const direction of ['back', 'forward'] as const) {
      const { tookMs: _, ...answer } = await store.ask(direction, { of: key })
      const nodes = answer.nodes.toSorted((a, b) => (a.key < b.key ? -1 : 1))
      answers.push({ ...answer, nodes, edges: answer.edges.map((edge) => JSON.stringify(edge)).sort() })
    }
    for (const knowledge of [{}, { knownAtMs: startMs + 600_000 }, { withDeclared: true }]) {
      const { tookMs: _, ...scope } = await store.ask('scope', { of: key, withSiblings: true, ...knowledge })
      const { tookMs: __, ...balance } = await store.ask('balance', { of: key, ...knowledge })
      answers.push(scope, balance, await store.ask('life', { of: key, ...knowledge }))
    }
    answers.push(
      await store.ask('stays', key),
      (await store.ledger({ key })).map(({ eventID }) => eventID)
    )
  }
  for (const asked of [...places, place(2)]) {
    const { tookMs: _, ...exposure } = await store.ask('exposure', { place: asked, fromMs: startMs + 300_000, toMs: startMs + 900_000 })
    answers.push({ ...exposure, goods: exposure.goods.map((stay) => JSON.stringify(stay)).sort() })
  }
  const { tookMs: _, ...holders } = await store.ask('holders', { of: everything })
  return [...answers, holders]
}

export async function filled(store: TraceStore, events: readonly TraceEvent[]): Promise<unknown> {
  await store.capture(events)
  const answers = await answersOf(store)
  await store.close()
  return answers
}
