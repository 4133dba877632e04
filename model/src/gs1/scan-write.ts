/** What a scanner would send for the data of a symbol: for simulators and tests of readers. */
import type { Decoded } from '../codec.ts'
import { findAi } from './ai.ts'
import { checkMod10, withCheckDigit } from './check-digit.ts'
import { groupSeparator, readElementString, refuseCode } from './element-string.ts'

/** Symbols that carry plain data and GS1 data under identifiers of their own. */
const matrix = { QR: [']Q1', ']Q3'], DM: [']d1', ']d2'], DotCode: [']J0', ']J1'] } as const
const expanded: ReadonlySet<string> = new Set(['DataBarExpanded', 'DataBarExpandedStacked'])
const linear: ReadonlySet<string> = new Set(['GS1_128', 'GS1_128_CCA', 'GS1_128_CCC'])
const omni: ReadonlySet<string> = new Set(['DataBarOmni', 'DataBarTruncated', 'DataBarStacked', 'DataBarStackedOmni', 'DataBarLimited'])
const primaries: Readonly<Record<string, { readonly digits: number; readonly lead: string }>> = {
  EAN13: { digits: 13, lead: ']E0' },
  EAN8: { digits: 8, lead: ']E4' },
  UPCA: { digits: 12, lead: ']E00' },
  UPCE: { digits: 12, lead: ']E00' }
}

/**
 * Writes the message of one symbol. `data` has FNC1 as `^` and opens with it when it is GS1 data; a composite component follows `|`.
 * A plain text that opens with `^` is written `\^`.
 */
export function writeScan(symbology: string, data: string, options: { readonly addCheckDigit?: boolean } = {}): Decoded<string> {
  const identifiers = Object.entries(matrix).find(([name]) => name === symbology)?.[1]
  if (identifiers !== undefined) {
    if (!data.startsWith('^')) return { ok: true, value: identifiers[0] + data.replace(/^\\(\\*\^)/, '$1') }
    const elements = transmit(data)
    return elements.ok ? { ok: true, value: identifiers[1] + elements.value } : elements
  }
  const [main = '', composite] = data.split('|', 2)
  if (linear.has(symbology) || expanded.has(symbology)) return writeElements(symbology, main, composite)
  if (omni.has(symbology)) return writeOmni({ symbology, main, composite, addCheckDigit: options.addCheckDigit === true })
  const primary = primaries[symbology]
  if (primary === undefined) return refuseCode('SYMBOLOGY', `symbology is "${symbology}", expected a known one`)
  const digits = readDigits(main, { digits: primary.digits, addCheckDigit: options.addCheckDigit === true })
  if (!digits.ok) return digits
  return append(primary.lead + digits.value, composite, '|]e0')
}

/** GS1 data as transmitted: the first FNC1 is in the symbology identifier, the others are U+001D. */
function transmit(data: string): Decoded<string> {
  const text = data.slice(1).replaceAll('^', groupSeparator)
  const read = readElementString(text)
  return read.ok ? { ok: true, value: text } : read
}

function writeElements(symbology: string, main: string, composite: string | undefined): Decoded<string> {
  if (!main.startsWith('^')) return refuseCode('NO_FNC1', `data is "${main.slice(0, 48)}", expected FNC1 in first position`)
  const elements = transmit(main)
  if (!elements.ok) return elements
  if (composite === undefined) return { ok: true, value: (linear.has(symbology) ? ']C1' : ']e0') + elements.value }
  const read = readElementString(elements.value)
  const last = read.ok ? read.value.at(-1)?.[0] : undefined
  const isFixed = last !== undefined && findAi(last)?.fixed === true
  return append(`]e0${elements.value}${isFixed ? '' : groupSeparator}`, composite, '')
}

function writeOmni(options: { symbology: string; main: string; composite: string | undefined; addCheckDigit: boolean }): Decoded<string> {
  const digits = readDigits(options.main.replace(/^\^01/, ''), { digits: 14, addCheckDigit: options.addCheckDigit })
  if (!digits.ok) return digits
  if (options.symbology === 'DataBarLimited' && Number(digits.value) > 19_999_999_999_999)
    return refuseCode('TOO_LARGE', `GTIN is ${digits.value}, expected at most 19999999999999 in DataBar Limited`)
  return append(`]e001${digits.value}`, options.composite, '')
}

/** The digits of an EAN, UPC or DataBar symbol; as element string they may be padded to a GTIN-14. */
function readDigits(data: string, { digits, addCheckDigit }: { digits: number; addCheckDigit: boolean }): Decoded<string> {
  const padding = `^01${'0'.repeat(14 - digits)}`
  const text = data.startsWith(padding) ? data.slice(padding.length) : data
  const wanted = addCheckDigit ? digits - 1 : digits
  if (!/^\d+$/.test(text) || text.length !== wanted)
    return refuseCode('SCAN_LENGTH', `data is "${text.slice(0, 48)}", expected ${wanted} digits`)
  if (addCheckDigit) return { ok: true, value: withCheckDigit(text) }
  const checked = checkMod10(text)
  return checked.ok ? { ok: true, value: text } : refuseCode(checked.error, `data is "${text}", expected a right check digit`)
}

function append(message: string, composite: string | undefined, between: string): Decoded<string> {
  if (composite === undefined) return { ok: true, value: message }
  if (!composite.startsWith('^')) return refuseCode('NO_FNC1', `composite is "${composite.slice(0, 48)}", expected FNC1 in first position`)
  const elements = transmit(composite)
  return elements.ok ? { ok: true, value: message + between + elements.value } : elements
}
