/** What a caller calls a thing, as the key the trace knows it by. It asks no store. */
import { canonicalKey, keyParts } from '@tracegate/model/gs1/key'
import { lookupCode } from '@tracegate/model/gs1/scan-data'
import { apiError } from './errors.ts'

export const codeLengthMax = 2_048

/** EPC URN, Digital Link, canonical key, element string or digits; a URI of another kind is its own key. */
export function keyOfText(text: string): string {
  const key = canonicalKey(text)
  if (key !== undefined) return key
  const read = lookupCode(text)
  if (read.ok) return read.value
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(text) && !/^urn:epc:/i.test(text) && !/^https?:\/\/id\.gs1\.org\//i.test(text)) return text
  throw apiError('CODE_UNREADABLE', { code: text.slice(0, 64), reason: read.reason.message })
}

/** The key as people read it under a bar code: `(01)09506000134352(10)LOT7`; undefined for what is no GS1 key. */
export function elementStringOf(key: string): string | undefined {
  const parts = keyParts(key)
  if (parts === undefined) return undefined
  const head = `(${parts.primary})${parts.value}`
  return parts.qualifier === undefined ? head : `${head}(${parts.qualifier})${parts.qualifierValue ?? ''}`
}
