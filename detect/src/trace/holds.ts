/** The holds in force, found by the keys they name. It does not decide what is held: measures and recalls do. */
import { holdsMax, keysPerHoldMax, type Hold } from '../engine.ts'
import { gtinOf } from '../goods-key.ts'

export interface HoldIndex {
  /** Holds that name the key. */
  on(key: string): readonly Hold[]
  /** Whether any hold may concern the thing: it, its product or a lot of its product is named. */
  mayConcern(key: string): boolean
  readonly count: number
}

export function indexHolds(holds: readonly Hold[]): HoldIndex {
  const byKey = new Map<string, Hold[]>()
  /** GTINs of products and lots that are named. */
  const gtins = new Set<string>()
  for (const hold of holds.slice(0, holdsMax))
    for (const key of hold.keys.slice(0, keysPerHoldMax)) {
      const known = byKey.get(key)
      if (known === undefined) byKey.set(key, [hold])
      else known.push(hold)
      const gtin = gtinOf(key)
      if (gtin !== undefined && !key.includes('/21/')) gtins.add(gtin)
    }
  return {
    on: (key) => byKey.get(key) ?? [],
    mayConcern: (key) => byKey.has(key) || gtins.has(gtinOf(key) ?? ''),
    count: holds.length
  }
}
