/** The story that the suite of the trace store tells again and again, and what its parts share. */
import type { TraceEvent } from '@tracegate/model/trace-event'
import { event, item, pallet, party, place, startMs } from './trace-suite-events.ts'
import type { TraceStore } from './trace-store.ts'

export const minutes = (count: number): number => startMs + count * 60_000
export const factory = place(1)
export const port = place(2)
export const chamber = place(3, 'A')
export const shop = place(4)

export interface SuiteContext {
  readonly store: () => TraceStore
  readonly capture: (...events: TraceEvent[]) => Promise<string[]>
}

/** Two items packed at the factory, shipped to a chamber in the port, one of them sold. */
export function coldChain(): TraceEvent[] {
  return [
    event({ id: 'make', at: 0, action: 'ADD', bizStep: 'commissioning', bizLocation: factory, objects: [item(1), item(2)] }),
    event({ id: 'pack', at: 10, action: 'ADD', bizStep: 'packing', bizLocation: factory, parent: pallet(1), children: [item(1), item(2)] }),
    event({ id: 'ship', at: 20, bizStep: 'shipping', disposition: 'in_transit', readPoint: factory, objects: [pallet(1)], to: party(2) }),
    event({ id: 'receive', at: 30, bizStep: 'receiving', bizLocation: chamber, objects: [pallet(1)] }),
    event({ id: 'unpack', at: 40, action: 'DELETE', bizStep: 'unpacking', bizLocation: chamber, parent: pallet(1) }),
    event({ id: 'deliver', at: 50, bizStep: 'receiving', bizLocation: shop, objects: [item(1)], to: party(4) }),
    event({ id: 'sell', at: 60, bizStep: 'retail_selling', disposition: 'retail_sold', objects: [item(1)] })
  ]
}
