/**
 * How readings lie in an InfluxDB: the names of measurements, tags and fields, and the lines. Pure. One series a metric of a device;
 * nothing that grows with the goods or the messages is a tag.
 *
 * | measurement | tags | fields | time |
 * |---|---|---|---|
 * | tracegate_reading | point, device, metric | quality (integer, in every point), value (float, none where missing) | of the reading |
 * | tracegate_series | point, device, metric | unit (string) | when it was written; again after half a day |
 * | tracegate_ahead | point, device, metric | reading_ms (integer): the latest is this one from ahead of the clock; 0: no longer | when it was written |
 * | tracegate_offset | log | up_to (integer) | the hour in which it was written |
 */
import { floatFieldOf, integerFieldOf, lineStartOf, stringFieldOf } from './line-protocol.ts'
import type { Condition } from './selection.ts'

export const measurements = {
  reading: 'tracegate_reading',
  series: 'tracegate_series',
  ahead: 'tracegate_ahead',
  offset: 'tracegate_offset'
} as const

export type SeriesTags = Readonly<Record<'point' | 'device' | 'metric', string>>

/** The parts of `point/device/metric`; only the metric may hold more slashes. Undefined when it is no name of a series. */
export function tagsOfSeries(series: string): SeriesTags | undefined {
  const first = series.indexOf('/')
  const second = series.indexOf('/', first + 1)
  if (first === -1 || second === -1) return undefined
  return { point: series.slice(0, first), device: series.slice(first + 1, second), metric: series.slice(second + 1) }
}

export function seriesOfTags(tags: Readonly<Record<string, string>>): string {
  return `${tags['point'] ?? ''}/${tags['device'] ?? ''}/${tags['metric'] ?? ''}`
}

export function conditionsOf(tags: Readonly<Record<string, string>>): Condition[] {
  return Object.entries(tags).map(([tag, value]) => ({ tag, anyOf: [value] }))
}

/** What of a prefix the server can find by tags; the rest is for `startsWith`. */
export function conditionsOfPrefix(prefix: string): Condition[] {
  const [point = '', device = '', ...rest] = prefix.split('/')
  if (rest.length > 0) return conditionsOf({ point, device })
  return prefix.includes('/') ? conditionsOf({ point }) : []
}

/** Everything of a line but the fields and the time; the same for all readings of a series. */
export const readingStart = (tags: SeriesTags): string => lineStartOf(measurements.reading, tags)

/** A missing reading has no value, which would be NaN: InfluxDB takes none. Undefined for an infinite value. */
export function readingLine(start: string, reading: { timeMs: number; value: number; quality: number }): string | undefined {
  const { timeMs, value, quality } = reading
  const marked = `${start} ${integerFieldOf('quality', quality)}`
  if (Number.isNaN(value)) return `${marked} ${timeMs}`
  const field = floatFieldOf('value', value)
  return field === undefined ? undefined : `${marked},${field} ${timeMs}`
}

export function seriesLine(tags: SeriesTags, unit: string, writtenMs: number): string {
  return `${lineStartOf(measurements.series, tags)} ${stringFieldOf('unit', unit)} ${writtenMs}`
}

export function aheadLine(tags: SeriesTags, readingMs: number, writtenMs: number): string {
  return `${lineStartOf(measurements.ahead, tags)} ${integerFieldOf('reading_ms', readingMs)} ${writtenMs}`
}

const hourMs = 3_600_000

/** One point an hour: few enough to keep, and never older than a retention of the database allows. */
export function offsetLine(log: string, upTo: number, writtenMs: number): string {
  return `${lineStartOf(measurements.offset, { log })} ${integerFieldOf('up_to', upTo)} ${writtenMs - (writtenMs % hourMs)}`
}
