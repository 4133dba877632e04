/**
 * Probabilities as exact fractions: the matrix compares strictly, and 0.1 × 0.1 in binary numbers is above 0.01. A number stands for the
 * shortest decimal that means it. Pure.
 */

/** A number from 0 to 1, or a fraction such as `1/50`. */
export type Probability = number | string

interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

const fractionPattern = /^(\d{1,15})\/(\d{1,15})$/

/** Undefined when it is not a probability. */
export function fractionOf(probability: Probability): Fraction | undefined {
  const fraction = typeof probability === 'number' ? decimalOf(probability) : writtenOf(probability)
  return fraction !== undefined && fraction.over >= 0n && fraction.over <= fraction.under ? fraction : undefined
}

function writtenOf(text: string): Fraction | undefined {
  const [, over, under] = fractionPattern.exec(text.replaceAll(' ', '')) ?? []
  if (over === undefined || under === undefined || BigInt(under) === 0n) return undefined
  return { over: BigInt(over), under: BigInt(under) }
}

function decimalOf(value: number): Fraction | undefined {
  const [, whole = '0', decimals = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? []
  if (!Number.isFinite(value) || value < 0) return undefined
  const scale = decimals.length - Number(exponent)
  const digits = BigInt(whole + decimals)
  return scale >= 0 ? { over: digits, under: 10n ** BigInt(scale) } : { over: digits * 10n ** BigInt(-scale), under: 1n }
}

export function productOf(probabilities: readonly Probability[]): Fraction | undefined {
  let product: Fraction = { over: 1n, under: 1n }
  for (const probability of probabilities) {
    const factor = fractionOf(probability)
    if (factor === undefined) return undefined
    product = { over: product.over * factor.over, under: product.under * factor.under }
  }
  return product
}

export function isAbove(left: Fraction, right: Fraction): boolean {
  return left.over * right.under > right.over * left.under
}

/** As a number, for showing; exact to 15 digits. */
export function numberOf({ over, under }: Fraction): number {
  // Scaled first, as numerator and denominator may be beyond what a number holds.
  const scale = 10n ** 18n
  return Number((over * scale) / under) / 1e18
}

/** So many times more, at most 1, or less; written as it was given. Undefined where it cannot move: 1 up, and 0. */
export function scaledBy(probability: Probability, times: number, direction: 'up' | 'down'): Probability | undefined {
  const from = fractionOf(probability)
  if (from === undefined || from.over === 0n || (direction === 'up' && from.over === from.under)) return undefined
  const factor = BigInt(times)
  const grown = direction === 'up' ? { over: from.over * factor, under: from.under } : { over: from.over, under: from.under * factor }
  const to = grown.over > grown.under ? { over: 1n, under: 1n } : grown
  if (typeof probability === 'number') return numberOf(to)
  const divisor = greatestDivisor(to.over, to.under)
  return `${to.over / divisor}/${to.under / divisor}`
}

function greatestDivisor(left: bigint, right: bigint): bigint {
  return right === 0n ? left : greatestDivisor(right, left % right)
}
