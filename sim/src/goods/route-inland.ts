/** From the bonded store over the importer's depot into the shop; the goods change from pallets into returnable crates there. */
import { partyKey } from '@tracegate/model/gs1/key'
import { glnOf, type PartyName } from '../world/parties.ts'
import { pointIds } from '../world/names.ts'
import { dayMs, minuteMs, secondMs, smuggledStayMs, type Consignment, type Pallet } from './consignment.ts'
import { aggregationEvent, objectEvent, type EpcisJson, type Quantity } from './epcis-json.ts'
import { documentId, graiKey } from './numbers.ts'
import type { Route, Step } from './route.ts'

const zone = '+08:00' as const

const depotOf: Readonly<Partial<Record<PartyName, string>>> = { pharmaImporter: pointIds.pharmaDepot, foodImporter: pointIds.foodDepot }
const shopPoints: Readonly<Partial<Record<PartyName, string>>> = {
  clinic: pointIds.clinic,
  supermarket: pointIds.supermarket,
  toyShop: pointIds.toyShop
}

function depotPointOf(party: PartyName): string {
  return depotOf[party] ?? pointIds.foodDepot
}
export function shopPointOf(party: PartyName): string {
  return shopPoints[party] ?? pointIds.supermarket
}

export function inlandSteps(route: Route): Step[] {
  return route.consignment.pallets.flatMap((pallet, index) =>
    route.consignment.record.smuggled
      ? smuggledSteps(route, pallet, index)
      : [...depotSteps(route, pallet, index), ...shopSteps(route, pallet, index)]
  )
}

function crateOf(consignment: Consignment, index: number): string {
  return graiKey(consignment.goods.importer, 2, consignment.record.crates[index] ?? 0)
}

function depotSteps({ world, consignment, times, eventId }: Route, pallet: Pallet, index: number): Step[] {
  const { goods, record } = consignment
  const depot = world.siteOf(depotPointOf(goods.importer))
  const outMs = record.outMs[index] ?? 0
  const facts = (id: string, atMs: number) => ({ eventID: eventId(`${id}-${index}`), atMs, zone, readPoint: depot })
  const goodsOn = { children: pallet.items, childQuantities: pallet.loose }
  const step = (id: string, dueMs: number, rest: Pick<Step, 'event' | 'effect'>): Step => ({
    id: `${id}-${index}`,
    dueMs,
    channel: 'partner',
    pallet: index,
    ...rest
  })
  return [
    step('depot', outMs + times.depotMs, {
      event: (atMs) =>
        objectEvent({
          ...facts('depot', atMs),
          bizLocation: depot,
          action: 'OBSERVE',
          epcs: [pallet.key],
          bizStep: 'receiving',
          disposition: 'in_progress'
        })
    }),
    step('open', outMs + times.repackMs - 2 * minuteMs, {
      event: (atMs) =>
        aggregationEvent({
          ...facts('open', atMs),
          bizLocation: depot,
          action: 'DELETE',
          parent: pallet.key,
          ...goodsOn,
          bizStep: 'unpacking',
          disposition: 'in_progress'
        })
    }),
    step('crate', outMs + times.repackMs, {
      effect: { type: 'takeCrate', pallet: index },
      event: (atMs) =>
        aggregationEvent({
          ...facts('crate', atMs),
          bizLocation: depot,
          action: 'ADD',
          parent: crateOf(consignment, index),
          ...goodsOn,
          bizStep: 'packing',
          disposition: 'in_progress'
        })
    }),
    step('dispatch', outMs + times.dispatchMs, {
      event: (atMs) =>
        objectEvent({
          ...facts('dispatch', atMs),
          action: 'OBSERVE',
          epcs: [crateOf(consignment, index)],
          bizStep: 'shipping',
          disposition: 'in_transit',
          from: { type: 'owning_party', key: partyKey(glnOf(goods.importer)) },
          to: { type: 'owning_party', key: partyKey(glnOf(goods.shop)) },
          documents: [{ type: 'inv', id: documentId(goods.importer, 6, record.number * 10 + index + 1) }]
        })
    })
  ]
}

function shopSteps({ world, consignment, times, eventId }: Route, pallet: Pallet, index: number): Step[] {
  const { goods, record } = consignment
  const shop = world.siteOf(shopPointOf(goods.shop))
  const receivedMs = (record.outMs[index] ?? 0) + times.shopMs
  const facts = (id: string, atMs: number) => ({ eventID: eventId(`${id}-${index}`), atMs, zone, readPoint: shop, bizLocation: shop })
  const steps: Step[] = [
    {
      id: `shop-${index}`,
      dueMs: receivedMs,
      channel: 'partner',
      pallet: index,
      event: (atMs) =>
        objectEvent({
          ...facts('shop', atMs),
          action: 'OBSERVE',
          epcs: [crateOf(consignment, index)],
          bizStep: 'receiving',
          disposition: 'in_progress'
        })
    },
    {
      id: `uncrate-${index}`,
      dueMs: receivedMs + 5 * minuteMs,
      channel: 'partner',
      pallet: index,
      effect: { type: 'returnCrate', pallet: index },
      event: (atMs) =>
        aggregationEvent({
          ...facts('uncrate', atMs),
          action: 'DELETE',
          parent: crateOf(consignment, index),
          children: pallet.items,
          childQuantities: pallet.loose,
          bizStep: 'unpacking',
          disposition: 'sellable_accessible'
        })
    },
    stockStep({
      consignment,
      index,
      dueMs: receivedMs + 6 * minuteMs,
      event: (atMs) => stockEvent(eventId(`stock-${index}`), pallet, shop, atMs)
    })
  ]
  return record.pace === 'history'
    ? [...steps, ...salesInHistory({ consignment, pallet, index, shop, fromMs: receivedMs, eventId })]
    : steps
}

function stockStep(options: { consignment: Consignment; index: number; dueMs: number; event: Step['event'] }): Step {
  return {
    id: `stock-${options.index}`,
    dueMs: options.dueMs,
    channel: 'partner',
    pallet: options.index,
    effect: { type: 'stock', pallet: options.index },
    event: options.event
  }
}

function stockEvent(eventID: string, pallet: Pallet, shop: string, atMs: number): EpcisJson {
  return objectEvent({
    eventID,
    atMs,
    zone,
    action: 'OBSERVE',
    epcs: pallet.items,
    quantities: pallet.loose,
    bizStep: 'stocking',
    disposition: 'sellable_accessible',
    readPoint: shop,
    bizLocation: shop
  })
}

/** What the shop tells of a sale; the goods have no place after it. */
export function saleEvent(options: {
  eventID: string
  atMs: number
  shop: string
  vaccine: boolean
  epcs: readonly string[]
  quantities: readonly Quantity[]
}): EpcisJson {
  return objectEvent({
    eventID: options.eventID,
    atMs: options.atMs,
    zone,
    action: 'OBSERVE',
    epcs: options.epcs,
    quantities: options.quantities,
    bizStep: options.vaccine ? 'dispensing' : 'retail_selling',
    disposition: options.vaccine ? 'dispensed' : 'retail_sold',
    readPoint: options.shop
  })
}

const itemsPerSale = 4
const kilogramsPerSale = 80

function salesInHistory(options: {
  consignment: Consignment
  pallet: Pallet
  index: number
  shop: string
  fromMs: number
  eventId: (step: string) => string
}): Step[] {
  const { consignment, pallet, index, shop, fromMs, eventId } = options
  const { goods, random, record } = consignment
  const portions = goods.serialised
    ? Math.ceil(pallet.items.length / itemsPerSale)
    : Math.floor(goods.kilogramsPerPallet / kilogramsPerSale)
  const steps: Step[] = []
  let dueMs = fromMs + 10 * minuteMs
  for (let portion = 0; portion < portions; portion += 1) {
    dueMs += Math.round((0.2 + random.next() * 4) * dayMs)
    if (dueMs > record.toldUntilMs) break
    const epcs = pallet.items.slice(portion * itemsPerSale, (portion + 1) * itemsPerSale)
    const quantities = pallet.loose.map((one) => portionOf(one, kilogramsPerSale))
    const id = `sale-${index}-${portion}`
    steps.push({
      id,
      dueMs,
      channel: 'partner',
      pallet: index,
      effect: { type: 'sell', keys: goods.serialised ? epcs : [consignment.lotKey], kilograms: goods.serialised ? 0 : kilogramsPerSale },
      event: (atMs) => saleEvent({ eventID: eventId(id), atMs, shop, vaccine: goods.name === 'vaccine', epcs, quantities })
    })
  }
  return steps
}

function portionOf(whole: Quantity, quantity: number): Quantity {
  return { ...whole, quantity }
}

/** Past the laboratory and the store, straight from the yard onto the shelf. */
function smuggledSteps({ world, consignment, eventId }: Route, pallet: Pallet, index: number): Step[] {
  const shop = world.siteOf(shopPointOf(consignment.goods.shop))
  const fromMs = consignment.record.arrivalMs + smuggledStayMs + (4 + index) * secondMs
  const facts = (id: string, atMs: number) => ({ eventID: eventId(`${id}-${index}`), atMs, zone, readPoint: shop, bizLocation: shop })
  const yard = world.slots[consignment.slot]
  return [
    {
      // Whoever goes past the laboratory says that he left; only the inspection is missing.
      id: `leave-${index}`,
      dueMs: fromMs - smuggledStayMs / 2,
      channel: 'partner',
      pallet: index,
      event: (atMs) =>
        objectEvent({
          eventID: eventId(`leave-${index}`),
          atMs,
          zone,
          readPoint: yard,
          action: 'OBSERVE',
          epcs: [pallet.key],
          bizStep: 'shipping',
          disposition: 'in_transit'
        })
    },
    {
      id: `shop-${index}`,
      dueMs: fromMs,
      channel: 'partner',
      pallet: index,
      event: (atMs) =>
        objectEvent({ ...facts('shop', atMs), action: 'OBSERVE', epcs: [pallet.key], bizStep: 'receiving', disposition: 'in_progress' })
    },
    {
      id: `open-${index}`,
      dueMs: fromMs + secondMs,
      channel: 'partner',
      pallet: index,
      event: (atMs) =>
        aggregationEvent({
          ...facts('open', atMs),
          action: 'DELETE',
          parent: pallet.key,
          children: pallet.items,
          childQuantities: pallet.loose,
          bizStep: 'unpacking',
          disposition: 'sellable_accessible'
        })
    },
    stockStep({
      consignment,
      index,
      dueMs: fromMs + 2 * secondMs,
      event: (atMs) => stockEvent(eventId(`stock-${index}`), pallet, shop, atMs)
    })
  ]
}
