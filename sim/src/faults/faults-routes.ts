/** Faults of the way of goods: steps that are missing or wrong, stays that last, quantities, holds, strangers and late tellings. */
import { itemKey, placeKey } from '@tracegate/model/gs1/key'
import { dayMs, hourMs, minuteMs } from '../goods/consignment.ts'
import { saleEvent } from '../goods/route-inland.ts'
import { eventIdOf } from '../goods/numbers.ts'
import { pointIds } from '../world/names.ts'
import { seen } from './events.ts'
import { told, unsold, type Picker } from './pick.ts'
import { change, drop, stepOf, tell, type Tale } from './tale.ts'

export function breakSequences({ truths }: Tale, pick: Picker): void {
  {
    const spot = pick.pallet('formula', 'toy')
    drop(spot.way, ({ step }) => step === `dispatch-${spot.index}`)
    truths.push({ type: 'brokenSequence', goods: [spot.crate], what: 'received in the shop and never sent from the depot' })
  }
  {
    const spot = pick.pallet('vaccine')
    drop(spot.way, ({ step }) => step === `out-${spot.index}` || step === `release-${spot.index}`)
    truths.push({ type: 'brokenSequence', goods: [spot.pallet.key], what: 'received in the depot and never sent from the bonded store' })
  }
  {
    const spot = pick.pallet('formula', 'fish')
    const stored = told(spot, 'in').atMs
    const atMs = stored + (told(spot, 'out').atMs - stored) / 2
    tell(
      spot.way,
      'sequence',
      seen({ name: 'sent', atMs, at: spot.depot, bizStep: 'shipping', disposition: 'in_transit', epcs: [spot.pallet.key], gone: true })
    )
    truths.push({ type: 'brokenSequence', goods: [spot.pallet.key], what: 'sent from the depot while it was in the bonded store' })
  }
  {
    const spot = pick.pallet('toy')
    const steps = ['crate', 'dispatch', 'shop', 'uncrate'].map((name) => `${name}-${spot.index}`)
    drop(spot.way, ({ step }) => steps.includes(step))
    truths.push({ type: 'brokenSequence', goods: spot.pallet.items, what: 'on sale in the shop and never arrived there' })
  }
  {
    const spots = pick.consignment('toy', 'formula')
    const [spot] = spots
    if (spot === undefined) return
    const fill = told(spot, 'fill')
    change(fill, {}, fill.atMs + 4 * dayMs)
    truths.push({ type: 'brokenSequence', goods: spots.flatMap(({ pallet }) => pallet.items), what: 'packed before they were made' })
  }
}

export function skipInspections({ truths }: Tale, pick: Picker): void {
  for (const name of ['vaccine', 'fish'] as const) {
    const spots = pick.consignment(name)
    const [spot] = spots
    if (spot === undefined) return
    drop(spot.way, ({ step }) => step === 'inspect')
    const goods = name === 'fish' ? [spot.way.consignment.lotKey] : spots.flatMap(({ pallet }) => pallet.items)
    truths.push({ type: 'missingInspection', goods, what: `a consignment of ${name} that nobody inspected` })
  }
}

export function letDwell({ truths }: Tale, pick: Picker): void {
  {
    const spots = pick.consignment('vaccine', 'formula')
    const [spot] = spots
    if (spot === undefined) return
    const acceptedMs = told(spot, 'unload').atMs
    drop(spot.way, ({ atMs, step }) => atMs > acceptedMs && step !== 'unprobe')
    truths.push({ type: 'dwell', goods: spots.map(({ pallet }) => pallet.key), what: 'pallets that nobody fetched from the yard' })
  }
  {
    const [spot] = pick.consignment('fish', 'toy')
    if (spot === undefined) return
    const sailed = told(spot, 'sail')
    drop(spot.way, ({ atMs }) => atMs > sailed.atMs)
    truths.push({ type: 'dwell', goods: [spot.way.consignment.container], what: 'a container that never arrived' })
  }
}

export function unbalance({ world, truths, ways }: Tale, pick: Picker): void {
  {
    const way = ways.find((one) => one.consignment.goods.name === 'fish' && stepOf(one, 'make') !== undefined)
    const make = way === undefined ? undefined : stepOf(way, 'make')
    if (way === undefined || make === undefined) return
    const output = [{ epcClass: way.consignment.lotKey, quantity: 2_600, uom: 'KGM' }]
    change(make, { outputQuantityList: output })
    truths.push({ type: 'massBalance', goods: [way.consignment.lotKey], what: '2,600 kg of fillets from 2,000 kg of fish' })
  }
  {
    const [spot] = pick.consignment('vaccine')
    if (spot === undefined) return
    const { lotKey, goods } = spot.way.consignment
    const items = spot.way.consignment.pallets.flatMap(({ items: some }) => some)
    change(told(spot, 'fill'), { inputQuantityList: [{ epcClass: lotKey, quantity: items.length - goods.itemsPerPallet }] })
    truths.push({ type: 'massBalance', goods: items, what: 'more syringes filled than the lot gave' })
  }
  {
    const spot = pick.pallet('fish')
    const atMs = told(spot, 'stock').atMs + 20 * hourMs
    const quantities = [{ epcClass: spot.way.consignment.lotKey, quantity: 5_000, uom: 'KGM' }]
    const json = saleEvent({
      eventID: eventIdOf('fault', 'sale', atMs, spot.pallet.key),
      atMs,
      shop: world.siteOf(pointIds.supermarket),
      vaccine: false,
      epcs: [],
      quantities
    })
    tell(spot.way, 'balance', json)
    truths.push({ type: 'massBalance', goods: [spot.way.consignment.lotKey], what: 'more of a lot sold than was ever made' })
  }
}

export function moveHeld({ truths, holds, ways }: Tale, pick: Picker): void {
  const reason = { zh: '检出沙门氏菌', en: 'Salmonella found' }
  {
    const spot = pick.pallet('formula', 'toy')
    const sinceMs = told(spot, 'out').atMs - hourMs
    holds.push({ keys: [spot.pallet.key], reason, sinceMs, untilMs: sinceMs + 10 * dayMs, order: 'ME-2026-000001' })
    truths.push({ type: 'movedAlthoughHeld', goods: [spot.pallet.key], what: 'a held pallet leaves the store' })
  }
  {
    const spots = pick.consignment('vaccine')
    const [spot] = spots
    if (spot === undefined) return
    const sinceMs = told(spot, 'in').atMs + minuteMs
    holds.push({ keys: [spot.way.consignment.lotKey], reason, sinceMs, order: 'RC-2026-000001' })
    const sameLot = ways.filter(({ consignment }) => consignment.lotKey === spot.way.consignment.lotKey)
    const goods = sameLot.flatMap(({ consignment }) => consignment.pallets.flatMap(({ items }) => items))
    truths.push({ type: 'movedAlthoughHeld', goods, what: 'a recalled lot leaves the store on its pallets' })
  }
  {
    const spot = pick.pallet('toy', 'formula')
    const key = unsold(spot)
    const atMs = told(spot, 'stock').atMs
    holds.push({ keys: [key], reason, sinceMs: atMs + hourMs, order: 'ME-2026-000002' })
    const isSold = spot.way.told.some(
      ({ json, atMs: soldMs }) => soldMs > atMs && Array.isArray(json['epcList']) && json['epcList'].includes(key)
    )
    const sold = { at: spot.shop, bizStep: 'retail_selling', disposition: 'retail_sold', epcs: [key], gone: true }
    if (!isSold) tell(spot.way, 'held', seen({ ...sold, name: 'held', atMs: atMs + 30 * hourMs }))
    truths.push({ type: 'movedAlthoughHeld', goods: [key], what: 'one item under a stop of sale is sold' })
  }
}

export function meetStrangers({ truths, world }: Tale, pick: Picker): void {
  {
    const spot = pick.pallet('formula')
    const atMs = told(spot, 'dispatch').atMs - 2 * minuteMs
    tell(
      spot.way,
      'stranger',
      seen({ name: 'nowhere', atMs, at: placeKey('9529999000013'), bizStep: 'cycle_counting', epcs: spot.pallet.items.slice(0, 2) })
    )
    truths.push({ type: 'unregistered', goods: spot.pallet.items.slice(0, 2), what: 'read at a place that no register knows' })
  }
  {
    const spot = pick.pallet('toy', 'formula')
    const key = itemKey('09529999000020', '1')
    tell(
      spot.way,
      'stranger',
      seen({ name: 'unknown', atMs: told(spot, 'stock').atMs, at: world.siteOf(pointIds.supermarket), bizStep: 'receiving', epcs: [key] })
    )
    truths.push({ type: 'unregistered', goods: [key], what: 'a product that no register knows comes to a shop' })
  }
}

export function tellLate({ truths }: Tale, pick: Picker): void {
  {
    const spot = pick.pallet('toy', 'formula')
    const late = told(spot, 'depot')
    late.toldMs = late.atMs + 5 * dayMs
    truths.push({ type: 'lateEvent', goods: [spot.pallet.key], what: 'received at the depot, told five days later' })
  }
  {
    const spot = pick.pallet('vaccine', 'formula')
    const shop = told(spot, 'shop')
    shop.toldMs = shop.atMs - 90 * minuteMs
    truths.push({ type: 'lateEvent', goods: [spot.crate], what: 'received in the shop an hour and a half from now' })
  }
}
