/** What a schema says of a member, in words for people. Pure. */
import { memberOf, recordOf } from './schema-members.ts'

export interface SchemaFacts {
  readonly description: string
  /** text, whole number, one of …, list of … */
  readonly type: string
  /** Type, bounds and default in one line. */
  readonly limits: string
  /** As JSON; empty without one. */
  readonly fallback: string
}

/** The forms of a union, or the schema itself. */
export function formsOf(schema: unknown): readonly unknown[] {
  const forms = memberOf(schema, 'anyOf')
  return Array.isArray(forms) ? forms : [schema]
}

export function factsOf(schema: unknown): SchemaFacts {
  const fallbackValue = memberOf(schema, 'default')
  const fallback = fallbackValue === undefined ? '' : (JSON.stringify(fallbackValue) ?? '')
  const description = memberOf(schema, 'description')
  const type = typeText(schema)
  const bounds = boundsText(schema)
  const limits = [type, bounds, fallback === '' || fallback === '{}' || fallback === '[]' ? '' : `default ${fallback}`]
  return {
    description: typeof description === 'string' ? description : '',
    type,
    limits: limits.filter((part) => part !== '').join(', '),
    fallback
  }
}

function typeText(schema: unknown): string {
  const constants = formsOf(schema).map((form) => memberOf(form, 'const'))
  if (constants.every((constant) => constant !== undefined))
    return constants.length === 1
      ? JSON.stringify(constants[0])
      : `one of ${constants.map((constant) => JSON.stringify(constant)).join(', ')}`
  const choices = memberOf(schema, 'enum')
  if (Array.isArray(choices)) return `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const type = memberOf(schema, 'type')
  switch (type) {
    case 'string':
      return 'text'
    case 'integer':
      return 'whole number'
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'list'
    case 'object':
      return 'object'
    default:
      return typeof type === 'string' ? type : ''
  }
}

function boundsText(schema: unknown): string {
  const facts = recordOf(schema)
  const { minimum, maximum, exclusiveMinimum, maxItems, items } = facts
  if (typeof maxItems === 'number' && !Array.isArray(items)) return `at most ${maxItems}`
  if (typeof exclusiveMinimum === 'number') return `above ${exclusiveMinimum}`
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${minimum} to ${maximum}`
  if (typeof minimum === 'number') return `at least ${minimum}`
  return typeof maximum === 'number' ? `at most ${maximum}` : ''
}
