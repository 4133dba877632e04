/**
 * InfluxDB line protocol, written. Any text is a tag value: what the protocol cannot carry is spelt out, so that two texts never become
 * one. It sends nothing.
 */
import { escape } from '@influxdata/influxdb-client'

/** Int64 nanoseconds end at 2262-04-11; the server keeps the last ones for itself. */
export const influxTimeMsMax = 9_223_372_036_853

/** Control, format and lone surrogate code points, and the two characters that the spelling and the protocol themselves need. */
const unsafeInTags = /[\p{C}%\\]/gu
const spelt = /%([0-9a-f]{6})/g
/** A tag without a value is no tag for InfluxDB. */
const emptyTag = '%'

/** The text as a tag value, before escaping; equal texts and only those have equal values. */
export function tagValueOf(text: string): string {
  if (text === '') return emptyTag
  return text.replaceAll(unsafeInTags, (character) => `%${(character.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`)
}

/** What `tagValueOf` was given. */
export function textOfTag(value: string): string {
  if (value === emptyTag) return ''
  return value.includes('%') ? value.replaceAll(spelt, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))) : value
}

/** `measurement,tag=value,…` with tags in the order of their names, as the server sorts them. Tag values are any text. */
export function lineStartOf(measurement: string, tags: Readonly<Record<string, string>>): string {
  let start = escape.measurement(measurement)
  for (const name of Object.keys(tags).sort()) start += `,${escape.tag(name)}=${escape.tag(tagValueOf(tags[name] ?? ''))}`
  return start
}

/** A float field; undefined for NaN and the infinities, which InfluxDB does not take. */
export function floatFieldOf(name: string, value: number): string | undefined {
  return Number.isFinite(value) ? `${escape.tag(name)}=${value}` : undefined
}

/** The value must be a safe integer. */
export function integerFieldOf(name: string, value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`Cannot write field ${name}: value is ${value}, expected a safe integer`)
  return `${escape.tag(name)}=${value}i`
}

const speltMark = '\u241b'
const needsSpelling = /^$|^\u241b|\p{Cc}/u

/**
 * The text as a string field, before escaping. Empty ones and those with control characters are spelt out: the CSV of 2.x tells an empty
 * text from none no more than it keeps a line break, and InfluxQL cannot say every control character.
 */
export function fieldTextOf(text: string): string {
  const whole = text.toWellFormed()
  return needsSpelling.test(whole) ? `${speltMark}${JSON.stringify(whole)}` : whole
}

/** What `fieldTextOf` was given. What others wrote stays as it is. */
export function textOfField(value: string): string {
  if (!value.startsWith(speltMark)) return value
  try {
    return String(JSON.parse(value.slice(speltMark.length)))
  } catch {
    return value
  }
}

export function stringFieldOf(name: string, value: string): string {
  return `${escape.tag(name)}=${escape.quoted(fieldTextOf(value))}`
}

/** Nanoseconds since 1970 as decimal text, which a number cannot hold. */
export function nanosTextOf(timeMs: number, nanos = 0): string {
  if (timeMs === 0) return String(nanos)
  return `${timeMs}${String(nanos).padStart(6, '0')}`
}
