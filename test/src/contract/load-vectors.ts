/** Reads published vector files and checks their form; remembers which were read, so that none stays unused. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { Type, type Static, type TSchema } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'

const folder = new URL('../../../firmware-specs/vectors/', import.meta.url)
const read = new Set<string>()

/** The cases of `firmware-specs/vectors/<path>`. */
export function loadVectors<const Case extends TSchema>(path: string, entry: Case): Static<Case>[] {
  const kind = path.slice(path.indexOf('/') + 1).replace(/\.json$/, '')
  const file = Type.Object(
    { kind: Type.Literal(kind), about: Type.String({ minLength: 1 }), cases: Type.Array(entry, { minItems: 1 }) },
    { additionalProperties: false }
  )
  const value: unknown = JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
  const checked = compileValidator(file).check(value)
  assert.ok(checked.ok, checked.ok ? '' : `${path}: ${checked.reason.message}`)
  read.add(path)
  return checked.value.cases
}

/** Every vector file that there is, and those that were read. */
export function vectorUse(): { readonly found: string[]; readonly used: string[] } {
  const found = ['valid', 'invalid'].flatMap((half) => readdirSync(new URL(`${half}/`, folder)).map((name) => `${half}/${name}`))
  return { found: found.toSorted(), used: [...read].toSorted() }
}

export const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')

/** The bytes of a payload, with the spaces that `padTo` asks for. */
export function payloadOf({ hex, padTo }: { readonly hex: string; readonly padTo?: number }): Buffer {
  const bytes = bytesOf(hex)
  return padTo === undefined ? bytes : Buffer.concat([bytes, Buffer.alloc(padTo - bytes.length, 0x20)])
}
