/** The shelves: what the shops hold and sell. Sales go on all the time, from what really is there. */
import type { World } from '../world.ts'
import { goodsNames, type GoodsName } from '../world/products.ts'
import { createRandom } from '../world/random.ts'
import { secondMs, type Consignment } from './consignment.ts'
import type { EpcisJson } from './epcis-json.ts'
import type { GoodsState, Stock } from './goods-state.ts'
import { saleEvent, shopPointOf } from './route-inland.ts'

/** Past this the shops sell faster. */
const stockMax = 3_000
const saleEveryMs = 12 * secondMs
const kilogramsPerSale = 60

interface Sale {
  readonly event: EpcisJson
  /** Takes the goods off the shelf; call it when the platform has the event. */
  done(): void
}

export interface Shops {
  stock(consignment: Consignment, pallet: number): void
  /** What was sold outside of `dueSale`. */
  sold(keys: readonly string[], kilograms: number): void
  dueSale(atMs: number): Sale | undefined
  /** Sells one item of serialised goods right now, for a scenario; of the goods wanted where that is said. */
  sellOneItem(atMs: number, wanted?: GoodsName): { readonly event: EpcisJson; readonly item: Stock; done(): void } | undefined
}

export interface ShopsOptions {
  readonly world: World
  readonly state: GoodsState
  readonly eventId: (id: string) => string
}

export function createShops(options: ShopsOptions): Shops {
  const { world, state } = options
  let nextSaleMs = 0
  /** Told, but perhaps not taken: it is told again as it is. */
  let pending: Sale | undefined
  const shopOf = (stock: Stock): string => world.siteOf(shopPointOf(world.goods[stock.goods].shop))
  const sell = (sold: readonly Stock[], atMs: number): Sale | undefined => {
    const [first] = sold
    if (first === undefined) return undefined
    // Taken at once: another sale may begin before this one is told.
    const id = `live-sale-${state.nextSale}`
    state.nextSale += 1
    const kilograms = Math.min(kilogramsPerSale, first.kilograms)
    const event = saleEvent({
      eventID: options.eventId(id),
      atMs,
      shop: shopOf(first),
      vaccine: first.goods === 'vaccine',
      epcs: first.kilograms > 0 ? [] : sold.map((one) => one.key),
      quantities: first.kilograms > 0 ? [{ epcClass: first.key, quantity: kilograms, uom: 'KGM' }] : []
    })
    return {
      event,
      done() {
        takeOff(
          state,
          sold.map((one) => one.key),
          kilograms
        )
      }
    }
  }
  return {
    stock(consignment, index) {
      const pallet = consignment.pallets[index]
      if (pallet === undefined) return
      const goods = consignment.goods.name
      for (const key of pallet.items) state.stock.push({ key, goods, kilograms: 0 })
      for (const { epcClass, quantity } of pallet.loose) addWeight(state, { key: epcClass, goods, kilograms: quantity })
    },
    sold: (keys, kilograms) => takeOff(state, keys, kilograms),
    dueSale(atMs) {
      if (pending !== undefined) return pending
      if (atMs < nextSaleMs) return undefined
      const random = createRandom(world.seed, `sale/${state.nextSale}`)
      nextSaleMs = atMs + Math.round((saleEveryMs * (0.5 + random.next())) / (state.stock.length > stockMax ? 6 : 1))
      const goods = random.pick(goodsNames)
      const shelf = state.stock.filter((one) => one.goods === goods)
      const sale = sell(shelf.slice(0, shelf[0]?.kilograms === 0 ? random.integer(1, 4) : 1), atMs)
      if (sale === undefined) return undefined
      pending = {
        event: sale.event,
        done() {
          pending = undefined
          sale.done()
        }
      }
      return pending
    },
    sellOneItem(atMs, wanted) {
      const items = state.stock.filter((one) => one.kilograms === 0 && (wanted === undefined || one.goods === wanted))
      const item = items.find((one) => one.goods === 'vaccine') ?? items[0]
      const sale = item === undefined ? undefined : sell([item], atMs)
      return item === undefined || sale === undefined ? undefined : { ...sale, item }
    }
  }
}

function addWeight(state: GoodsState, stock: Stock): void {
  const before = state.stock.find((one) => one.key === stock.key)
  if (before === undefined) state.stock.push(stock)
  else before.kilograms += stock.kilograms
}

function takeOff(state: GoodsState, keys: readonly string[], kilograms: number): void {
  const gone = new Set(keys)
  for (const stock of state.stock)
    if (gone.has(stock.key) && stock.kilograms > 0) stock.kilograms = Math.max(0, stock.kilograms - kilograms)
  const kept = state.stock.filter((stock) => !gone.has(stock.key) || stock.kilograms > 0)
  state.stock.splice(0, state.stock.length, ...kept)
}
