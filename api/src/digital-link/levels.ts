/**
 * A Digital Link that somebody asks this server for, read strictly (GS1 Digital Link: URI syntax), and what it may fall back to: the item,
 * its lot, its product. What is wrong is said with the digit or form that was wanted. It asks no store.
 */
import { checkDigitOf } from '@tracegate/model/gs1/check-digit'
import { linkLengthMax, readDigitalLink } from '@tracegate/model/gs1/digital-link'
import { canonicalKey, keyRoot, lotKeyOf, parentKeyOf, shortNames } from '@tracegate/model/gs1/key'
import { unescapeUri } from '@tracegate/model/gs1/uri-escape'
import { linkError } from './errors.ts'

/** Primary keys of Digital Links (GS1 Digital Link: URI syntax §4.3). */
export const primaryKeys = [
  '00',
  '01',
  '253',
  '255',
  '401',
  '402',
  '414',
  '415',
  '417',
  '8003',
  '8004',
  '8006',
  '8010',
  '8013',
  '8017',
  '8018'
] as const
const primarySet: ReadonlySet<string> = new Set(primaryKeys)
/** Names that stood for primary keys in Digital Link 1.0 and 1.1. */
export const shortPrimaries: readonly string[] = Object.keys(shortNames).filter((name) => primarySet.has(shortNames[name] ?? ''))

export interface LinkOptions {
  /** Reads `/gtin/…/lot/…` too. */
  readonly shortNames?: boolean
  /** Refuses GTINs of 8, 12 and 13 digits, which the strict syntax wants filled up to 14. */
  readonly fullGtinOnly?: boolean
}

/** Canonical keys, the most particular first. */
export type Levels = readonly [string, ...string[]]

/** `path` as it stood in the request: still escaped. */
export function readLevels(path: string, query: string, options: LinkOptions = {}): Levels {
  const length = path.length + query.length
  if (length > linkLengthMax - keyRoot.length) throw linkError('LINK_TOO_LONG', { length, lengthMax: linkLengthMax - keyRoot.length })
  const first = path.split('/', 2)[1] ?? ''
  const ai = shortNames[first]
  if (ai !== undefined && options.shortNames !== true) throw linkError('LINK_SHORT_NAME', { name: first, ai })
  const link = `${keyRoot.slice(0, -1)}${path}`
  const read = readDigitalLink(`${link}${attributesOf(query)}`, {
    zeroSuppressedGtin: options.fullGtinOnly !== true,
    ...(options.shortNames === true ? { shortNames: true } : {})
  })
  if (!read.ok) throw linkError('LINK_INVALID', { reason: checkDigitReason(path) ?? read.reason.message })
  const key = canonicalKey(link)
  if (key === undefined) throw linkError('LINK_INVALID', { reason: `path is "${path.slice(0, 80)}", expected a key with its qualifiers` })
  const lot = lotKeyOf(link)
  const product = parentKeyOf(key)
  const place = /^(https:\/\/id\.gs1\.org\/414\/\d{13})\/254\//.exec(key)?.[1]
  const above = [lot, product, place].filter((level) => level !== undefined && level !== key)
  return [key, ...new Set(above.flatMap((level) => level ?? []))]
}

/** Data attributes are checked; what only a resolver reads is none of the link's. */
function attributesOf(query: string): string {
  const attributes = query.split('&').filter((parameter) => /^\d+=/.test(parameter))
  return attributes.length === 0 ? '' : `?${attributes.join('&')}`
}

/** Identifiers whose value, or its first digits, ends in a check digit. */
const checkedDigits: Readonly<Record<string, number>> = {
  '00': 18,
  '01': 14,
  '253': 13,
  '255': 13,
  '402': 17,
  '414': 13,
  '415': 13,
  '417': 13,
  '8003': 14,
  '8006': 14,
  '8017': 18,
  '8018': 18
}

/** What is wrong with the check digit of the key, where that is what is wrong. */
function checkDigitReason(path: string): string | undefined {
  const [, name = '', escaped = ''] = path.split('/')
  const ai = shortNames[name] ?? name
  const length = checkedDigits[ai]
  const value = unescapeUri(escaped)
  if (length === undefined || value === undefined) return undefined
  const digits = ai === '01' && /^(?:\d{8}|\d{12,13})$/.test(value) ? value : value.slice(0, length)
  if (!/^\d+$/.test(digits) || (digits.length !== length && ai !== '01')) return undefined
  if (![8, 12, 13, 14].includes(digits.length) && ai === '01') return undefined
  const expected = checkDigitOf(digits.slice(0, -1))
  return digits.endsWith(expected) ? undefined : `(${ai}) is ${digits} with check digit ${digits.slice(-1)}, expected ${expected}`
}
