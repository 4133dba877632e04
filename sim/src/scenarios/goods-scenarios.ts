/** Scenarios of the goods themselves: a serial number that exists twice, and goods that went past inspection. */
import { setTimeout as wait } from 'node:timers/promises'
import { simError } from '../errors.ts'
import { declareError } from '../goods/epcis-json.ts'
import { eventIdOf } from '../goods/numbers.ts'
import { routeTimes } from '../goods/route.ts'
import { saleEvent } from '../goods/route-inland.ts'
import { inspectionEvent } from '../goods/route-port.ts'
import { pointIds } from '../world/names.ts'
import type { Breakables, Scenario } from './scenario.ts'

const minuteMs = 60_000
const betweenSalesMs = 1_000

/** An item is sold where it was, and a moment later again in a shop far away. Ending it withdraws the second sale as wrong. */
export function clonedSerial({ world, goods, nowMs }: Breakables): Scenario {
  return {
    lastsMs: 5 * minuteMs,
    mendsItself: false,
    targets: [],
    async begin() {
      const sale = goods().shops.sellOneItem(nowMs())
      if (sale === undefined)
        throw simError('SCENARIO_NO_GOODS', { name: 'cloned-serial', what: 'no item with a serial number is on a shelf' })
      sale.done()
      await goods().tell([sale.event])
      await wait(betweenSalesMs)
      const elsewhere = sale.item.goods === 'toy' ? pointIds.clinic : pointIds.toyShop
      const atMs = nowMs()
      const clone = saleEvent({
        eventID: eventIdOf(world.seed, 'clone', sale.item.key, atMs),
        atMs,
        shop: world.siteOf(elsewhere),
        vaccine: false,
        epcs: [sale.item.key],
        quantities: []
      })
      await goods().tell([clone])
      return { target: sale.item.key, end: () => goods().tell([declareError(clone, nowMs(), 'did_not_occur')]) }
    }
  }
}

/** A container goes from the yard straight onto the shelf. Ending it hands in the laboratory's report. */
export function missingInspection({ world, goods }: Breakables): Scenario {
  return {
    lastsMs: 5 * minuteMs,
    mendsItself: false,
    targets: [],
    begin() {
      const consignment = goods().smuggle()
      const eventId = (step: string) => eventIdOf(world.seed, 'late', consignment.record.number, consignment.record.arrivalMs, step)
      // Between the unloading and the way to the shop: the laboratory was there, and only its report comes late.
      const inspectedMs = consignment.record.arrivalMs + routeTimes.live.unloadMs + 2_000
      return {
        target: consignment.goods.product.key,
        end: () => goods().tell([inspectionEvent({ world, consignment, eventId }, inspectedMs)])
      }
    }
  }
}
