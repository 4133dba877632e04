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
    if (some(value, isForeign)) return refuse('payload holds a byte string or a break, expected text, numbers, booleans and null')
    if (some(value, isReplaced) && holdsBadText(items)) return refuse('payload holds a text that is not UTF-8, expected UTF-8')
    return { ok: true, value }
  } catch (error) {
    return refuse(`payload is not CBOR as the contract allows it: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The shortest form of each item, members in the order given. */
export function encodeCbor(message: object): Uint8Array {
  return encode(message, { mapSorter: () => 0, ignoreUndefinedProperties: true })
}

/** Whether the test holds for a value, a member name or anything inside. */
function some(value: unknown, test: (part: unknown) => boolean): boolean {
  if (test(value)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => test(name) || some(member, test))
}

/** A byte string, or the "break" that the library leaves where a value of a map should stand. */
function isForeign(part: unknown): boolean {
  return part instanceof Uint8Array || typeof part === 'symbol'
}

/** The library puts U+FFFD where a text is not UTF-8 (RFC 8949 §3.1 calls such an item invalid); a text may hold it by right, too. */
function isReplaced(part: unknown): boolean {
  return typeof part === 'string' && part.includes('\ufffd')
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
