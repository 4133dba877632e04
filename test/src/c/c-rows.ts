/** The rows of the table that the C validator walks, collected without repeating any, and the small guards for reading schemas. */
import { createPatterns, type Patterns } from './c-pattern.ts'

export type Schema = Readonly<Record<string, unknown>>

/** Stands for "no such field" and "no such row". */
export const none = 'TGI_NONE'

interface NodeRow {
  readonly type: string
  readonly store: string
  readonly first?: number | undefined
  readonly count?: number | undefined
  readonly limit?: number | undefined
  readonly pattern?: number | undefined
  readonly size?: string | undefined
}

type LimitKeys = readonly [low: string, high: string, lowExclusive?: string, highExclusive?: string]

export interface Rows {
  readonly nodes: string[]
  readonly members: string[]
  readonly variants: number[]
  readonly words: string[]
  readonly limits: string[]
  readonly patterns: Patterns & { add(source: string): number }
  addNode(row: NodeRow): number
  addWords(list: readonly string[]): number
  /** Undefined when none of the keys is there. */
  addLimit(schema: Schema, keys: LimitKeys): number | undefined
}

export function createRows(): Rows {
  const nodes: string[] = []
  const words: string[] = []
  const limits: string[] = []
  const addWords = (list: readonly string[]): number => {
    const known = words.findIndex((_, index) => list.every((word, offset) => words[index + offset] === word))
    return known >= 0 ? known : words.push(...list) - list.length
  }
  return {
    nodes,
    members: [],
    variants: [],
    words,
    limits,
    patterns: createPatterns(addWords),
    addWords,
    addNode({ type, store, first = 0, count = 0, limit, pattern, size = '0' }) {
      const text = `{TGI_${type}, TGI_STORE_${store}, ${pattern ?? none}, ${limit ?? none}, ${first}, ${count}, ${size}}`
      const known = nodes.indexOf(text)
      return known >= 0 ? known : nodes.push(text) - 1
    },
    addLimit(schema, keys) {
      const [low, high, lowExclusive, highExclusive] = keys.map((key) => (key === undefined ? undefined : numberAt(schema, key)))
      const flags = Object.entries({ LOW: low, HIGH: high, LOW_EXCLUSIVE: lowExclusive, HIGH_EXCLUSIVE: highExclusive })
        .filter(([, value]) => value !== undefined)
        .map(([name]) => `TGI_${name}`)
      if (flags.length === 0) return undefined
      const text = `{${low ?? lowExclusive ?? 0}.0, ${high ?? highExclusive ?? 0}.0, ${flags.join(' | ')}}`
      const known = limits.indexOf(text)
      return known >= 0 ? known : limits.push(text) - 1
    }
  }
}

const annotations = ['description', 'title', '$id']

/** Throws for a keyword that the C code does not check. */
export function allow(schema: Schema, keywords: readonly string[], path: string): void {
  const other = Object.keys(schema).find(
    (keyword) => !keyword.startsWith('~') && !keywords.includes(keyword) && !annotations.includes(keyword)
  )
  if (other !== undefined) throw unknownSchema(path, `the keyword "${other}"`)
}

export function unknownSchema(path: string, found: string): TypeError {
  return new TypeError(`Cannot generate C: the schema at "${path}" has ${found}, expected what firmware-specs/c/src/validate.c checks`)
}

export function schemaOf(value: unknown): Schema {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`Cannot generate C: a schema is ${String(value)}, expected an object`)
  return Object.fromEntries(Object.entries(value))
}

export function schemaAt(schema: Schema, key: string): Schema {
  return schemaOf(schema[key])
}

export function listAt(schema: Schema, key: string): readonly unknown[] {
  const value = schema[key] ?? []
  if (!Array.isArray(value)) throw new TypeError(`Cannot generate C: "${key}" of a schema is ${typeof value}, expected a list`)
  return value
}

function numberAt(schema: Schema, key: string): number | undefined {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}

/** Row of a schema's constant. */
export function addConstant(rows: Rows, schema: Schema, path: string): number {
  allow(schema, ['type', 'const'], path)
  const value = schema['const']
  if (typeof value === 'string') return rows.addNode({ type: 'CONST_STRING', store: 'NONE', first: rows.addWords([value]) })
  if (typeof value === 'boolean') return rows.addNode({ type: 'CONST_BOOLEAN', store: 'NONE', first: value ? 1 : 0 })
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_534)
    return rows.addNode({ type: 'CONST_NUMBER', store: 'NONE', first: value })
  throw unknownSchema(path, `the constant ${JSON.stringify(value)}`)
}
