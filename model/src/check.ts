/**
 * Checks a value against a schema without compiling it: for pages, whose content security policy forbids evaluating made
 * code. Slower than `compileValidator`; must not be used on the ingest path.
 */
import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import type { Decoded } from './codec.ts'
import { collectErrors, reasonsOf } from './reasons.ts'

/** What a caller needs to be generic over schemas without knowing the schema library. */
export type AnySchema = TSchema
export type ValueOf<Schema extends TSchema> = Static<Schema>

export function checkValue<const Schema extends TSchema>(schema: Schema, value: unknown): Decoded<Static<Schema>> {
  if (Check(schema, value)) return { ok: true, value }
  const [reason] = reasonsOf({ schema, errors: collectErrors(() => Errors(schema, value)), value, countMax: 1 })
  return {
    ok: false,
    reason: reason ?? { code: 'SCHEMA_INVALID', pointer: '', message: 'the value does not match the schema' }
  }
}
