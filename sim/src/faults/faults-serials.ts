/** Faults of single things: cloned numbers, travel that cannot be, use after the end, packing that does not fit. Each with its truth. */
import { hourMs, minuteMs, dayMs } from '../goods/consignment.ts'
import { pointIds } from '../world/names.ts'
import { packed, seen } from './events.ts'
import { dropAfter, told, unsold, type Picker } from './pick.ts'
import { change, tell, type Tale } from './tale.ts'

export function cloneSerials({ world, truths }: Tale, pick: Picker): void {
  const elsewhere = world.siteOf(pointIds.toyShop)
  {
    const spot = pick.pallet('vaccine')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs + 2 * hourMs
    dropAfter(spot, key, atMs)
    const sale = { at: spot.shop, bizStep: 'dispensing', disposition: 'dispensed', epcs: [key], gone: true }
    tell(spot.way, 'clone', seen({ name: 'sold', atMs, ...sale }))
    tell(
      spot.way,
      'clone',
      seen({
        ...sale,
        name: 'sold again',
        atMs: atMs + 30 * minuteMs,
        at: elsewhere,
        bizStep: 'retail_selling',
        disposition: 'retail_sold'
      })
    )
    truths.push({ type: 'clonedSerial', goods: [key], what: 'sold at two places within half an hour' })
  }
  {
    const spot = pick.pallet('formula')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs + 3 * hourMs
    tell(spot.way, 'clone', seen({ name: 'shelf', atMs, at: world.siteOf(pointIds.clinic), bizStep: 'stocking', epcs: [key] }), {
      delayMs: 26 * minuteMs
    })
    tell(
      spot.way,
      'clone',
      seen({ name: 'still here', atMs: atMs + 4 * minuteMs, at: spot.shop, bizStep: 'cycle_counting', epcs: [key] }),
      { delayMs: 3 * hourMs }
    )
    truths.push({ type: 'clonedSerial', goods: [key], what: 'on two shelves at the same time' })
  }
  {
    const spot = pick.pallet('toy')
    const key = unsold(spot)
    const made = told(spot, 'fill').atMs
    const site = world.siteOf(pointIds.nuremberg)
    for (const [name, atMs] of [
      ['first', made + minuteMs],
      ['second', made + 20 * dayMs]
    ] as const)
      tell(spot.way, 'clone', seen({ name, atMs, at: site, bizStep: 'commissioning', disposition: 'active', action: 'ADD', epcs: [key] }))
    truths.push({ type: 'clonedSerial', goods: [key], what: 'commissioned twice' })
  }
  {
    const spot = pick.pallet('formula')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs + 4 * hourMs
    dropAfter(spot, key, atMs)
    tell(
      spot.way,
      'clone',
      seen({ name: 'sold', atMs, at: spot.shop, bizStep: 'retail_selling', disposition: 'retail_sold', epcs: [key], gone: true })
    )
    tell(
      spot.way,
      'clone',
      seen({ name: 'traded on', atMs: atMs + 3 * dayMs, at: world.siteOf(pointIds.toyShop), bizStep: 'stocking', epcs: [key] })
    )
    truths.push({ type: 'clonedSerial', goods: [key], what: 'put on sale elsewhere days after it was sold' })
  }
}

export function travelImpossibly({ world, truths }: Tale, pick: Picker): void {
  {
    const spot = pick.pallet('vaccine', 'formula')
    const atMs = told(spot, 'release').atMs + 12 * minuteMs
    tell(
      spot.way,
      'travel',
      seen({ name: 'far gate', atMs, at: world.siteOf(pointIds.toyShop), bizStep: 'entering_exiting', epcs: [spot.pallet.key] })
    )
    truths.push({ type: 'impossibleTravel', goods: [spot.pallet.key], what: '270 km by road in twelve minutes' })
  }
  {
    const [spot] = pick.consignment('fish', 'toy')
    if (spot === undefined) return
    const { container, record } = spot.way.consignment
    change(told(spot, 'sail'), {}, record.arrivalMs - 5 * dayMs)
    truths.push({ type: 'impossibleTravel', goods: [container], what: 'Rotterdam to Shanghai by sea in five days' })
  }
  {
    const spot = pick.pallet('vaccine')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs + hourMs
    dropAfter(spot, key, atMs)
    tell(
      spot.way,
      'travel',
      seen({ name: 'sent', atMs, at: spot.shop, bizStep: 'shipping', disposition: 'in_transit', epcs: [key], gone: true })
    )
    tell(
      spot.way,
      'travel',
      seen({ name: 'got', atMs: atMs + 3 * hourMs, at: world.siteOf(pointIds.leiden), bizStep: 'receiving', epcs: [key] })
    )
    truths.push({ type: 'impossibleTravel', goods: [key], what: 'Suzhou to Leiden by air in three hours' })
  }
}

export function useAfterEnd({ truths }: Tale, pick: Picker): void {
  {
    const spot = pick.pallet('formula', 'toy')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs + 2 * hourMs
    tell(
      spot.way,
      'end',
      seen({ name: 'destroyed', atMs, at: spot.shop, bizStep: 'destroying', disposition: 'destroyed', epcs: [key], gone: true })
    )
    const isSold = spot.way.told.some(
      ({ json, atMs: soldMs }) => soldMs > atMs && Array.isArray(json['epcList']) && json['epcList'].includes(key)
    )
    if (!isSold)
      tell(
        spot.way,
        'end',
        seen({
          name: 'sold',
          atMs: atMs + dayMs,
          at: spot.shop,
          bizStep: 'retail_selling',
          disposition: 'retail_sold',
          epcs: [key],
          gone: true
        })
      )
    truths.push({ type: 'useAfterEnd', goods: [key], what: 'sold after it was destroyed' })
  }
  {
    const spot = pick.pallet('vaccine')
    const atMs = told(spot, 'depot').atMs + minuteMs
    tell(
      spot.way,
      'end',
      seen({
        name: 'destroyed',
        atMs,
        at: spot.depot,
        bizStep: 'destroying',
        disposition: 'destroyed',
        epcs: [spot.pallet.key],
        gone: true
      }),
      {
        delayMs: 3 * dayMs
      }
    )
    // The pallet is no more, and what was on it was unpacked an hour later all the same.
    change(told(spot, 'open'), {}, atMs + 10 * minuteMs)
    truths.push({ type: 'useAfterEnd', goods: spot.pallet.items, what: 'went on after the pallet was destroyed with everything on it' })
    truths.push({ type: 'useAfterEnd', goods: [spot.pallet.key], what: 'the destroyed pallet itself was unpacked' })
    truths.push({ type: 'lateEvent', goods: [spot.pallet.key], what: 'its destruction was told three days late' })
  }
  {
    const spot = pick.pallet('toy', 'formula')
    const atMs = told(spot, 'open').atMs + hourMs
    const pallet = { at: spot.depot, epcs: [spot.pallet.key] }
    tell(spot.way, 'end', seen({ ...pallet, name: 'given up', atMs, bizStep: 'decommissioning', disposition: 'inactive', gone: true }))
    tell(spot.way, 'end', seen({ ...pallet, name: 'again', atMs: atMs + 6 * dayMs, bizStep: 'receiving' }))
    truths.push({ type: 'useAfterEnd', goods: [spot.pallet.key], what: 'a pallet number that was given up is received' })
  }
}

export function mismatchPacking(tale: Tale, pick: Picker): void {
  const { world, truths } = tale
  {
    const spot = pick.pallet('formula')
    const key = spot.pallet.items[0] ?? ''
    const atMs = told(spot, 'in').atMs + 3 * hourMs
    tell(spot.way, 'mismatch', seen({ name: 'seen outside', atMs, at: spot.shop, bizStep: 'stocking', epcs: [key] }))
    truths.push({ type: 'aggregationMismatch', goods: [key], what: 'on a shelf while its pallet is in the store' })
  }
  {
    const spot = pick.pallet('toy')
    const key = spot.pallet.items[1] ?? ''
    const atMs = told(spot, 'in').atMs + hourMs
    const other = spot.pallet.key.replace('/00/3', '/00/2')
    tell(spot.way, 'mismatch', packed({ name: 'twice', atMs, at: world.chambers.ambient, parent: other, children: [key], action: 'ADD' }))
    truths.push({ type: 'aggregationMismatch', goods: [key], what: 'packed on another pallet while still on the first' })
    // It is taken out of the first one later, as everything else on it is: it was not in there any more.
  }
  {
    const [one, other] = pick.consignment('formula', 'toy')
    if (one === undefined || other === undefined) return
    const key = other.pallet.items[2] ?? ''
    const open = told(other, 'open')
    change(open, { childEPCs: other.pallet.items.filter((item) => item !== key) })
    const json = packed({
      name: 'strange',
      atMs: open.atMs + minuteMs,
      at: other.depot,
      parent: one.pallet.key,
      children: [key],
      action: 'DELETE'
    })
    tell(other.way, 'mismatch', json)
    truths.push({ type: 'aggregationMismatch', goods: [key], what: 'taken out of a pallet it was never on' })
  }
}
