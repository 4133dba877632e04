/** Schemas that C checks and has no struct for: EPCIS events and documents, which travel as JSON. Adds their rows to the table. */
import { addConstant, allow, listAt, none, schemaAt, schemaOf, unknownSchema, type Rows, type Schema } from './c-rows.ts'

const formats: Readonly<Record<string, number>> = { uri: 1, 'date-time': 2 }
/** Members of this form are extensions and free (EPCIS 2.0 §9.5). */
const extensionPattern = '^[^:\\s]+:\\S+$'

/** Adds a schema and everything under it; gives its row. */
export function addCheck(rows: Rows, schema: Schema, path: string): number {
  const { anyOf } = schema
  if (Array.isArray(anyOf)) {
    allow(schema, ['anyOf'], path)
    const forms = anyOf.map((form) => addCheck(rows, schemaOf(form), path))
    const first = rows.variants.push(...forms) - forms.length
    return rows.addNode({ type: 'UNION', store: 'NONE', first, count: forms.length })
  }
  if ('const' in schema) return addConstant(rows, schema, path)
  switch (schema['type']) {
    case 'object':
      return addObject(rows, schema, path)
    case 'array': {
      allow(schema, ['type', 'items', 'minItems', 'maxItems', 'uniqueItems'], path)
      const first = addCheck(rows, schemaAt(schema, 'items'), path)
      const limit = rows.addLimit(schema, ['minItems', 'maxItems'])
      return rows.addNode({ type: schema['uniqueItems'] === true ? 'SET' : 'ARRAY', store: 'NONE', first, limit })
    }
    case 'string': {
      allow(schema, ['type', 'pattern', 'format', 'minLength', 'maxLength'], path)
      const { pattern, format } = schema
      const first = typeof format === 'string' ? formats[format] : 0
      if (first === undefined) throw unknownSchema(path, `the format "${String(format)}"`)
      const index = typeof pattern === 'string' ? rows.patterns.add(pattern) : undefined
      return rows.addNode({
        type: 'STRING',
        store: 'NONE',
        first,
        limit: rows.addLimit(schema, ['minLength', 'maxLength']),
        pattern: index
      })
    }
    case 'number':
      allow(schema, ['type'], path)
      return rows.addNode({ type: 'NUMBER', store: 'NONE' })
    case 'boolean':
      allow(schema, ['type'], path)
      return rows.addNode({ type: 'BOOLEAN', store: 'NONE' })
    case undefined:
      allow(schema, [], path)
      return rows.addNode({ type: 'ANY', store: 'NONE' })
    default:
      throw unknownSchema(path, `the type "${String(schema['type'])}"`)
  }
}

function addObject(rows: Rows, schema: Schema, path: string): number {
  allow(schema, ['type', 'required', 'properties', 'additionalProperties', 'patternProperties', 'minProperties'], path)
  const required = listAt(schema, 'required')
  const members = Object.entries(schemaAt(schema, 'properties')).map(([name, member]) => {
    const node = addCheck(rows, schemaOf(member), `${path}/${name}`)
    return `{"${name}", ${node}, ${required.includes(name) ? 1 : 0}, ${none}, ${none}, ${none}}`
  })
  const known = rows.members.findIndex(
    (_, index) => members.length > 0 && members.every((row, offset) => rows.members[index + offset] === row)
  )
  const first = known >= 0 ? known : rows.members.push(...members) - members.length
  const limit = rows.addLimit(schema, ['minProperties', 'maxProperties'])
  return rows.addNode({ type: objectType(schema, path), store: 'NONE', first, count: members.length, limit })
}

function objectType(schema: Schema, path: string): string {
  const { additionalProperties, patternProperties } = schema
  if (patternProperties === undefined) return additionalProperties === false ? 'OBJECT' : 'OPEN_OBJECT'
  if (additionalProperties === false && JSON.stringify(patternProperties) === JSON.stringify({ [extensionPattern]: {} }))
    return 'EXTENSIBLE_OBJECT'
  throw unknownSchema(path, 'other pattern properties')
}
