/** Flux, as InfluxDB 2.x speaks it: the texts of selections. Pure. */
import { fieldTextOf, tagValueOf } from './line-protocol.ts'
import { wholeTime, type Condition, type Selection } from './selection.ts'

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', $: '\\x24' }

/**
 * A string literal. Every dollar is spelt out, not only those before a brace: to the scanner of Flux `$` and the character after it belong
 * together, so that the escaping of InfluxData's client lets the text `$"` end its literal.
 */
export function fluxLiteral(text: string): string {
  return `"${text.toWellFormed().replaceAll(/[\\"\n\r\t$]/g, (character) => escapes[character] ?? character)}"`
}

const member = (name: string): string => `r[${fluxLiteral(name)}]`
const list = (names: readonly string[]): string => `[${names.map(fluxLiteral).join(', ')}]`

/** The points of each series as rows with one column a field, oldest first, or one point or the number of points of each series. */
export function fluxSelection(bucket: string, selection: Selection): string {
  const { measurement, pick, span = wholeTime, fields } = selection
  const conditions = selection.where ?? []
  const onTags = conditions.flatMap(onTagsOnly).map(predicateOf)
  const onFields = conditions.filter((condition) => !('tag' in condition)).map(predicateOf)
  // A count needs only the field that every point has.
  const wanted = pick.type === 'count' ? fields.slice(0, 1) : [...new Set([...fields, ...conditions.flatMap(fieldsOf)])]
  const isWanted = `(${wanted.map((field) => `${member('_field')} == ${fluxLiteral(field)}`).join(' or ')})`
  const source = [
    `from(bucket: ${fluxLiteral(bucket)})`,
    `range(start: time(v: ${span.fromNanos}), stop: time(v: ${BigInt(span.toNanos) + 1n}))`,
    `filter(fn: (r) => ${[`${member('_measurement')} == ${fluxLiteral(measurement)}`, isWanted, ...onTags].join(' and ')})`
  ]
  switch (pick.type) {
    case 'every': {
      const columns = ['_time', ...fields, ...pick.tags]
      return pipeOf([
        ...source,
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        ...(onFields.length === 0 ? [] : [`filter(fn: (r) => ${onFields.join(' and ')})`]),
        `keep(columns: ${list(columns)})`,
        'group()',
        `sort(columns: ["_time"], desc: ${pick.order === 'descending'})`,
        `limit(n: ${pick.limit})`
      ])
    }
    case 'newest':
      return pipeOf([...source, 'last()', 'drop(columns: ["_start", "_stop"])'])
    case 'oldest':
      return pipeOf([...source, 'first()', 'drop(columns: ["_start", "_stop"])'])
    case 'count':
      return pipeOf([...source, 'count()', 'drop(columns: ["_start", "_stop"])'])
    default:
      return pick satisfies never
  }
}

function pipeOf(steps: readonly string[]): string {
  return steps.join('\n  |> ')
}

function fieldsOf(condition: Condition): string[] {
  if ('pairOf' in condition) return [condition.pairOf[1]]
  return 'field' in condition ? [condition.field] : []
}

/** What can be told before the fields of a point stand in one row. */
function onTagsOnly(condition: Condition): Condition[] {
  if ('tag' in condition) return [condition]
  if ('field' in condition) return []
  return [{ tag: condition.pairOf[0], anyOf: [...new Set(condition.anyOf.map(([tagged]) => tagged))] }]
}

function predicateOf(condition: Condition): string {
  if ('pairOf' in condition) {
    const [tag, field] = condition.pairOf.map(member)
    const pairs = condition.anyOf.map(
      ([tagged, value]) => `(${tag} == ${fluxLiteral(tagValueOf(tagged))} and ${field} == ${fluxLiteral(fieldTextOf(value))})`
    )
    return `(${pairs.join(' or ')})`
  }
  const values =
    'tag' in condition
      ? condition.anyOf.map((value) => `${member(condition.tag)} == ${fluxLiteral(tagValueOf(value))}`)
      : condition.anyOf.map(
          (value) => `${member(condition.field)} == ${typeof value === 'number' ? value : fluxLiteral(fieldTextOf(value))}`
        )
  return `(${values.join(' or ')})`
}
