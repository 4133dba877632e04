/**
 * EPC URN (`urn:epc:id:…`, `urn:epc:class:lgtin:…`, `urn:epc:idpat:…` of one class) taken apart into application identifiers and
 * made from them (GS1 EPC Tag Data Standard §6, §7). Schemes that are no GS1 key (gid, usdod, adi, bic, imovn) are not known.
 */
import { checkDigitOf } from './check-digit.ts'
import { unescapeUri } from './uri-escape.ts'

/** A key by its application identifiers: the primary first, then at most one qualifier. */
export interface KeyParts {
  readonly primary: string
  readonly value: string
  readonly qualifier?: string
  readonly qualifierValue?: string
}

interface Scheme {
  readonly form: 'id' | 'class'
  /** Digits of company prefix and reference together; 0 when the reference is text. */
  readonly digits: number
  /** From company prefix, reference and the parts that follow. */
  readonly read: (prefix: string, reference: string, rest: readonly string[]) => KeyParts | undefined
  /** How many parts follow the reference. */
  readonly restCount: number
}

const gtin = (prefix: string, reference: string): string => checked(reference.slice(0, 1) + prefix + reference.slice(1))
const checked = (digits: string): string => digits + checkDigitOf(digits)
const gtinWith =
  (qualifier: string) =>
  (prefix: string, reference: string, [value = '']: readonly string[]): KeyParts =>
    value === '*'
      ? { primary: '01', value: gtin(prefix, reference) }
      : { primary: '01', value: gtin(prefix, reference), qualifier, qualifierValue: value }
const joined =
  (primary: string, lead = '') =>
  (prefix: string, reference: string, [serial = '']: readonly string[]): KeyParts => ({
    primary,
    value: lead + checked(prefix + reference) + (serial === '*' ? '' : serial)
  })
const plain =
  (primary: string) =>
  (prefix: string, reference: string): KeyParts => ({ primary, value: prefix + reference })

const schemes: Readonly<Record<string, Scheme>> = {
  sgtin: { form: 'id', digits: 13, restCount: 1, read: gtinWith('21') },
  lgtin: { form: 'class', digits: 13, restCount: 1, read: gtinWith('10') },
  upui: { form: 'id', digits: 13, restCount: 1, read: gtinWith('235') },
  sscc: {
    form: 'id',
    digits: 17,
    restCount: 0,
    read: (prefix, reference) => ({ primary: '00', value: gtin(prefix, reference) })
  },
  sgln: {
    form: 'id',
    digits: 12,
    restCount: 1,
    read: (prefix, reference, [extension = '']) =>
      extension === '0' || extension === '*'
        ? { primary: '414', value: checked(prefix + reference) }
        : { primary: '414', value: checked(prefix + reference), qualifier: '254', qualifierValue: extension }
  },
  pgln: { form: 'id', digits: 12, restCount: 0, read: joined('417') },
  grai: { form: 'id', digits: 12, restCount: 1, read: joined('8003', '0') },
  gdti: { form: 'id', digits: 12, restCount: 1, read: joined('253') },
  sgcn: { form: 'id', digits: 12, restCount: 1, read: joined('255') },
  gcn: { form: 'id', digits: 12, restCount: 1, read: joined('255') },
  gsrn: { form: 'id', digits: 17, restCount: 0, read: joined('8018') },
  gsrnp: { form: 'id', digits: 17, restCount: 0, read: joined('8017') },
  gsin: { form: 'id', digits: 16, restCount: 0, read: joined('402') },
  giai: { form: 'id', digits: 0, restCount: 0, read: plain('8004') },
  ginc: { form: 'id', digits: 0, restCount: 0, read: plain('401') },
  cpi: {
    form: 'id',
    digits: 0,
    restCount: 1,
    read: (prefix, reference, [serial = '']) =>
      serial === '*'
        ? { primary: '8010', value: prefix + reference }
        : { primary: '8010', value: prefix + reference, qualifier: '8011', qualifierValue: serial }
  },
  itip: {
    form: 'id',
    digits: 13,
    restCount: 3,
    read: (prefix, reference, [piece = '', total = '', serial = '']) => {
      if (!/^\d\d$/.test(piece) || !/^\d\d$/.test(total)) return undefined
      const value = gtin(prefix, reference) + piece + total
      return serial === '*' ? { primary: '8006', value } : { primary: '8006', value, qualifier: '21', qualifierValue: serial }
    }
  }
}

const urnPattern = /^urn:epc:(id|class|idpat):([a-z]+):(.+)$/i

/** Takes an EPC URN apart; undefined when it is none of a GS1 key. A pattern must name exactly one class. */
export function readEpcUrn(text: string): KeyParts | undefined {
  const match = urnPattern.exec(text)
  if (match === null) return undefined
  const [, form = '', name = '', body = ''] = match
  const scheme = schemes[name.toLowerCase()]
  if (scheme === undefined) return undefined
  const isPattern = form.toLowerCase() === 'idpat'
  if (!isPattern && form.toLowerCase() !== scheme.form) return undefined
  const parts = body.split('.')
  // A serial may hold dots; only the last part may, so what is over belongs to it.
  const countMax = 2 + scheme.restCount
  if (parts.length > countMax) parts.splice(countMax - 1, parts.length, parts.slice(countMax - 1).join('.'))
  const decoded = parts.map((part) => unescapeUri(part))
  if (decoded.length !== countMax || decoded.includes(undefined)) return undefined
  const [prefix = '', reference = '', ...rest] = decoded.map((part) => part ?? '')
  if (!/^\d{6,12}$/.test(prefix) || rest.includes('')) return undefined
  if (isPattern !== parts.includes('*')) return undefined
  if (scheme.digits === 0 ? reference === '' || reference === '*' : !isDigits(reference, scheme.digits - prefix.length)) return undefined
  if (isPattern && scheme.restCount === 0) return undefined
  return scheme.read(prefix, reference, rest)
}

function isDigits(text: string, length: number): boolean {
  return text.length === length && /^\d*$/.test(text)
}

/** Escapes what an EPC URN component must not carry as it is (Tag Data Standard §6.3, table A-1). */
function escapeUrn(text: string): string {
  return text.replaceAll(/["%&/<>?#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Writes the EPC URN of a key; a class without serial becomes a pattern. Undefined where no scheme fits the parts. */
export function writeEpcUrn(parts: KeyParts, prefixLength: number): string | undefined {
  if (!Number.isInteger(prefixLength) || prefixLength < 6 || prefixLength > 12) return undefined
  const { value, qualifier } = parts
  const serial = parts.qualifierValue === undefined ? '*' : escapeUrn(parts.qualifierValue)
  const indicated = (digits: string) => `${digits.slice(1, 1 + prefixLength)}.${digits.slice(0, 1)}${digits.slice(1 + prefixLength, -1)}`
  const split = (digits: string) => `${digits.slice(0, prefixLength)}.${digits.slice(prefixLength, -1)}`
  const classed = (scheme: string, digits: string, tail: string) =>
    tail === '' ? `urn:epc:idpat:${scheme}:${split(digits)}.*` : `urn:epc:id:${scheme}:${split(digits)}.${escapeUrn(tail)}`
  const form = qualifier === undefined ? 'idpat' : 'id'
  switch (parts.primary) {
    case '00':
      return `urn:epc:id:sscc:${indicated(value)}`
    case '01':
      if (qualifier === '10') return `urn:epc:class:lgtin:${indicated(value)}.${serial}`
      return `urn:epc:${form}:${qualifier === '235' ? 'upui' : 'sgtin'}:${indicated(value)}.${serial}`
    case '414':
      return `urn:epc:id:sgln:${split(value)}.${qualifier === undefined ? '0' : serial}`
    case '417':
      return `urn:epc:id:pgln:${split(value)}`
    case '8003':
      return classed('grai', value.slice(1, 14), value.slice(14))
    case '253':
      return classed('gdti', value.slice(0, 13), value.slice(13))
    case '255':
      return classed('sgcn', value.slice(0, 13), value.slice(13))
    case '8017':
      return `urn:epc:id:gsrnp:${split(value)}`
    case '8018':
      return `urn:epc:id:gsrn:${split(value)}`
    case '402':
      return `urn:epc:id:gsin:${split(value)}`
    case '8004':
      return `urn:epc:id:giai:${value.slice(0, prefixLength)}.${escapeUrn(value.slice(prefixLength))}`
    case '401':
      return `urn:epc:id:ginc:${value.slice(0, prefixLength)}.${escapeUrn(value.slice(prefixLength))}`
    case '8010':
      return `urn:epc:${form}:cpi:${value.slice(0, prefixLength)}.${escapeUrn(value.slice(prefixLength))}.${serial}`
    case '8006':
      if (qualifier === '10') return undefined
      return `urn:epc:${form}:itip:${indicated(value.slice(0, 14))}.${value.slice(14, 16)}.${value.slice(16, 18)}.${serial}`
    default:
      return undefined
  }
}
