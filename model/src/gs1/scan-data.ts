/** What a scanner sends or a person types, taken apart into application identifiers and the key it names. */
import type { Decoded } from '../codec.ts'
import { checkMod10 } from './check-digit.ts'
import { readDigitalLink } from './digital-link.ts'
import { checkAssociations, groupSeparator, readBracketed, readElementString, refuseCode, type AiValue } from './element-string.ts'
import { readEpcHex } from './epc-binary.ts'
import { canonicalKey, keyRoot, logisticKey, productKey } from './key.ts'
import { escapeUri } from './uri-escape.ts'

/** `ais` in the order of the data; `key` is canonical where the data names one; `text` where it is no GS1 data. */
export interface ScanContent {
  readonly ais: AiValue[]
  readonly key?: string
  /** Digits of an EAN or UPC symbol. */
  readonly primary?: string
  readonly text?: string
}

/** Longest scan or typed code that is read. */
export const scanLengthMax = 8_192

/** Symbology identifiers (ISO/IEC 15424) whose data are element strings. */
const gs1Symbologies: ReadonlySet<string> = new Set([']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1'])
/** EAN and UPC symbols, and how many digits they send. */
const primaryLengths: Readonly<Record<string, number>> = { ']E0': 13, ']E4': 8 }
const textSymbologies: ReadonlySet<string> = new Set([']Q0', ']Q1', ']Q2', ']d0', ']d1', ']J0', ']C0', ']A0', ']L0', ']z0'])

/** Reads what a scanner sent under an AIM symbology identifier, or `epc` for a tag's EPC memory in hexadecimal. */
export function readScan(symbology: string, data: string): Decoded<ScanContent> {
  if (data === '' || data.length > scanLengthMax)
    return refuseCode('SCAN_LENGTH', `scan has ${data.length} characters, expected 1 to ${scanLengthMax}`)
  if (symbology === 'epc') return readTag(data)
  const primaryLength = primaryLengths[symbology]
  if (primaryLength !== undefined) return readPrimary(data, primaryLength)
  if (gs1Symbologies.has(symbology)) return readElements(data)
  if (!textSymbologies.has(symbology))
    return refuseCode('SYMBOLOGY', `symbology is "${symbology}", expected a known identifier such as ]C1, ]d2, ]Q3, ]E0 or epc`)
  return readText(data)
}

function readTag(hex: string): Decoded<ScanContent> {
  const urn = readEpcHex(hex)
  if (!urn.ok) return urn
  const key = canonicalKey(urn.value)
  return { ok: true, value: { ais: [], text: urn.value, ...(key === undefined ? {} : { key }) } }
}

function readElements(data: string): Decoded<ScanContent> {
  const read = readElementString(data)
  if (!read.ok) return read
  // What an identifier needs beside it may stand in another code of the same label (General Specifications §4.14).
  const wrong = checkAssociations(read.value, { withoutRequired: true })
  if (wrong !== undefined) return { ok: false, reason: { ...wrong, pointer: '' } }
  return { ok: true, value: withKey({ ais: read.value }) }
}

/** An EAN or UPC symbol, with the composite component that may follow as a message of its own. */
function readPrimary(data: string, length: number): Decoded<ScanContent> {
  const [primary = '', composite, ...rest] = data.split('|')
  if (primary.length !== length || rest.length > 0 || (composite !== undefined && !composite.startsWith(']e0')))
    return refuseCode('SCAN_LENGTH', `scan is "${data.slice(0, 48)}", expected ${length} digits`)
  const checked = checkMod10(primary)
  if (!checked.ok) return refuseCode(checked.error, `scan is "${primary}", expected ${length} digits with a right check digit`)
  if (composite === undefined) return { ok: true, value: { ais: [], primary, key: productKey(primary) } }
  const read = readElementString(composite.slice(3))
  if (!read.ok) return read
  const { key } = withKey({ ais: [['01', primary.padStart(14, '0')], ...read.value] })
  return { ok: true, value: { ais: read.value, primary, ...(key === undefined ? {} : { key }) } }
}

/** Plain data: a Digital Link or a URN names a key, anything else is text. A web address that is no Digital Link is refused. */
function readText(text: string): Decoded<ScanContent> {
  if (/^(?:https?|HTTPS?):\/\//.test(text)) {
    const link = readDigitalLink(text, { zeroSuppressedGtin: true })
    if (!link.ok) return link
    return { ok: true, value: withKey({ ais: link.value.ais, text }) }
  }
  const key = canonicalKey(text)
  return { ok: true, value: { ais: [], text, ...(key === undefined ? {} : { key }) } }
}

function withKey(content: ScanContent): ScanContent {
  const key = keyOfAis(content.ais)
  return key === undefined ? content : { ...content, key }
}

/** Primary keys by their rank in a code that carries several, with the qualifiers that make an instance of them. */
const keyOrder = [
  ['8006', ['21', '10']],
  ['01', ['21', '235', '10']],
  ['00', []],
  ['8003', []],
  ['8004', []],
  ['253', []],
  ['255', []],
  ['8010', ['8011']],
  ['8018', []],
  ['8017', []],
  ['8013', []],
  ['402', []],
  ['401', []],
  ['414', ['254']],
  ['417', []]
] as const

/** The canonical key that the identifiers of one code name. */
export function keyOfAis(ais: readonly AiValue[]): string | undefined {
  const values = new Map(ais)
  for (const [primary, qualifiers] of keyOrder) {
    const value = values.get(primary)
    if (value === undefined) continue
    const qualifier = qualifiers.find((ai) => values.has(ai))
    const tail = qualifier === undefined ? '' : `/${qualifier}/${escapeUri(values.get(qualifier) ?? '')}`
    return canonicalKey(`${keyRoot}${primary}/${escapeUri(value)}${tail}`)
  }
  return undefined
}

/**
 * The canonical key that anything typed or scanned names: an element string with brackets or FNC1, a scan with its `]` identifier, a GTIN
 * of 8, 12, 13 or 14 digits, an SSCC of 18, an EPC URN, a Digital Link, or a tag's EPC in hexadecimal. Check digits must be right.
 */
export function lookupCode(text: string): Decoded<string> {
  const code = text.trim()
  if (code === '' || code.length > scanLengthMax)
    return refuseCode('CODE_LENGTH', `code has ${code.length} characters, expected 1 to ${scanLengthMax}`)
  if (/^(\d{8}|\d{12,14}|\d{18})$/.test(code)) return lookupDigits(code)
  if (/^(?:urn:|https?:)/i.test(code)) return keyOr(canonicalKey(code), code)
  if (code.startsWith(']')) return keyOfRead(readScan(code.slice(0, 3), code.slice(3)), code)
  if (code.startsWith('(')) return keyOfElements(readBracketed(code), code)
  if (code.includes(groupSeparator)) return keyOfElements(readElementString(code), code)
  const elements = readElementString(code)
  if (elements.ok) return keyOfElements(elements, code)
  if (/^3[0-9A-F]{23}$|^3[0-9A-F]{27,}$/i.test(code)) return keyOfRead(readScan('epc', code), code)
  return keyOr(undefined, code)
}

function lookupDigits(code: string): Decoded<string> {
  const checked = checkMod10(code)
  if (!checked.ok) return refuseCode(checked.error, `code is "${code}", expected its last digit to be its check digit`)
  return { ok: true, value: code.length === 18 ? logisticKey(code) : productKey(code) }
}

function keyOfElements(read: Decoded<AiValue[]>, code: string): Decoded<string> {
  return read.ok ? keyOr(keyOfAis(read.value), code) : read
}

function keyOfRead(read: Decoded<ScanContent>, code: string): Decoded<string> {
  return read.ok ? keyOr(read.value.key, code) : read
}

function keyOr(key: string | undefined, code: string): Decoded<string> {
  if (key !== undefined) return { ok: true, value: key }
  return refuseCode('CODE_UNKNOWN', `code is "${code.slice(0, 64)}", expected a GTIN, SSCC, element string, EPC or Digital Link`)
}
