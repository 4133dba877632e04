/** One consignment: which lot on which pallets in which container, all made from its number, so that only little needs to be kept. */
import { itemKey, lotKey } from '@tracegate/model/gs1/key'
import { Type, type Static } from 'typebox'
import type { World } from '../world.ts'
import type { SlotName } from '../world/names.ts'
import { goodsNames, type Goods } from '../world/products.ts'
import { createRandom, type Random } from '../world/random.ts'
import type { Quantity } from './epcis-json.ts'
import { giaiKey, graiKey, palletKey } from './numbers.ts'

/** What is kept of a consignment on its way; everything else follows from it. */
export const ConsignmentRecord = Type.Object({
  number: Type.Integer({ minimum: 0 }),
  /** When its container reached, or will reach, the import port. */
  arrivalMs: Type.Integer(),
  /** history: port and store took days; live: minutes. */
  pace: Type.Union([Type.Literal('history'), Type.Literal('live')]),
  /** Until when the back-history was told; sales of a history consignment after that are left to the shops. */
  toldUntilMs: Type.Integer(),
  /** When each pallet is to leave its chamber. */
  outMs: Type.Array(Type.Integer()),
  container: Type.Integer(),
  /** Serial of the crate that each pallet's goods went on in; 0 before that. */
  crates: Type.Array(Type.Integer()),
  /** Went past inspection, straight to the shop. */
  smuggled: Type.Boolean(),
  /** How many of its steps are done, and when the last one was. */
  done: Type.Integer(),
  lastMs: Type.Integer()
})
export type ConsignmentRecord = Static<typeof ConsignmentRecord>

export interface Pallet {
  readonly key: string
  readonly items: readonly string[]
  /** What is on it where goods have no serials. */
  readonly loose: readonly Quantity[]
}

export interface Consignment {
  readonly record: ConsignmentRecord
  readonly goods: Goods
  readonly lot: string
  readonly lotKey: string
  /** Only the first consignment of a lot tells how the lot was made. */
  readonly firstOfLot: boolean
  readonly rawLots: readonly Quantity[]
  readonly lotQuantity: number
  readonly pallets: readonly Pallet[]
  readonly container: string
  readonly probe: string
  readonly slot: SlotName
  readonly random: Random
}

export const dayMs = 86_400_000
export const hourMs = 3_600_000
export const minuteMs = 60_000
export const secondMs = 1_000

/** A container that goes past inspection stands in the yard for so long first: nothing gets from there to a shop in no time. */
export const smuggledStayMs = 5 * minuteMs

/** Each lot fills two consignments of its goods. */
const consignmentsPerLot = 2

export function goodsOf(world: World, number: number): Goods {
  return world.goods[goodsNames[number % goodsNames.length] ?? 'vaccine']
}

export function consignmentOf(world: World, record: ConsignmentRecord): Consignment {
  const { number } = record
  const goods = goodsOf(world, number)
  const turn = Math.floor(number / goodsNames.length)
  const lotNumber = Math.floor(turn / consignmentsPerLot)
  const firstOfLot = turn % consignmentsPerLot === 0
  const random = createRandom(world.seed, `consignment/${number}`)
  const lotSalt = createRandom(world.seed, `lot/${goods.name}/${lotNumber}`).hex(3).toUpperCase()
  const lot = `${goods.name.slice(0, 1).toUpperCase()}${String(lotNumber).padStart(4, '0')}${lotSalt}`
  const { gtin } = goods.product
  const perPallet = goods.serialised ? goods.itemsPerPallet : goods.kilogramsPerPallet
  const key = lotKey(gtin, lot)
  return {
    record,
    goods,
    lot,
    lotKey: key,
    firstOfLot,
    rawLots: goods.raw.map((raw, index) => ({
      epcClass: lotKey(raw.gtin, `R${lotNumber}${index}${lotSalt}`),
      quantity: raw.perLot,
      uom: raw.uom
    })),
    lotQuantity: perPallet * goods.palletsPerConsignment * consignmentsPerLot,
    pallets: Array.from({ length: goods.palletsPerConsignment }, (_none, index) => palletOf(goods, number, index, key)),
    container: graiKey('carrier', 1, record.container),
    probe: giaiKey('carrier', `PROBE${String(record.container).padStart(5, '0')}`),
    slot: slotOf(goods, turn),
    random
  }
}

function palletOf(goods: Goods, number: number, index: number, lot: string): Pallet {
  const serialBase = 100_000_000 + number * 1_000 + index * 100
  return {
    key: palletKey(goods.maker, number * 10 + index + 1),
    items: goods.serialised
      ? Array.from({ length: goods.itemsPerPallet }, (_none, at) => itemKey(goods.product.gtin, String(serialBase + at)))
      : [],
    loose: goods.serialised ? [] : [{ epcClass: lot, quantity: goods.kilogramsPerPallet, uom: goods.uom }]
  }
}

function slotOf(goods: Goods, turn: number): SlotName {
  switch (goods.chamber) {
    case 'vaccine':
      return turn % 2 === 0 ? 'A1' : 'B1'
    case 'fish':
      return 'A2'
    case 'ambient':
      return 'B2'
    default:
      return neverChamber(goods.chamber)
  }
}

function neverChamber(chamber: never): never {
  throw new TypeError(`Cannot choose slot: chamber is "${String(chamber)}"`)
}
