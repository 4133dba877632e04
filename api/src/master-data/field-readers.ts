/** Cells of a spreadsheet read into values and written back: what people and programs write for the same thing. No field is named here. */
import type { Decoded } from '@tracegate/model/codec'
import { checkDigitOf } from '@tracegate/model/gs1/check-digit'
import { canonicalKey, keyKind, keyParts, placeKey } from '@tracegate/model/gs1/key'

/** Reads a cell that is not empty. `note` says what was changed on the way. */
export type ReadCell = (text: string) => Decoded<unknown> & { readonly note?: string }

const refuseCell = (message: string): Decoded<never> => ({ ok: false, reason: { code: 'CELL_INVALID', pointer: '', message } })

const shown = (text: string) => JSON.stringify(text.length > 48 ? `${text.slice(0, 47)}…` : text)

export function readText(lengthMax: number): ReadCell {
  return (text) =>
    text.length <= lengthMax ? { ok: true, value: text } : refuseCell(`has ${text.length} characters, expected at most ${lengthMax}`)
}

/** A spreadsheet writes a long number as 9.50E+12 once it took it for one, and the digits are gone. */
const scientific = /^\d(?:[.,]\d+)?E\+?\d+$/i

/** What is wrong with the check digit of so many digits; undefined when it is right. */
function checkDigitFault(digits: string): string | undefined {
  const expected = checkDigitOf(digits.slice(0, -1))
  return digits.endsWith(expected) ? undefined : `has check digit ${digits.slice(-1)}, expected ${expected}`
}

function readDigits(options: { readonly name: string; readonly lengths: readonly number[]; readonly padTo: number }): ReadCell {
  return (text) => {
    const digits = text.replaceAll(/[\s-]/g, '')
    const wanted = `a ${options.name} of ${options.lengths.join(', ').replace(/, (\d+)$/, ' or $1')} digits`
    if (scientific.test(text)) return refuseCell(`is ${shown(text)}, a rounded number, expected ${wanted} (format the column as text)`)
    if (!/^\d+$/.test(digits)) return refuseCell(`is ${shown(text)}, expected ${wanted}`)
    if (!options.lengths.includes(digits.length)) {
      const dropped = digits.length === options.padTo - 1 ? ' (a spreadsheet may have dropped a leading zero)' : ''
      return refuseCell(`is ${shown(text)} with ${digits.length} digits, expected ${wanted}${dropped}`)
    }
    const fault = checkDigitFault(digits)
    return fault === undefined ? { ok: true, value: digits.padStart(options.padTo, '0') } : refuseCell(`is ${shown(text)}: it ${fault}`)
  }
}

export const readGtin = readDigits({ name: 'GTIN', lengths: [8, 12, 13, 14], padTo: 14 })
export const readGln = readDigits({ name: 'GLN', lengths: [13], padTo: 13 })

/** Subheading; customs write two or four further digits of their own and dots between. */
export const readHsCode: ReadCell = (text) => {
  const digits = text.replaceAll(/[.\s]/g, '')
  if (!/^(?:\d{6}|\d{8}|\d{10})$/.test(digits)) return refuseCell(`is ${shown(text)}, expected a subheading of 6 digits such as 030363`)
  const value = digits.slice(0, 6)
  return digits.length === 6 ? { ok: true, value } : { ok: true, value, note: `${shown(text)} is kept as the subheading ${value}` }
}

export const readCountry: ReadCell = (text) =>
  /^[A-Za-z]{2}$/.test(text)
    ? { ok: true, value: text.toUpperCase() }
    : refuseCell(`is ${shown(text)}, expected two letters of ISO 3166-1 such as CN`)

export function readWord(words: Readonly<Record<string, string>>, values: readonly string[]): ReadCell {
  return (text) => {
    const value =
      values.find((known) => known.toLowerCase() === text.toLowerCase()) ?? (Object.hasOwn(words, text) ? words[text] : undefined)
    return value === undefined ? refuseCell(`is ${shown(text)}, expected one of ${values.join(', ')}`) : { ok: true, value }
  }
}

/** Several words in one cell. */
export function readWords(words: Readonly<Record<string, string>>, values: readonly string[]): ReadCell {
  const readOne = readWord(words, values)
  return (text) => {
    const found: unknown[] = []
    for (const part of text.split(/[|;,、\s]+/).filter((piece) => piece !== '')) {
      const read = readOne(part)
      if (!read.ok) return read
      if (!found.includes(read.value)) found.push(read.value)
    }
    return { ok: true, value: found }
  }
}

const yes: ReadonlySet<string> = new Set(['true', 'yes', 'y', '1', '是', '有'])
const no: ReadonlySet<string> = new Set(['false', 'no', 'n', '0', '否', '无'])
export const readBoolean: ReadCell = (text) => {
  const word = text.toLowerCase()
  if (yes.has(word)) return { ok: true, value: true }
  return no.has(word) ? { ok: true, value: false } : refuseCell(`is ${shown(text)}, expected yes or no (是 or 否)`)
}

export function readNumber(options: { readonly min: number; readonly max: number; readonly integer?: boolean }): ReadCell {
  const wanted = `${options.integer === true ? 'an integer' : 'a number'} from ${options.min} to ${options.max}`
  return (text) => {
    const value = /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    const fits = value >= options.min && value <= options.max && (options.integer !== true || Number.isInteger(value))
    return fits ? { ok: true, value } : refuseCell(`is ${shown(text)}, expected ${wanted}`)
  }
}

export const readName: ReadCell = (text) =>
  /^[A-Za-z0-9_-]{1,64}$/.test(text) ? { ok: true, value: text } : refuseCell(`is ${shown(text)}, expected 1 to 64 of A-Z a-z 0-9 _ -`)

/** A place as GLN, Digital Link or SGLN. */
export const readPlaceKey: ReadCell = (text) => {
  if (/^[\d\s-]+$/.test(text)) {
    const gln = readGln(text)
    return gln.ok ? { ok: true, value: placeKey(String(gln.value)) } : gln
  }
  const key = canonicalKey(text)
  if (key === undefined || keyKind(key) !== 'place')
    return refuseCell(`is ${shown(text)}, expected a GLN, a link /414/… or urn:epc:id:sgln:…`)
  const fault = checkDigitFault(keyParts(key)?.value ?? '')
  return fault === undefined ? { ok: true, value: key } : refuseCell(`is ${shown(text)}: its GLN ${fault}`)
}
