/**
 * A small dairy for the suite of the trace store: a chain of transformations in two units, a lot without serial numbers, a pallet that is
 * used again, partial unpacking, re-packing, shipments by despatch advice, and an event that was declared wrong. Test data only.
 */
import type { TraceEvent } from '@tracegate/model/trace-event'
import { event, item, lot, pallet, party, place } from './trace-suite-events.ts'

export const farm = place(11)
export const dairy = place(12)
export const warehouse = place(13, 'COLD')
export const market = place(14)
export const [milkA, milkB, cheese, boxLot] = [lot('MILK-A'), lot('MILK-B'), lot('CHEESE'), lot('BOXES')]
export const [box1, box2, box3, box4, stranger] = [item('c1'), item('c2'), item('c3'), item('c4'), item('x1')]
export const [reused, second, bulk] = [pallet(71), pallet(72), pallet(73)]
export const adviceOne = 'urn:epcglobal:cbv:bt:9506000134352:DESADV-1'
export const adviceTwo = 'urn:epcglobal:cbv:bt:9506000134352:DESADV-2'
export const warehouseKeeper = party(5)
export const retailer = party(6)

const kilograms = (key: string, quantity: number) => ({ key, quantity, uom: 'KGM' })

/** The event that was declared wrong, as it came; minutes after the start. */
export const wrongShipping = { id: 'wrong-ship', at: 45, bizStep: 'shipping', objects: [box4], to: party(9), readPoint: dairy } as const
const declaredAt = 100

export function dairyStory(): TraceEvent[] {
  return [
    event({ id: 'milk-a', at: 0, action: 'ADD', bizStep: 'commissioning', bizLocation: farm, objects: [kilograms(milkA, 100)] }),
    event({ id: 'milk-b', at: 1, action: 'ADD', bizStep: 'commissioning', bizLocation: farm, objects: [kilograms(milkB, 50)] }),
    // One transformation in two events: 60 kg and 40,000 g go in, 98 kg come out.
    event({
      id: 'cook',
      at: 10,
      bizLocation: dairy,
      inputs: [kilograms(milkA, 60), { key: milkB, quantity: 40_000, uom: 'GRM' }],
      transformationID: 'urn:dairy:batch-1'
    }),
    event({ id: 'curd', at: 20, bizLocation: dairy, outputs: [kilograms(cheese, 98)], transformationID: 'urn:dairy:batch-1' }),
    event({
      id: 'cut',
      at: 30,
      bizLocation: dairy,
      inputs: [kilograms(cheese, 58)],
      outputs: [box1, box2, box3, box4],
      ofLot: boxLot
    }),
    event({ id: 'pack', at: 40, action: 'ADD', bizStep: 'packing', bizLocation: dairy, parent: reused, children: [box1, box2] }),
    event({
      id: 'ship-1',
      at: 41,
      bizStep: 'shipping',
      disposition: 'in_transit',
      readPoint: dairy,
      objects: [reused],
      to: warehouseKeeper,
      transactions: [adviceOne]
    }),
    event(wrongShipping),
    event({ id: 'receive-1', at: 50, bizStep: 'receiving', bizLocation: warehouse, objects: [reused], transactions: [adviceOne] }),
    event({ id: 'take-out', at: 55, action: 'DELETE', bizStep: 'unpacking', bizLocation: warehouse, parent: reused, children: [box1] }),
    event({ id: 'empty', at: 60, action: 'DELETE', bizStep: 'unpacking', bizLocation: warehouse, parent: reused }),
    event({ id: 'repack', at: 65, action: 'ADD', bizStep: 'packing', bizLocation: warehouse, parent: second, children: [box2] }),
    event({
      id: 'ship-2',
      at: 66,
      bizStep: 'shipping',
      disposition: 'in_transit',
      readPoint: warehouse,
      objects: [second],
      to: retailer,
      transactions: [adviceTwo]
    }),
    // The first pallet goes on its way again, with goods of others.
    event({ id: 'strange', at: 70, action: 'ADD', bizStep: 'packing', bizLocation: warehouse, parent: reused, children: [stranger] }),
    event({ id: 'ship-3', at: 71, bizStep: 'shipping', objects: [reused], to: party(8) }),
    event({ id: 'receive-3', at: 80, bizStep: 'receiving', bizLocation: market, objects: [reused] }),
    event({ id: 'sell', at: 90, bizStep: 'retail_selling', disposition: 'retail_sold', objects: [box1] }),
    event({ id: 'burn', at: 91, action: 'DELETE', bizStep: 'destroying', bizLocation: dairy, objects: [box3] }),
    event({ id: 'bulk', at: 95, action: 'ADD', bizStep: 'packing', bizLocation: dairy, parent: bulk, children: [kilograms(cheese, 30)] })
  ]
}

/** What corrects the wrong shipping, recorded at its declaration. */
export function declaration(recordMs: number): TraceEvent {
  return event({ ...wrongShipping, declaredAt, recordMs })
}
