/** What a scanner sends or a person types, taken apart into application identifiers and the key it names. */
import type { Decoded } from '../codec.ts'
import { checkMod10 } from './check-digit.ts'
import { canonicalKey, logisticKey, productKey } from './key.ts'

/** `ais` in the order of the data; `key` is canonical where the data names one; `text` where it is no GS1 data. */
export interface ScanContent {
  readonly ais: [string, string][]
  readonly key?: string
  readonly text?: string
}

/** Reads what a scanner sent under an AIM symbology identifier, or `epc` for a tag's binary in hexadecimal. */
export function readScan(symbology: string, data: string): Decoded<ScanContent> {
  return { ok: true, value: { ais: [], text: `${symbology}${data}` } }
}

/** The key that anything typed or scanned names. */
export function lookupCode(text: string): Decoded<string> {
  const code = text.trim()
  const key = canonicalKey(code)
  if (key !== undefined) return { ok: true, value: key }
  if (/^(\d{8}|\d{12,14})$/.test(code) && checkMod10(code).ok) return { ok: true, value: productKey(code) }
  if (/^\d{18}$/.test(code) && checkMod10(code).ok) return { ok: true, value: logisticKey(code) }
  return { ok: false, reason: { code: 'CODE_UNKNOWN', pointer: '', message: `code is "${code.slice(0, 64)}", expected a GS1 code` } }
}
