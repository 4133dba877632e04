/** Scans as readers send them: lines of text, and the data of one with its symbology. Pure. */
import { compileValidator, type Decoded } from '@tracegate/model/codec'
import { Scan } from '@tracegate/model/scan'
import { identifySymbology } from './symbology.ts'

const scanValidator = compileValidator(Scan)

/** A scanner ends its data with CR, LF or both; nothing else is taken off, as FNC1 is U+001D and spaces may be data. */
export function scanLinesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).filter((line) => line !== '')
}

/** The scan of what a reader sent; data that opens with an AIM identifier names its symbology itself. */
export function scanOf(
  found: { readonly value: unknown; readonly pointer: string },
  symbology: string | undefined,
  timeMs: number
): Decoded<Scan> {
  const { value, pointer } = found
  if (typeof value !== 'string' || value === '') {
    const message = `${pointer} is ${typeof value}, expected the data as text`
    return { ok: false, reason: { code: 'SCAN_DATA_MISSING', pointer, message } }
  }
  return scanValidator.check({ ...identifySymbology(symbology, value), timeMs })
}
