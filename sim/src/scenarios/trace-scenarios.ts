/**
 * Scenarios that only the record of goods shows: a journey that cannot be, a step that is missing, a sale after the end, a move in spite
 * of an order, and a date that cannot be. Ending one declares wrong what it told.
 */
import { simError } from '../errors.ts'
import { declareError, objectEvent, type EpcisJson } from '../goods/epcis-json.ts'
import { eventIdOf } from '../goods/numbers.ts'
import { saleEvent, shopPointOf } from '../goods/route-inland.ts'
import { pointIds } from '../world/names.ts'
import type { World } from '../world.ts'
import type { GoodsName } from '../world/products.ts'
import type { ScenarioName } from '../scenario-list.ts'
import type { Breakables, Happening, Scenario } from './scenario.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** More than the clock of any honest partner is ahead. */
const aheadMs = 2 * hourMs

interface Said {
  readonly name: ScenarioName
  readonly step: string
  readonly key: string
  readonly atMs: number
  readonly bizStep: string
  readonly disposition: string
  readonly at: string
  /** The goods are gone with it. */
  readonly gone?: boolean
}

function say(world: World, { name, step, key, atMs, bizStep, disposition, at, gone = false }: Said): EpcisJson {
  const facts = { atMs, zone: '+08:00', bizStep, disposition, readPoint: at, action: 'OBSERVE', epcs: [key] } as const
  return objectEvent({ ...facts, eventID: eventIdOf(world.seed, name, step, key, atMs), ...(gone ? {} : { bizLocation: at }) })
}

/** An item that was on a shelf, and the shop. */
function takeItem(
  { world, goods, nowMs }: Breakables,
  name: ScenarioName,
  wanted?: GoodsName
): { key: string; shop: string; vaccine: boolean } {
  const sale = goods().shops.sellOneItem(nowMs(), wanted)
  if (sale === undefined) throw simError('SCENARIO_NO_GOODS', { name, what: `no ${wanted ?? 'item with a serial number'} is on a shelf` })
  sale.done()
  const { key, goods: kind } = sale.item
  return { key, shop: world.siteOf(shopPointOf(world.goods[kind].shop)), vaccine: kind === 'vaccine' }
}

function wrongEvents({ goods, nowMs }: Breakables, target: string, events: readonly EpcisJson[]): Happening {
  return { target, end: () => goods().tell(events.map((event) => declareError(event, nowMs(), 'did_not_occur'))) }
}

const scenario = (begin: Scenario['begin']): Scenario => ({ lastsMs: 5 * minuteMs, mendsItself: false, targets: [], begin })

/** An item is sent from its shop, and a moment later received at the quay in Rotterdam. */
export function impossibleTravel(breakables: Breakables): Scenario {
  const { world, goods, nowMs } = breakables
  return scenario(async () => {
    const name = 'impossible-travel'
    const { key, shop } = takeItem(breakables, name)
    const atMs = nowMs()
    const sent = {
      name,
      step: 'sent',
      key,
      atMs: atMs - 1_000,
      bizStep: 'shipping',
      disposition: 'in_transit',
      at: shop,
      gone: true
    } as const
    const quay = world.siteOf(pointIds.quay)
    const got = { name, step: 'got', key, atMs, bizStep: 'receiving', disposition: 'in_progress', at: quay } as const
    const events = [say(world, sent), say(world, got)]
    await goods().tell(events)
    return wrongEvents(breakables, key, events)
  })
}

/** An item that lies in the supermarket is received in a depot of the same city, and nobody sent it there. */
export function brokenSequence(breakables: Breakables): Scenario {
  const { world, goods, nowMs } = breakables
  return scenario(async () => {
    const name = 'broken-sequence'
    const { key } = takeItem(breakables, name, 'formula')
    const depot = world.siteOf(pointIds.foodDepot)
    const got = { name, step: 'got', key, atMs: nowMs(), bizStep: 'receiving', disposition: 'in_progress', at: depot } as const
    const events = [say(world, got)]
    await goods().tell(events)
    return wrongEvents(breakables, key, events)
  })
}

/** An item is destroyed in its shop and sold there all the same. */
export function useAfterEnd(breakables: Breakables): Scenario {
  const { world, goods, nowMs } = breakables
  return scenario(async () => {
    const name = 'use-after-end'
    const { key, shop, vaccine } = takeItem(breakables, name)
    const atMs = nowMs()
    const end = {
      name,
      step: 'end',
      key,
      atMs: atMs - 30 * minuteMs,
      bizStep: 'destroying',
      disposition: 'destroyed',
      at: shop,
      gone: true
    } as const
    const sale = saleEvent({ eventID: eventIdOf(world.seed, name, 'sale', key, atMs), atMs, shop, vaccine, epcs: [key], quantities: [] })
    const events = [say(world, end), sale]
    await goods().tell(events)
    return wrongEvents(breakables, key, events)
  })
}

/** A pallet that a measure or a recall holds leaves the bonded store by the back door. There must be such an order first. */
export function movedAlthoughHeld(breakables: Breakables): Scenario {
  const { world, goods, nowMs } = breakables
  return scenario(async () => {
    const name = 'moved-although-held'
    const pallet = goods().palletOf(await goods().held())
    if (pallet === undefined)
      throw simError('SCENARIO_NO_GOODS', {
        name,
        what: 'no pallet in the store is under a measure or a recall; order one, e.g. sealDetain'
      })
    const moved = {
      name,
      step: 'moved',
      key: pallet,
      atMs: nowMs(),
      bizStep: 'loading',
      disposition: 'in_progress',
      at: world.siteOf(pointIds.dock)
    } as const
    const events = [say(world, moved)]
    await goods().tell(events)
    return wrongEvents(breakables, pallet, events)
  })
}

/** The system of a shop tells of a count that is to take place in two hours. */
export function lateEvent(breakables: Breakables): Scenario {
  const { world, goods, nowMs } = breakables
  return scenario(async () => {
    const name = 'late-event'
    const { key, shop } = takeItem(breakables, name)
    const atMs = nowMs() + aheadMs
    const counted = { name, step: 'counted', key, atMs, bizStep: 'cycle_counting', disposition: 'in_progress', at: shop } as const
    const events = [say(world, counted)]
    await goods().tell(events)
    return wrongEvents(breakables, key, events)
  })
}
