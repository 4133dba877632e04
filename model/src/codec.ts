/** Bytes from outside become trusted values here, or a reason that says what is wrong where. JSON only in version 1.0. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Reason } from './errors.ts'
import { reasonsOf } from './reasons.ts'

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
    reasonsOf({ schema, errors: compiled.Errors(value), value, ...(countMax === undefined ? {} : { countMax }) })
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
  try {
    const value: unknown = JSON.parse(text)
    return { ok: true, value }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: { code: 'PAYLOAD_NOT_JSON', pointer: '', message: `payload is not JSON: ${detail}` } }
  }
}

/** Bytes to a validated message. */
export function decodeMessage<Schema extends TSchema>(validator: Validator<Schema>, bytes: Uint8Array): Decoded<Static<Schema>> {
  const decoded = decodeJson(bytes)
  return decoded.ok ? validator.check(decoded.value) : decoded
}

const encoder = new TextEncoder()

/** A message to UTF-8 JSON. */
export function encodeMessage(message: object): Uint8Array {
  return encoder.encode(JSON.stringify(message))
}
