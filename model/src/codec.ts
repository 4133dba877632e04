/** Bytes from outside become trusted values here, or a reason that says what is wrong where: JSON, or CBOR told by its first byte. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { decodeCbor, startsLikeCbor } from './cbor.ts'
import type { Reason } from './errors.ts'
import { collectErrors, reasonsOf } from './reasons.ts'

export type Decoded<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: Reason }

/** A compiled schema: `check` takes anything and gives the typed value or the first reason. */
export interface Validator<Schema extends TSchema> {
  readonly schema: Schema
  check(value: unknown): Decoded<Static<Schema>>
  /** At most `countMax` reasons, first ones first; empty when the value is valid. */
  reasons(value: unknown, countMax?: number): Reason[]
}

export function compileValidator<const Schema extends TSchema>(schema: Schema): Validator<Schema> {
  const compiled = Compile(schema)
  const reasons = (value: unknown, countMax?: number): Reason[] =>
    reasonsOf({ schema, errors: collectErrors(() => compiled.Errors(value)), value, ...(countMax === undefined ? {} : { countMax }) })
  return {
    schema,
    reasons,
    check(value) {
      if (compiled.Check(value)) return { ok: true, value }
      return {
        ok: false,
        reason: reasons(value, 1)[0] ?? { code: 'SCHEMA_INVALID', pointer: '', message: 'the value does not match the schema' }
      }
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Deepest nesting of objects and arrays that is taken: deeper values cannot be written again without exhausting the stack. */
export const jsonDepthMax = 64

const tooDeep: Reason = {
  code: 'PAYLOAD_TOO_DEEP',
  pointer: '',
  message: `payload nests deeper than ${jsonDepthMax} levels, expected at most so many`
}

/** Whether a value nests deeper than is taken. */
export function isTooDeep(value: unknown, levels: number = jsonDepthMax): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isTooDeep(member, levels - 1))
}

/** Whether JSON nests deeper than is taken; reads the bytes once, as walking the parsed value costs half as much as parsing it. */
function nestsTooDeep(json: Uint8Array): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index]
    if (inString) {
      if (byte === 0x5c) index += 1
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1
      if (depth > jsonDepthMax) return true
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1
  }
  return false
}

/** Reads UTF-8 JSON. A byte order mark is allowed. */
export function decodeJson(bytes: Uint8Array): Decoded<unknown> {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return {
      ok: false,
      reason: { code: 'PAYLOAD_NOT_UTF8', pointer: '', message: `payload of ${bytes.length} bytes is not UTF-8, expected UTF-8 JSON` }
    }
  }
  if (nestsTooDeep(bytes)) return { ok: false, reason: tooDeep }
  try {
    const value: unknown = JSON.parse(text)
    return { ok: true, value }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: { code: 'PAYLOAD_NOT_JSON', pointer: '', message: `payload is not JSON: ${detail}` } }
  }
}

/** Reads a payload of the contract: CBOR when its first byte says so, else JSON. */
export function decodePayload(bytes: Uint8Array): Decoded<unknown> {
  if (!startsLikeCbor(bytes)) return decodeJson(bytes)
  const decoded = decodeCbor(bytes)
  return decoded.ok && isTooDeep(decoded.value) ? { ok: false, reason: tooDeep } : decoded
}

/** Bytes to a validated message. */
export function decodeMessage<Schema extends TSchema>(validator: Validator<Schema>, bytes: Uint8Array): Decoded<Static<Schema>> {
  const decoded = decodePayload(bytes)
  return decoded.ok ? validator.check(decoded.value) : decoded
}

const encoder = new TextEncoder()

/** A message to UTF-8 JSON. */
export function encodeMessage(message: object): Uint8Array {
  return encoder.encode(JSON.stringify(message))
}
