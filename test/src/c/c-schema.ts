/**
 * Reads the wire schemas into what C needs: structs, enums and the rows of the table that the C validator walks. Takes only the keywords
 * that the C code knows; a schema with another one fails the generation, so that C can never be silently more lenient.
 */
import { EpcisDocument, EpcisQueryDocument } from '@tracegate/model/epcis/document'
import { AggregationEvent, AssociationEvent, ObjectEvent, TransactionEvent, TransformationEvent } from '@tracegate/model/epcis/event'
import { schemaNameOf, wireSchemas } from '@tracegate/model/wire-schemas'
import { addCheck } from './c-check.ts'
import { addConstant, allow, createRows, listAt, none, schemaAt, schemaOf, unknownSchema, type Rows, type Schema } from './c-rows.ts'

/** Members, variants and enumerations whose C name cannot be told from the schema. */
const enumNames: Readonly<Record<string, string>> = {
  direction: 'scan_direction',
  capabilities: 'capability',
  status: 'command_status'
}
const structNames: Readonly<Record<string, string>> = {
  scan: 'scan_message',
  'scan/scans': 'scan',
  'telemetry/readings': 'reading',
  'state/birth/metrics': 'metric_declaration',
  'state/birth/identity': 'identity',
  'state/birth': 'birth',
  'state/death': 'death',
  event: 'event_message'
}
const variantNames: Readonly<Record<string, readonly string[]>> = { state: ['birth', 'death'] }
const qualityNames: Readonly<Record<string, string>> = { 1: 'GOOD', 2: 'NOT_EVALUATED', 3: 'SUSPECT', 4: 'FAIL', 9: 'MISSING' }

export interface CTables {
  readonly enums: readonly string[]
  readonly structs: readonly string[]
  readonly messages: readonly { readonly channel: string; readonly constant: string; readonly struct: string; readonly node: number }[]
  readonly rows: Rows
  /** Rows from these on are for EPCIS alone, and can be left out of a build. */
  readonly epcisFrom: { readonly nodes: number; readonly members: number; readonly variants: number; readonly words: number }
  readonly epcis: readonly { readonly name: string; readonly node: number }[]
}

/** A schema's row, and how a struct holds its value. */
interface Stored {
  readonly node: number
  /** Declarations of the member `field` in a struct. */
  readonly declare: (field: string) => readonly string[]
  /** C type of one item of an array. */
  readonly itemType: string
  readonly isConstant?: boolean
  readonly isList?: boolean
}

export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9]+/g, '_')
}

export function readSchemas(): CTables {
  const rows = createRows()
  const builder = createBuilder(rows)
  const messages = Object.entries(wireSchemas).map(([channel, schema]) => {
    const name = snake(schemaNameOf(channel))
    const stored = builder.add(schemaOf(schema), name)
    return { channel, constant: `TG_MESSAGE_${name.toUpperCase()}`, struct: stored.itemType, node: stored.node }
  })
  const { nodes, members, variants, words } = rows
  const epcisFrom = { nodes: nodes.length, members: members.length, variants: variants.length, words: words.length }
  const events = { ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent }
  const epcis = Object.entries({ ...events, EPCISDocument: EpcisDocument, EPCISQueryDocument: EpcisQueryDocument }).map(
    ([name, schema]) => ({ name, node: addCheck(rows, schemaOf(schema), name) })
  )
  return { enums: [...builder.enums.values()], structs: builder.structs, rows, messages, epcisFrom, epcis }
}

function createBuilder(rows: Rows) {
  const enums = new Map<string, string>()
  const structs: string[] = []
  const { members, variants, patterns } = rows

  const addEnum = (path: string, values: readonly string[]): string => {
    const member = path.slice(path.lastIndexOf('/') + 1)
    const name = enumNames[member] ?? snake(member)
    const constants = values.map((value, index) => `TG_${name.toUpperCase()}_${snake(value).toUpperCase()} = ${index}`)
    enums.set(name, `enum tg_${name} { ${constants.join(', ')} };`)
    return name
  }
  const plain = (node: number, type: string, comment = ''): Stored => ({
    node,
    itemType: type,
    declare: (field) => [`${type} ${field};${comment === '' ? '' : ` /* ${comment} */`}`]
  })

  const addUnion = (schema: Schema, forms: readonly Schema[], path: string): Stored => {
    allow(schema, ['anyOf'], path)
    const constants = forms.map((form) => form['const'])
    const addForms = (list: readonly number[]) => variants.push(...list) - list.length
    if (constants.every((value) => typeof value === 'string')) {
      const first = addForms(forms.map((form) => add(form, path).node))
      const name = addEnum(path, constants)
      return plain(rows.addNode({ type: 'UNION', store: 'WORD', first, count: forms.length }), 'uint8_t', `enum tg_${name}`)
    }
    if (constants.every((value) => typeof value === 'number')) {
      const first = addForms(forms.map((form) => add(form, path).node))
      const name = snake(path.slice(path.lastIndexOf('/') + 1))
      const list = constants.map((value) => `TG_${name.toUpperCase()}_${qualityNames[value] ?? value} = ${value}`)
      enums.set(name, `enum tg_${name} { ${list.join(', ')} };`)
      return plain(rows.addNode({ type: 'UNION', store: 'NUMERAL', first, count: forms.length }), 'uint8_t', `enum tg_${name}`)
    }
    if (forms.every((form) => form['type'] === 'object')) return addVariants(forms, path)
    if (forms.map((form) => form['type']).join() !== 'number,boolean,null') throw unknownSchema(path, 'a union of this kind')
    const first = addForms(forms.map((form) => add(form, path).node))
    return plain(rows.addNode({ type: 'UNION', store: 'SCALAR', first, count: forms.length }), 'tg_scalar')
  }

  const addVariants = (forms: readonly Schema[], path: string): Stored => {
    const struct = `tg_${structNames[path] ?? snake(path)}`
    const labels = forms.map((form, index) => {
      const named = Object.values(schemaAt(form, 'properties')).map((member) => schemaOf(member)['const'])
      const word = named.find((value) => typeof value === 'string')
      return snake(variantNames[path]?.[index] ?? (typeof word === 'string' ? word : String(index)))
    })
    const stored = forms.map((form, index) => add(form, `${path}/${labels[index]}`))
    const first = variants.push(...stored.map(({ node }) => node)) - stored.length
    const constants = labels.map((label, index) => `${struct.toUpperCase()}_${label.toUpperCase()} = ${index}`)
    enums.set(`${struct.slice(3)}_variant`, `enum ${struct}_variant { ${constants.join(', ')} };`)
    const fields = stored.map(({ itemType }, index) => `    ${itemType} ${labels[index]};`)
    structs.push(
      [
        `typedef struct ${struct} {`,
        `  uint8_t variant; /* enum ${struct}_variant */`,
        '  union {',
        ...fields,
        `  } as;`,
        `} ${struct};`
      ].join('\n')
    )
    const node = rows.addNode({ type: 'UNION', store: 'VARIANT', first, count: forms.length, size: `offsetof(${struct}, as)` })
    return plain(node, struct)
  }

  const addObject = (schema: Schema, path: string): Stored => {
    allow(schema, ['type', 'required', 'properties', 'additionalProperties'], path)
    const properties = schemaAt(schema, 'properties')
    if (schema['additionalProperties'] === true && Object.keys(properties).length === 0)
      return plain(rows.addNode({ type: 'OPEN_OBJECT', store: 'RAW' }), 'tg_text', 'one JSON object, as text')
    if (schema['additionalProperties'] !== false) throw unknownSchema(path, 'an object that is neither closed nor free')
    const required = listAt(schema, 'required')
    const struct = `tg_${structNames[path] ?? snake(path)}`
    const lines: string[] = []
    const added: string[] = []
    for (const [name, member] of Object.entries(properties)) {
      const stored = add(schemaOf(member), `${path}/${name}`)
      const field = snake(name)
      const isRequired = required.includes(name)
      if (!isRequired) lines.push(`bool has_${field};`)
      lines.push(...stored.declare(field))
      const at = (suffix: string) => `offsetof(${struct}, ${suffix})`
      const offsets = stored.isConstant === true ? [none, none] : [at(field), stored.isList === true ? at(`${field}_count`) : none]
      added.push(`{"${name}", ${stored.node}, ${isRequired ? 1 : 0}, ${offsets.join(', ')}, ${isRequired ? none : at(`has_${field}`)}}`)
    }
    const first = members.push(...added) - added.length
    structs.push([`typedef struct ${struct} {`, ...lines.map((line) => `  ${line}`), `} ${struct};`].join('\n'))
    return plain(rows.addNode({ type: 'OBJECT', store: 'STRUCT', first, count: added.length, size: `sizeof(${struct})` }), struct)
  }

  const add = (schema: Schema, path: string): Stored => {
    const { anyOf } = schema
    if (Array.isArray(anyOf)) return addUnion(schema, anyOf.map(schemaOf), path)
    if ('const' in schema) return { node: addConstant(rows, schema, path), itemType: '', declare: () => [], isConstant: true }
    if (Array.isArray(schema['enum'])) {
      allow(schema, ['enum'], path)
      const values = schema['enum'].map(String)
      const name = addEnum(path, values)
      return plain(
        rows.addNode({ type: 'ENUM', store: 'WORD', first: rows.addWords(values), count: values.length }),
        'uint8_t',
        `enum tg_${name}`
      )
    }
    switch (schema['type']) {
      case 'object':
        return addObject(schema, path)
      case 'array': {
        allow(schema, ['type', 'items', 'minItems', 'maxItems'], path)
        const item = add(schemaAt(schema, 'items'), path)
        const limit = rows.addLimit(schema, ['minItems', 'maxItems'])
        const node = rows.addNode({ type: 'ARRAY', store: 'LIST', first: item.node, limit, size: `sizeof(${item.itemType})` })
        const comment = item.itemType === 'uint8_t' ? ` /* of ${item.declare('x')[0]?.replace(/.*\/\* | \*\//g, '')} */` : ''
        return {
          node,
          itemType: '',
          isList: true,
          declare: (field) => [`const ${item.itemType} *${field};${comment}`, `size_t ${field}_count;`]
        }
      }
      case 'string': {
        allow(schema, ['type', 'pattern', 'minLength', 'maxLength'], path)
        const source = schema['pattern']
        const pattern = typeof source === 'string' ? patterns.add(source) : undefined
        const limit = rows.addLimit(schema, ['minLength', 'maxLength'])
        return plain(rows.addNode({ type: 'STRING', store: 'TEXT', limit, pattern }), 'tg_text')
      }
      case 'integer':
      case 'number': {
        allow(schema, ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], path)
        const isInteger = schema['type'] === 'integer'
        const limit = rows.addLimit(schema, ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'])
        const row = isInteger ? { type: 'INTEGER', store: 'INTEGER', limit } : { type: 'NUMBER', store: 'NUMBER', limit }
        return plain(rows.addNode(row), isInteger ? 'int64_t' : 'double')
      }
      case 'boolean':
        allow(schema, ['type'], path)
        return plain(rows.addNode({ type: 'BOOLEAN', store: 'BOOLEAN' }), 'bool')
      case 'null':
        allow(schema, ['type'], path)
        return plain(rows.addNode({ type: 'NULL', store: 'NONE' }), 'bool')
      default:
        throw unknownSchema(path, `the type "${String(schema['type'])}"`)
    }
  }

  return { add, enums, structs }
}
