/** The goods in question as a recall scope: what was exposed, its products and lots, and who holds what came of it. Pure. */
import { keyKind, parentKeyOf } from './gs1/key.ts'
import type { HolderState, Holding, Stay } from './trace.ts'
import type { RecallScope } from './warning.ts'

/** Stays listed in a scope; past it the scope says that it is cut. */
export const exposedMax = 1_000
export const holdingsMax = 500
/** Goods listed in one holding; its `count` stays exact. */
export const goodsPerHoldingMax = 100

export interface ScopeInput {
  readonly stays: readonly Stay[]
  /** Goods that are named without a stay, as trace rules do. */
  readonly goods: readonly string[]
  readonly holdings: readonly Holding[]
  /** Lot by item, where an event told it; the key of an item does not hold its lot. */
  readonly lotOf: ReadonlyMap<string, string>
  readonly total: number
  readonly truncated: boolean
  readonly asOfMs: number
}

export function recallScope(input: ScopeInput): RecallScope {
  const keys = [...new Set([...input.stays.map((stay) => stay.key), ...input.goods])]
  const exposed = input.stays.slice(0, exposedMax)
  const holdings = input.holdings
    .slice(0, holdingsMax)
    .map((holding) => ({ ...holding, goods: holding.goods.slice(0, goodsPerHoldingMax) }))
  return {
    exposed,
    products: productsOf(keys),
    lots: lotsOf(keys, input.lotOf),
    holdings,
    total: input.total,
    truncated: input.truncated || exposed.length < input.stays.length || holdings.length < input.holdings.length,
    asOfMs: input.asOfMs
  }
}

export function productsOf(keys: readonly string[]): string[] {
  const products = new Set<string>()
  for (const key of keys) {
    const product = keyKind(key) === 'product' ? key : parentKeyOf(key)
    if (product !== undefined) products.add(product)
  }
  return [...products].sort()
}

function lotsOf(keys: readonly string[], lotOf: ReadonlyMap<string, string>): string[] {
  const lots = new Set<string>()
  for (const key of keys) {
    const lot = keyKind(key) === 'lot' ? key : lotOf.get(key)
    if (lot !== undefined) lots.add(lot)
  }
  return [...lots].sort()
}

export interface HeldGoods {
  readonly byState: Readonly<Record<HolderState, number>>
  /** In stock, but not at any of the given places. */
  readonly elsewhere: number
  /** Distinct parties, or places where no party is known. */
  readonly holders: number
}

export function heldGoods(holdings: readonly Holding[], here: (place: string) => boolean): HeldGoods {
  const byState: Record<HolderState, number> = { inStock: 0, inTransit: 0, sold: 0, destroyed: 0, unknown: 0 }
  const holders = new Set<string>()
  let elsewhere = 0
  for (const holding of holdings) {
    byState[holding.state] += holding.count
    if (holding.state === 'inStock' && holding.place !== undefined && !here(holding.place)) elsewhere += holding.count
    const holder = holding.party ?? holding.place
    if (holder !== undefined && holding.state !== 'destroyed') holders.add(holder)
  }
  return { byState, elsewhere, holders: holders.size }
}
