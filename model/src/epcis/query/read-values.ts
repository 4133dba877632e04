/**
 * Values of query parameters, from the text of a URL or the JSON of a body. Each reader gives the value, or puts down what was found and
 * what was wanted. Limits on lists stand here.
 */
import { parseTimeMs } from '../normalise.ts'
import type { FieldValue } from './condition.ts'
import type { QueryFinding, QueryOptions } from './query.ts'

/** Most values of one list. */
const listValuesMax = 1_000
/** Longest text of one value. */
const valueLengthMax = 2_048

/** Who reads: findings are put down here. */
export interface Reading {
  readonly form: QueryOptions['form']
  readonly findings: QueryFinding[]
}

/** One parameter as it was given. */
export interface Given {
  readonly name: string
  readonly value: unknown
  /** Which entry of a body's list the value is. */
  readonly entry?: number
}

export function refuse(reading: Reading, given: Given, wanted: string, nearest?: string): undefined {
  const current = shown(given.value)
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  reading.findings.push({
    exception: 'QueryParameterException',
    code: 'QUERY_PARAMETER_INVALID',
    pointer: pointerOf(given.name) + (given.entry === undefined ? '' : `/${given.entry}`),
    message: `${given.name.slice(0, 128)} is ${current}, expected ${wanted}${meant}`,
    name: given.name,
    current,
    wanted,
    ...(nearest === undefined ? {} : { nearest })
  })
  return undefined
}

/** The query is one that the standard allows and that costs too much here. */
export function refuseCost(reading: Reading, name: string, found: { readonly current: string; readonly wanted: string }): undefined {
  reading.findings.push({
    exception: 'QueryTooComplexException',
    code: 'QUERY_TOO_COMPLEX',
    pointer: name === '' ? '' : pointerOf(name),
    message: `${name === '' ? 'the query' : name.slice(0, 128)} has ${found.current}, expected ${found.wanted}`,
    name,
    ...found
  })
  return undefined
}

export function pointerOf(name: string): string {
  return `/${name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const shownLengthMax = 64

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value) && value.length === 0) return 'an empty list'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text
}

const listWanted = { url: 'one or more values separated by a pipe', body: 'an array of one or more texts' } as const

/** The texts of a list: separated by pipes in a URL, where a name may also come again; an array in a body. */
export function readTexts(reading: Reading, given: Given): string[] | undefined {
  const { value } = given
  const entries = reading.form === 'url' ? urlEntries(value) : value
  if (!Array.isArray(entries) || entries.length === 0) return refuse(reading, given, listWanted[reading.form])
  if (entries.length > listValuesMax)
    return refuseCost(reading, given.name, { current: `${entries.length} values`, wanted: `at most ${listValuesMax}` })
  const texts: string[] = []
  for (const entry of entries) {
    if (typeof entry !== 'string' || entry === '') return refuse(reading, entryOf(given, entry), listWanted[reading.form])
    if (entry.length > valueLengthMax)
      return refuseCost(reading, given.name, { current: `a value of ${entry.length} characters`, wanted: `at most ${valueLengthMax}` })
    texts.push(entry)
  }
  return [...new Set(texts)]
}

function entryOf(given: Given, value: unknown): Given {
  const list: readonly unknown[] = Array.isArray(given.value) ? given.value : []
  const entry = list.indexOf(value)
  return entry < 0 ? { ...given, value } : { ...given, value, entry }
}

function urlEntries(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? [] : value.split('|')
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value.flatMap((entry) => entry.split('|')) : undefined
}

/** The texts of a list, each through `read`, which gives undefined for what it does not take. */
export function readList<Item>(
  reading: Reading,
  given: Given,
  options: {
    readonly read: (text: string) => Item | undefined
    readonly wanted: string
    readonly nearest?: (text: string) => string | undefined
  }
): Item[] | undefined {
  const texts = readTexts(reading, given)
  if (texts === undefined) return undefined
  const items: Item[] = []
  for (const text of texts) {
    const item = options.read(text)
    if (item === undefined) return refuse(reading, entryOf(given, text), options.wanted, options.nearest?.(text))
    items.push(item)
  }
  return items
}

/** One text; in a URL an empty one counts as none. */
export function readText(reading: Reading, given: Given, wanted: string): string | undefined {
  const { value } = given
  if (typeof value === 'string' && value !== '' && value.length <= valueLengthMax) return value
  return refuse(reading, given, Array.isArray(value) && reading.form === 'url' ? `${wanted}, once` : wanted)
}

const dateTimePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:\d\d)$/
const timeWanted = 'a date and time with offset, e.g. 2026-01-31T08:00:00+08:00'

export function readTimeMs(reading: Reading, given: Given): number | undefined {
  const text = readText(reading, given, timeWanted)
  if (text === undefined) return undefined
  return timeOf(reading, text) ?? refuse(reading, given, timeWanted)
}

function timeOf({ form }: Reading, text: string): number | undefined {
  // A plus sign that was not percent-encoded arrives as a space.
  const whole = form === 'url' ? text.replace(/ (?=\d\d:\d\d$)/, '+') : text
  if (!dateTimePattern.test(whole)) return undefined
  const timeMs = parseTimeMs(whole)
  return Number.isFinite(timeMs) ? timeMs : undefined
}

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/

function numberOf({ form }: Reading, value: unknown): number | undefined {
  // A plus sign that was not percent-encoded arrives as a space.
  const text = form === 'url' && typeof value === 'string' ? value.replace(/^ /, '+') : undefined
  const number = text === undefined ? value : numberPattern.test(text) ? Number(text) : undefined
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** One number. */
export function readNumber(reading: Reading, given: Given): number | undefined {
  return numberOf(reading, given.value) ?? refuse(reading, given, 'a number')
}

/** One number or several: query-schema.json wants an array, openapi.json a number; both are taken. */
export function readNumbers(reading: Reading, given: Given): number[] | undefined {
  const { value } = given
  const wanted = reading.form === 'url' ? 'one or more numbers separated by a pipe' : 'a number or an array of numbers'
  const entries = reading.form === 'url' ? urlEntries(value) : Array.isArray(value) ? value : [value]
  if (!Array.isArray(entries) || entries.length === 0) return refuse(reading, given, wanted)
  if (entries.length > listValuesMax)
    return refuseCost(reading, given.name, { current: `${entries.length} values`, wanted: `at most ${listValuesMax}` })
  const numbers: number[] = []
  for (const entry of entries) {
    const number = numberOf(reading, entry)
    if (number === undefined) return refuse(reading, { ...given, value: entry }, wanted)
    numbers.push(number)
  }
  return [...new Set(numbers)]
}

export function readInteger(reading: Reading, given: Given, minimum: number): number | undefined {
  const { value } = given
  const number = reading.form === 'body' ? value : typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
  if (typeof number === 'number' && Number.isInteger(number) && number >= minimum && number < 1e9) return number
  return refuse(reading, given, `an integer from ${minimum}`)
}

export function readBoolean(reading: Reading, given: Given): boolean | undefined {
  const { value } = given
  if (reading.form === 'body' ? value === true : value === 'true') return true
  if (reading.form === 'body' ? value === false : value === 'false') return false
  return refuse(reading, given, 'true or false')
}

/** A parameter that only has to be there: true in a URL; true, null, an integer or an empty text in a body. */
export function readFlag(reading: Reading, given: Given): true | undefined {
  const { value } = given
  if (reading.form === 'url') return value === '' || value === 'true' ? true : refuse(reading, given, 'true')
  if (value === true || value === null || value === '' || (typeof value === 'number' && Number.isInteger(value))) return true
  return refuse(reading, given, 'no value, true or null')
}

/** What an extension field is compared with: one text may be a text, a number and a time at once, and is compared as all of them. */
export function readFieldValues(reading: Reading, given: Given, isText: boolean): FieldValue[] | undefined {
  const { value } = given
  const wanted = isText ? 'texts, a number or a date and time' : 'a number or a date and time'
  if (isText && (reading.form === 'url' || Array.isArray(value))) return readTexts(reading, given)?.map((text) => fieldValue(reading, text))
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== '')
  if (!isPlain || String(value).length > valueLengthMax) return refuse(reading, given, wanted)
  const read = fieldValue(reading, String(value))
  return isText || read.number !== undefined || read.timeMs !== undefined ? [read] : refuse(reading, given, wanted)
}

function fieldValue(reading: Reading, text: string): FieldValue {
  const timeMs = timeOf(reading, text)
  const number = numberPattern.test(text) ? Number(text) : undefined
  return {
    text,
    ...(number !== undefined && Number.isFinite(number) ? { number } : {}),
    ...(timeMs === undefined ? {} : { timeMs })
  }
}
