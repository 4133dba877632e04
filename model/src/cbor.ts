/**
 * CBOR (RFC 8949) as the contract allows it: one map with the same members as the JSON of the message, integers within 53 bits, no
 * byte strings, no tags but 55799 in front. It knows no message.
 */
import { decode, encode, Tokenizer } from 'cborg'
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
  const items = tagged ? bytes.subarray(selfDescribed.length) : bytes
  try {
    const value: unknown = decode(items, options)
    const doubt = doubtOf(value)
    if (doubt === foreign) return refuse('payload holds a byte string or a break, expected text, numbers, booleans and null')
    if (doubt === replaced && holdsBadText(items)) return refuse('payload holds a text that is not UTF-8, expected UTF-8')
    return { ok: true, value }
  } catch (error) {
    return refuse(`payload is not CBOR as the contract allows it: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The shortest form of each item, members in the order given. */
export function encodeCbor(message: object): Uint8Array {
  return encode(message, { mapSorter: () => 0, ignoreUndefinedProperties: true })
}

/** What to doubt in a value; the greater one wins. */
const none = 0
/** A text with U+FFFD: the library puts it where a text is not UTF-8 (RFC 8949 §3.1 calls that invalid), and a text may hold it by right. */
const replaced = 1
/** A byte string, or the "break" that the library leaves where a value of a map should stand. */
const foreign = 2

function doubtOf(value: unknown): number {
  if (typeof value === 'string') return value.includes('\ufffd') ? replaced : none
  if (typeof value === 'symbol' || value instanceof Uint8Array) return foreign
  if (typeof value !== 'object' || value === null) return none
  let worst = none
  if (Array.isArray(value)) {
    for (const item of value) worst = Math.max(worst, doubtOf(item))
    return worst
  }
  for (const name of Object.keys(value)) worst = Math.max(worst, doubtOf(name))
  for (const member of Object.values(value)) worst = Math.max(worst, doubtOf(member))
  return worst
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads the texts of well-formed items again, and strictly. */
function holdsBadText(items: Uint8Array): boolean {
  const tokens = new Tokenizer(items, { ...options, retainStringBytes: true })
  while (!tokens.done()) {
    const { type, byteValue } = tokens.next()
    if (type.name !== 'string' || byteValue === undefined) continue
    try {
      utf8.decode(byteValue)
    } catch {
      return true
    }
  }
  return false
}

function refuse(message: string): { readonly ok: false; readonly reason: Reason } {
  return { ok: false, reason: { code: 'PAYLOAD_NOT_CBOR', pointer: '', message } }
}
