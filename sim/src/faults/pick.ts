/** Chooses consignments for faults so that no fault disturbs another's, and names the places that they happen at. */
import { simError } from '../errors.ts'
import type { Pallet } from '../goods/consignment.ts'
import { hourMs } from '../goods/consignment.ts'
import { shopPointOf } from '../goods/route-inland.ts'
import { pointIds } from '../world/names.ts'
import type { GoodsName } from '../world/products.ts'
import { stepOf, type Tale, type Told, type Way } from './tale.ts'

export interface Spot {
  readonly way: Way
  readonly index: number
  readonly pallet: Pallet
  /** Serial of the crate that the pallet's goods went on in, as a key. */
  readonly crate: string
  readonly shop: string
  readonly depot: string
}

/** Takes pallets one after the other; each is given once. */
export interface Picker {
  /** A pallet of the goods whose whole way to the shop is told. */
  pallet(...goods: readonly GoodsName[]): Spot
  /** A whole consignment of the goods that nobody has taken a pallet of. */
  consignment(...goods: readonly GoodsName[]): Spot[]
}

export function createPicker(tale: Tale): Picker {
  const free = tale.ways
    .filter(({ told }) => told.some(({ step }) => step.startsWith('stock-')))
    .flatMap((way) => way.consignment.pallets.map((pallet, index) => spotOf(tale, way, pallet, index)))
    .filter(({ way, index }) => stepOf(way, `stock-${index}`) !== undefined)
  const fits = (spot: Spot, goods: readonly GoodsName[]) => goods.length === 0 || goods.includes(spot.way.consignment.goods.name)
  const take = (spot: Spot): Spot => {
    free.splice(free.indexOf(spot), 1)
    return spot
  }
  return {
    pallet(...goods) {
      const found = tale.random.next() < 0.5 ? free.find((spot) => fits(spot, goods)) : free.findLast((spot) => fits(spot, goods))
      if (found === undefined) throw simError('SCENARIO_NO_GOODS', { name: 'faults', what: `no pallet of ${goods.join(', ')} is left` })
      return take(found)
    },
    consignment(...goods) {
      const found = free.find((spot) => {
        const all = spot.way.consignment.pallets.length
        return fits(spot, goods) && free.filter(({ way }) => way === spot.way).length === all
      })
      if (found === undefined)
        throw simError('SCENARIO_NO_GOODS', { name: 'faults', what: `no consignment of ${goods.join(', ')} is left` })
      return free.filter(({ way }) => way === found.way).map(take)
    }
  }
}

function spotOf({ world }: Tale, way: Way, pallet: Pallet, index: number): Spot {
  const { goods } = way.consignment
  const crate = way.told.find(({ step }) => step === `crate-${index}`)?.json['parentID']
  return {
    way,
    index,
    pallet,
    crate: typeof crate === 'string' ? crate : '',
    shop: world.siteOf(shopPointOf(goods.shop)),
    depot: world.siteOf(goods.importer === 'pharmaImporter' ? pointIds.pharmaDepot : pointIds.foodDepot)
  }
}

/** A step of the spot's pallet, e.g. `stock`, or of its consignment. */
export function told(spot: Spot, name: string): Told {
  const found = stepOf(spot.way, `${name}-${spot.index}`) ?? stepOf(spot.way, name)
  if (found === undefined)
    throw simError('SCENARIO_NO_GOODS', { name: 'faults', what: `consignment ${spot.way.consignment.record.number} tells no ${name}` })
  return found
}

/** One of its goods that is not sold within so many hours of its being stocked, so that a fault has time. */
export function unsold(spot: Spot, hours = 48): string {
  const stockedMs = told(spot, 'stock').atMs
  const soon = spot.way.told.filter(({ step, atMs }) => step.startsWith(`sale-${spot.index}-`) && atMs < stockedMs + hours * hourMs)
  const sold = new Set(soon.flatMap(({ json }) => (Array.isArray(json['epcList']) ? json['epcList'] : [])))
  const found = spot.pallet.items.findLast((key) => !sold.has(key))
  if (found === undefined) throw simError('SCENARIO_NO_GOODS', { name: 'faults', what: `pallet ${spot.pallet.key} has nothing left` })
  return found
}

/** What is told of a key after a time: its sales and so on. */
export function dropAfter(spot: Spot, key: string, afterMs: number): void {
  for (const one of spot.way.told) {
    const list = one.json['epcList']
    if (one.atMs <= afterMs || !Array.isArray(list) || !list.includes(key)) continue
    one.json = { ...one.json, epcList: list.filter((item) => item !== key) }
  }
  const kept = spot.way.told.filter(
    ({ json, step }) => !step.startsWith('sale-') || !Array.isArray(json['epcList']) || json['epcList'].length > 0
  )
  spot.way.told.splice(0, spot.way.told.length, ...kept)
}
