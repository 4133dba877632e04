/** Finds the members that a schema knows at a place, so that an unknown one can be told its nearest. Pure. */
import { valueAt } from '@tracegate/model/reasons'
import { nearestOf } from '@tracegate/service/nearest'

/** The known name that somebody most likely meant by the last part of the pointer. */
export function nearestMember(schema: unknown, value: unknown, pointer: string): string | undefined {
  const parts = pointer.split('/').slice(1)
  const wrong = parts.at(-1) ?? ''
  let forms: unknown[] = [schema]
  let at = ''
  for (const part of parts.slice(0, -1)) {
    forms = formsFor(forms, valueAt(value, at)).flatMap((form) => stepInto(form, part))
    at += `/${part}`
  }
  const names = formsFor(forms, valueAt(value, at)).flatMap((form) => Object.keys(recordOf(memberOf(form, 'properties'))))
  return nearestOf(wrong, [...new Set(names)])
}

/** Unions spelt out; of those, the forms whose constants the value does not contradict. */
function formsFor(schemas: readonly unknown[], value: unknown): unknown[] {
  const forms = schemas.flatMap((schema): unknown[] => {
    const union = memberOf(schema, 'anyOf')
    return Array.isArray(union) ? formsFor(union, value) : [schema]
  })
  const fitting = forms.filter((form) =>
    Object.entries(recordOf(memberOf(form, 'properties'))).every(([name, member]) => {
      const wanted = memberOf(member, 'const')
      return wanted === undefined || memberOf(value, name) === wanted
    })
  )
  return fitting.length > 0 ? fitting : forms
}

function stepInto(schema: unknown, part: string): unknown[] {
  const members = recordOf(memberOf(schema, 'properties'))
  const next = members[part] ?? memberOf(schema, 'items')
  if (next !== undefined) return [next]
  return Object.values(recordOf(memberOf(schema, 'patternProperties')))
}

/** A member of an object that may be none. */
export function memberOf(value: unknown, name: string): unknown {
  return recordOf(value)[name]
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
