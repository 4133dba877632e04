/** InfluxQL, as InfluxDB 1.x and 3.x speak it: the texts of selections and deletions, and the reading of times. Pure. */
import { storeError } from '../errors.ts'
import { fieldTextOf, tagValueOf } from './line-protocol.ts'
import { wholeTime, type Condition, type Selection, type TimeSpan } from './selection.ts'

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"', '\n': '\\n' }

/** To the scanner of InfluxQL NUL is the end of the text and a carriage return a line break, and it knows no way to spell them. */
function requireSayable(text: string): string {
  if (/[\0\r]/.test(text))
    throw storeError('STORE_QUERY', { member: 'text', current: JSON.stringify(text), wanted: 'one without NUL and CR' })
  return text.toWellFormed()
}

function influxqlString(text: string): string {
  return `'${requireSayable(text).replaceAll(/[\\'\n]/g, (character) => escapes[character] ?? character)}'`
}

function influxqlName(name: string): string {
  return `"${requireSayable(name).replaceAll(/[\\"\n]/g, (character) => escapes[character] ?? character)}"`
}

export function influxqlSelection(selection: Selection): string {
  const { measurement, pick, span = wholeTime } = selection
  const from = `FROM ${influxqlName(measurement)} WHERE ${where(selection.where ?? [], span)}`
  const [anchor, ...others] = selection.fields.map(influxqlName)
  switch (pick.type) {
    case 'every': {
      const columns = [anchor, ...others, ...pick.tags.map((tag) => `${influxqlName(tag)}::tag`)].join(', ')
      return `SELECT ${columns} ${from} ORDER BY time ${pick.order === 'ascending' ? 'ASC' : 'DESC'} LIMIT ${pick.limit}`
    }
    case 'newest':
      return `SELECT ${[`last(${anchor}) AS ${anchor}`, ...others].join(', ')} ${from} GROUP BY *`
    case 'oldest':
      return `SELECT ${[`first(${anchor}) AS ${anchor}`, ...others].join(', ')} ${from} GROUP BY *`
    case 'count':
      return `SELECT count(${anchor}) AS ${anchor} ${from} GROUP BY *`
    default:
      return pick satisfies never
  }
}

/** Fields cannot be a condition of a deletion. */
export function influxqlDeletion(deletion: {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly span: TimeSpan
}): string {
  const conditions = Object.entries(deletion.tags).map(([tag, value]) => ({ tag, anyOf: [value] }))
  return `DELETE FROM ${influxqlName(deletion.measurement)} WHERE ${where(conditions, deletion.span)}`
}

function where(conditions: readonly Condition[], span: TimeSpan): string {
  const all = conditions.map((condition) => `(${alternatives(condition).join(' OR ')})`)
  return [...all, `time >= ${span.fromNanos}`, `time <= ${span.toNanos}`].join(' AND ')
}

function alternatives(condition: Condition): string[] {
  if ('pairOf' in condition) {
    const [tag, field] = condition.pairOf.map(influxqlName)
    return condition.anyOf.map(
      ([tagged, value]) =>
        `(${tag}::tag = ${influxqlString(tagValueOf(tagged))} AND ${field}::field = ${influxqlString(fieldTextOf(value))})`
    )
  }
  if ('tag' in condition)
    return condition.anyOf.map((value) => `${influxqlName(condition.tag)}::tag = ${influxqlString(tagValueOf(value))}`)
  return condition.anyOf.map(
    (value) => `${influxqlName(condition.field)}::field = ${typeof value === 'number' ? value : influxqlString(fieldTextOf(value))}`
  )
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z?$/

/** A time as the server writes it, to the nanosecond; undefined when it is none. */
export function timeOfText(text: string): { timeMs: number; nanos: number } | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const fraction = (match[2] ?? '').padEnd(9, '0')
  return { timeMs: Date.parse(`${match[1]}Z`) + Number(fraction.slice(0, 3)), nanos: Number(fraction.slice(3)) }
}
