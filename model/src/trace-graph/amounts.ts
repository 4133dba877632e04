/**
 * Quantities of goods without serial numbers, added up in one unit of each kind: kilogram, litre, metre, square metre, piece. A unit that
 * cannot be converted counts by itself, and what was not told is said so, never guessed.
 */
import { convertCommonUnit } from '../common-unit.ts'
import type { Quantity } from '../trace.ts'

/** UN/ECE Recommendation 20 codes that sums are given in. */
const baseUnits = ['KGM', 'LTR', 'C62', 'MTR', 'MTK'] as const
const pieces = 'C62'

interface Conversion {
  readonly unit: string
  readonly factor: number
}
const conversions = new Map<string, Conversion>()
/** Codes are short and few; what partners make up is not kept without end. */
const conversionsMax = 1_000

function conversionOf(uom: string | undefined): Conversion {
  const code = uom ?? pieces
  const known = conversions.get(code)
  if (known !== undefined) return known
  let conversion: Conversion = { unit: code, factor: 1 }
  for (const unit of baseUnits) {
    const factor = convertCommonUnit(1, code, unit)
    if (factor === undefined) continue
    conversion = { unit, factor }
    break
  }
  if (conversions.size >= conversionsMax) conversions.clear()
  conversions.set(code, conversion)
  return conversion
}

/** Whether the unit is one whose kind is known, so that it may be compared with others of it. */
export function isComparableUnit(uom: string | undefined): boolean {
  return baseUnits.some((unit) => unit === conversionOf(uom).unit)
}

/** How much of something there is. */
export interface Amount {
  /** Base unit to quantity. */
  readonly of: Map<string, number>
  /** Some of it was told without a quantity. */
  untold: boolean
}

export function noAmount(): Amount {
  return { of: new Map(), untold: false }
}

export function amountOf({ quantity, uom }: { readonly quantity?: number; readonly uom?: string }): Amount {
  if (quantity === undefined) return { of: new Map(), untold: true }
  const { unit, factor } = conversionOf(uom)
  return { of: new Map([[unit, clean(quantity * factor)]]), untold: false }
}

export function isNothing(amount: Amount): boolean {
  return amount.of.size === 0 && !amount.untold
}

export function copyOf(amount: Amount): Amount {
  return { of: new Map(amount.of), untold: amount.untold }
}

export function add(into: Amount, amount: Amount): void {
  for (const [unit, quantity] of amount.of) into.of.set(unit, clean((into.of.get(unit) ?? 0) + quantity))
  if (amount.untold) into.untold = true
}

/** Takes as much of `wanted` as there is, all there is when `wanted` was not told, and gives what was taken. */
export function take(from: Amount, wanted: Amount): Amount {
  if (wanted.untold) {
    const all = copyOf(from)
    from.of.clear()
    from.untold = false
    return all
  }
  if (from.untold) {
    // Nobody knows what is left of a heap of unknown size: the first taking ends it.
    from.of.clear()
    from.untold = false
    return copyOf(wanted)
  }
  const taken = noAmount()
  for (const [unit, quantity] of wanted.of) {
    const there = from.of.get(unit) ?? 0
    const took = Math.min(there, quantity)
    if (took <= 0) continue
    taken.of.set(unit, took)
    const rest = clean(there - took)
    if (rest > 0) from.of.set(unit, rest)
    else from.of.delete(unit)
  }
  return taken
}

/** What of `wanted` is not in `taken`. */
export function missing(wanted: Amount, taken: Amount): Amount {
  const rest = noAmount()
  for (const [unit, quantity] of wanted.of) {
    const lacks = clean(quantity - (taken.of.get(unit) ?? 0))
    if (lacks > 0) rest.of.set(unit, lacks)
  }
  return rest
}

/** Sorted by unit; pieces have none. */
export function quantitiesOf(amount: Amount): Quantity[] {
  return [...amount.of]
    .filter(([, quantity]) => quantity !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([unit, quantity]) => (unit === pieces ? { quantity } : { quantity, uom: unit }))
}

/** Sums of decimal fractions leave binary dust behind the twelfth digit. */
export function clean(quantity: number): number {
  return Number(quantity.toPrecision(12))
}
