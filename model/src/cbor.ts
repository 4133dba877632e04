/**
 * CBOR (RFC 8949) as the contract allows it: one map with the same members as the JSON of the message, integers within 53 bits, no
 * byte strings, no tags but 55799 in front. It knows no message.
 */
import { decode, encode } from 'cborg'
import type { Reason } from './errors.ts'

/** Tag 55799, "self-described CBOR", RFC 8949 §3.4.6. */
const selfDescribed = [0xd9, 0xd9, 0xf7] as const

const options = {
  allowUndefined: false,
  allowBigInt: false,
  allowNaN: false,
  allowInfinity: false,
  rejectDuplicateMapKeys: true
} as const

/** Whether a payload is CBOR, told by its first byte: a map (major type 5) or the self-described tag. No JSON text starts so. */
export function startsLikeCbor(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0
  return (first >= 0xa0 && first <= 0xbf) || first === selfDescribed[0]
}

/** Nesting is for the caller to bound; what exhausts the stack is refused here. */
export function decodeCbor(
  bytes: Uint8Array
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: Reason } {
  const tagged = selfDescribed.every((byte, index) => bytes[index] === byte)
  try {
    const value: unknown = decode(tagged ? bytes.subarray(selfDescribed.length) : bytes, options)
    return holdsBytes(value) ? refuse('payload holds a byte string, expected text, numbers, booleans and null') : { ok: true, value }
  } catch (error) {
    return refuse(`payload is not CBOR as the contract allows it: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The shortest form of each item, members in the order given. */
export function encodeCbor(message: object): Uint8Array {
  return encode(message, { mapSorter: () => 0, ignoreUndefinedProperties: true })
}

function holdsBytes(value: unknown): boolean {
  if (value instanceof Uint8Array) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsBytes)
}

function refuse(message: string): { readonly ok: false; readonly reason: Reason } {
  return { ok: false, reason: { code: 'PAYLOAD_NOT_CBOR', pointer: '', message } }
}
