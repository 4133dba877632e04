/** Between trace keys and the goods of a control order, and which orders of a list fit what a scanner read. Pure. */
import { refusesStep, refusalRank, type ControlAction, type RefusingAction } from './control-actions.ts'
import type { ControlGoods, ControlOrder } from './control.ts'
import { canonicalKey, itemKey, keyParts, logisticKey, lotKey, productKey } from './gs1/key.ts'

const elementPattern = /^[!%-?A-Z_a-z"]{1,20}$/

/** Trace keys as the goods of an order; a key that no scanner element stands for goes in as itself, one that is no GS1 key not at all. */
export function goodsOfKeys(keys: Iterable<string>): ControlGoods | undefined {
  const products = new Set<string>()
  const lots = new Map<string, Set<string>>()
  const items = new Map<string, Set<string>>()
  const containers = new Set<string>()
  const others = new Set<string>()
  for (const key of keys) {
    const parts = keyParts(key)
    if (parts === undefined) continue
    const { primary, value, qualifier, qualifierValue = '' } = parts
    if (primary === '00') containers.add(value)
    else if (primary === '01' && qualifier === undefined) products.add(value)
    else if (primary === '01' && qualifier === '10' && elementPattern.test(qualifierValue)) group(lots, value, qualifierValue)
    else if (primary === '01' && qualifier === '21' && elementPattern.test(qualifierValue)) group(items, value, qualifierValue)
    else others.add(canonicalKey(key) ?? key)
  }
  const goods = {
    ...(products.size === 0 ? {} : { products: [...products].sort() }),
    ...(lots.size === 0 ? {} : { lots: sortedGroups(lots).map(([gtin, values]) => ({ gtin, lots: values })) }),
    ...(items.size === 0 ? {} : { items: sortedGroups(items).map(([gtin, values]) => ({ gtin, serials: values })) }),
    ...(containers.size === 0 ? {} : { containers: [...containers].sort() }),
    ...(others.size === 0 ? {} : { keys: [...others].sort() })
  }
  return Object.keys(goods).length === 0 ? undefined : goods
}

function group(groups: Map<string, Set<string>>, gtin: string, value: string): void {
  const values = groups.get(gtin)
  if (values === undefined) groups.set(gtin, new Set([value]))
  else values.add(value)
}

function sortedGroups(groups: ReadonlyMap<string, ReadonlySet<string>>): [string, string[]][] {
  return [...groups]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([gtin, values]): [string, string[]] => [gtin, [...values].sort()])
}

/** The trace keys that the goods of an order stand for. */
export function* keysOfGoods(goods: ControlGoods): Generator<string> {
  for (const gtin of goods.products ?? []) yield productKey(gtin)
  for (const { gtin, lots } of goods.lots ?? []) for (const lot of lots) yield lotKey(gtin, lot)
  for (const { gtin, serials } of goods.items ?? []) for (const serial of serials) yield itemKey(gtin, serial)
  for (const sscc of goods.containers ?? []) yield logisticKey(sscc)
  for (const key of goods.keys ?? []) yield canonicalKey(key) ?? key
}

/** An order without its goods: what is told of it. */
export type ControlOrderHead = Omit<ControlOrder, 'goods'>

export interface ControlIndex {
  readonly orders: readonly ControlOrderHead[]
  readonly keyCount: number
  /** The orders that fit any of the keys and are not released for one of them; drills and orders that have run out included. */
  matching(keys: readonly string[]): ControlOrderHead[]
}

export function indexOrders(orders: readonly ControlOrder[]): ControlIndex {
  const heads: ControlOrderHead[] = []
  const byKey = new Map<string, number[]>()
  for (const { goods, ...head } of orders) {
    const index = heads.push(head) - 1
    for (const key of keysOfGoods(goods)) {
      const known = byKey.get(key)
      if (known === undefined) byKey.set(key, [index])
      else known.push(index)
    }
  }
  return {
    orders: heads,
    keyCount: byKey.size,
    matching(keys) {
      const found = new Set<number>()
      const released = new Set<string>()
      for (const key of keys)
        for (const index of byKey.get(key) ?? []) {
          const head = heads[index]
          if (head?.action === 'release' && head.of !== undefined) released.add(head.of)
          else found.add(index)
        }
      return [...found].flatMap((index) => {
        const head = heads[index]
        return head === undefined || released.has(orderOf(head)) ? [] : [head]
      })
    }
  }
}

/** One order may go out in pieces, `M-1` and `M-1_2`, when its goods need more than one part; a release lifts all of them. */
export function orderOf({ id }: { readonly id: string }): string {
  return id.replace(/_\d+$/, '')
}

/** The order that decides on a scan, and all that refuse it; undefined when it may pass. */
export function judgeScan(
  index: ControlIndex,
  scan: {
    readonly keys: readonly string[]
    readonly bizStep?: string | undefined
    readonly disposition?: string | undefined
    readonly nowMs: number
  }
):
  | {
      readonly action: RefusingAction
      readonly order: ControlOrderHead
      readonly orders: readonly ControlOrderHead[]
      readonly drill: boolean
    }
  | undefined {
  const orders = index
    .matching(scan.keys)
    .filter((order) => (order.untilMs === undefined || scan.nowMs < order.untilMs) && refusesStep(order.action, scan))
  const rank = (action: ControlAction) => refusalRank.findIndex((name) => name === action)
  // A real order stands before any exercise.
  const [order] = orders.toSorted(
    (left, right) => Number(left.drill ?? false) - Number(right.drill ?? false) || rank(left.action) - rank(right.action)
  )
  if (order === undefined || order.action === 'release') return undefined
  return { action: order.action, order, orders, drill: order.drill === true }
}
