/** GS1 check digits (modulo 10) and check character pairs (GMN, MUDI). Pure arithmetic; knows no application identifier. */

export type CheckResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly error: CheckError
      /** The part at fault, as offsets into the text. */ readonly at: readonly [number, number]
    }

export const checkErrors = [
  'TOO_SHORT_FOR_CHECK_DIGIT',
  'NON_DIGIT_CHARACTER',
  'INCORRECT_CHECK_DIGIT',
  'TOO_SHORT_FOR_CHECK_PAIR',
  'TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION',
  'INVALID_CSET82_CHARACTER',
  'INCORRECT_CHECK_PAIR'
] as const
export type CheckError = (typeof checkErrors)[number]

/** The 82 characters of AI values (GS1 General Specifications, figure 7.11-1), in the order of their check values. */
const cset82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const cset32 = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
/** One weight for each character before the pair, aligned to the right: the first 97 primes. */
const primes = firstPrimes(97)

/** The check digit that belongs after `digits` (weights 3, 1, 3 … from the right). */
export function checkDigitOf(digits: string): string {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    sum += index % 2 === 0 ? digit * 3 : digit
  }
  return String((10 - (sum % 10)) % 10)
}

export function withCheckDigit(digits: string): string {
  return digits + checkDigitOf(digits)
}

/** Checks that the last digit is the check digit of those before it. */
export function checkMod10(text: string): CheckResult {
  if (text === '') return { ok: false, error: 'TOO_SHORT_FOR_CHECK_DIGIT', at: [0, 0] }
  const other = text.search(/[^0-9]/)
  if (other >= 0) return { ok: false, error: 'NON_DIGIT_CHARACTER', at: [other, other + 1] }
  const last = text.length - 1
  return text[last] === checkDigitOf(text.slice(0, last))
    ? { ok: true }
    : { ok: false, error: 'INCORRECT_CHECK_DIGIT', at: [last, last + 1] }
}

/** The two check characters that belong after `text` (GS1 General Specifications §7.9.5): a weighted sum modulo 1021, in base 32. */
export function checkPairOf(text: string): string {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) {
    sum += cset82.indexOf(text.charAt(index)) * (primes[text.length - 1 - index] ?? 0)
  }
  const rest = sum % 1021
  return cset32.charAt(rest >> 5) + cset32.charAt(rest & 31)
}

export function checkPair(text: string): CheckResult {
  const { length } = text
  if (length < 2) return { ok: false, error: 'TOO_SHORT_FOR_CHECK_PAIR', at: [0, length] }
  if (length - 2 > primes.length) return { ok: false, error: 'TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION', at: [0, length] }
  const stem = text.slice(0, -2)
  for (let index = 0; index < stem.length; index += 1) {
    if (!cset82.includes(stem.charAt(index))) return { ok: false, error: 'INVALID_CSET82_CHARACTER', at: [index, index + 1] }
  }
  return checkPairOf(stem) === text.slice(-2) ? { ok: true } : { ok: false, error: 'INCORRECT_CHECK_PAIR', at: [length - 2, length] }
}

function firstPrimes(count: number): readonly number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}
