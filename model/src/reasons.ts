/** Turns what a schema found wrong into reasons that a sender can act on: one a fault, with the value found and what was wanted. */
import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import type { Reason } from './errors.ts'

export const reasonsPerInputMax = 10
/** Most faults that are looked at: several of them may come down to one reason. */
const errorsPerInputMax = 64

/** Runs a schema's search for faults; the library stops at eight by itself, which hides what comes later in an event. */
export function collectErrors(search: () => TLocalizedValidationError[]): TLocalizedValidationError[] {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: errorsPerInputMax })
  try {
    return search()
  } finally {
    Settings.Set({ maxErrors })
  }
}

/** `pointer` is put before every pointer; at most `countMax` reasons come back, in the order of the input's schema. */
export function reasonsOf(options: {
  readonly schema: TSchema
  readonly errors: readonly TLocalizedValidationError[]
  readonly value: unknown
  readonly pointer?: string
  readonly countMax?: number
}): Reason[] {
  const { schema, value, pointer = '', countMax = reasonsPerInputMax } = options
  const reasons: Reason[] = []
  for (const error of collapseUnions(options.errors, value)) {
    if (reasons.length >= countMax) break
    reasons.push(...reasonsOfError(error, { schema, value, pointer }))
  }
  return reasons.slice(0, countMax)
}

interface Scene {
  readonly schema: TSchema
  readonly value: unknown
  readonly pointer: string
}

function reasonsOfError(error: TLocalizedValidationError, scene: Scene): Reason[] {
  // The members themselves are reported one by one, as `boolean`.
  if (error.keyword === 'additionalProperties') return []
  const at = scene.pointer + error.instancePath
  const what = at === '' ? 'the value' : at
  const code = `SCHEMA_${error.keyword.toUpperCase()}`
  const found = show(valueAt(scene.value, error.instancePath))
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => ({ code, pointer: at, message: `${what} has no member "${name}", expected it` }))
  if (error.keyword === 'boolean') {
    const name = unescapePointer(error.instancePath.slice(error.instancePath.lastIndexOf('/') + 1))
    const message = `${what} is an unknown member "${name}", expected none of that name`
    return [{ code: 'SCHEMA_UNKNOWN_MEMBER', pointer: at, message }]
  }
  return [{ code, pointer: at, message: `${what} is ${found}, ${wantedBy(error, scene.schema)}` }]
}

function wantedBy(error: TLocalizedValidationError, schema: TSchema): string {
  if (error.keyword === 'pattern')
    return `expected ${descriptionAt(schema, error.schemaPath) ?? `a match of ${String(error.params.pattern)}`}`
  if (error.keyword === 'anyOf')
    return `expected ${literalsAt(schema, error.schemaPath) ?? descriptionAt(schema, error.schemaPath) ?? 'another form'}`
  if (error.keyword === 'const') return `expected ${show(error.params.allowedValue)}`
  if (error.keyword === 'format') return `expected the format ${error.params.format}`
  return error.message.replace(/^must /, 'expected to ')
}

/** Of a union that nothing fitted, keeps the one line for plain values, and the faults of the nearest form for objects. */
function collapseUnions(errors: readonly TLocalizedValidationError[], value: unknown): TLocalizedValidationError[] {
  let kept = [...errors]
  for (const union of errors.filter((error) => error.keyword === 'anyOf')) {
    const stem = `${union.schemaPath}/anyOf/`
    const inside = kept.filter((error) => error.schemaPath.startsWith(stem))
    if (inside.length === 0) continue
    const found = valueAt(value, union.instancePath)
    const isObject = typeof found === 'object' && found !== null && !Array.isArray(found)
    const nearest = isObject ? nearestForm(inside, stem) : []
    kept = kept.filter((error) => (nearest.length > 0 && error === union ? false : !inside.includes(error) || nearest.includes(error)))
  }
  return kept
}

function nearestForm(errors: readonly TLocalizedValidationError[], stem: string): TLocalizedValidationError[] {
  const forms = new Map<string, TLocalizedValidationError[]>()
  for (const error of errors) {
    const form = error.schemaPath.slice(stem.length).split('/')[0] ?? ''
    forms.set(form, [...(forms.get(form) ?? []), error])
  }
  // A wrong constant is the mark of another form; it weighs more than anything else.
  const weight = (form: readonly TLocalizedValidationError[]) =>
    form.reduce((sum, error) => sum + (error.keyword === 'const' ? 1_000 : 1), 0)
  return [...forms.values()].sort((a, b) => weight(a) - weight(b))[0] ?? []
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** The value at a JSON pointer (RFC 6901); undefined when there is none. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value
  for (const part of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.entries(at).find(([name]) => name === unescapePointer(part))?.[1]
  }
  return at
}

export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function descriptionAt(schema: TSchema, path: string): string | undefined {
  const found = valueAt(schema, path.slice(1))
  return typeof found === 'object' && found !== null && 'description' in found && typeof found.description === 'string'
    ? found.description
    : undefined
}

function literalsAt(schema: TSchema, path: string): string | undefined {
  const forms = valueAt(schema, `${path.slice(1)}/anyOf`)
  if (!Array.isArray(forms)) return undefined
  const words: string[] = []
  for (const form of forms) {
    const literal: unknown = valueAt(form, '/const')
    if (literal === undefined) return undefined
    words.push(show(literal))
  }
  return `one of ${words.join(', ')}`
}
