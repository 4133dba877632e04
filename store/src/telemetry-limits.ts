/** Limits and checks that the adapters of the telemetry store share, so that they answer alike. */
import type { Reading } from '@tracegate/model/telemetry'
import { convertUnit } from '@tracegate/model/units'
import { refusedReadings, storeError, type RefusedReading } from './errors.ts'
import type { AlignedQuery, GapQuery, PageQuery, RangeQuery, RetentionPolicy } from './telemetry-store.ts'

/** Most readings of one `append`. */
const readingsPerAppendMax = 100_000
/** Readings of a range answer when the query names no limit, and the most it may name; past it the answer is truncated. */
const rangeReadingsDefault = 100_000
const rangeReadingsMax = 1_000_000
const bucketsMax = 10_000
const alignedSeriesMax = 100
const alignedCellsMax = 1_000_000
const gapsDefault = 10_000
const pageReadingsDefault = 10_000
const pageReadingsMax = 100_000
const policiesMax = 1_000

/** A reading this far ahead of the clock has a wrong time. It is the latest until one comes that is not. */
const aheadMaxMs = 60_000

/** Whether a reading becomes the latest of its series. */
export function replacesLatest(latestMs: number, timeMs: number): boolean {
  return timeMs >= latestMs || latestMs > Date.now() + aheadMaxMs
}

const timeMax = 253_402_300_799_999

/** Missing is stored as NaN with quality 9, always both. */
function isMissing(reading: Reading): boolean {
  return reading.quality === 9 || Number.isNaN(reading.value)
}

/** The value and quality as stored; minus zero is zero. */
export function storedValueOf(reading: Reading): { readonly value: number; readonly quality: Reading['quality'] } {
  return isMissing(reading) ? { value: NaN, quality: 9 } : { value: reading.value + 0, quality: reading.quality }
}

export function requireStorable(readings: readonly Reading[]): void {
  requireCount(readings.length)
  for (const { timeMs } of readings) if (!isStorableTime(timeMs)) throw timeError(timeMs)
}

export function requireStorableTimes(times: Float64Array): void {
  requireCount(times.length)
  for (const timeMs of times) if (!isStorableTime(timeMs)) throw timeError(timeMs)
}

function requireCount(current: number): void {
  if (current > readingsPerAppendMax)
    throw storeError('STORE_TOO_MUCH', { action: 'append', what: 'readings', current, wanted: readingsPerAppendMax })
}

function isStorableTime(timeMs: number): boolean {
  return Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= timeMax
}

function timeError(timeMs: number): Error {
  return storeError('STORE_QUERY', { member: 'timeMs', current: timeMs, wanted: `an integer from 0 to ${timeMax}` })
}

/** A reading whose unit does not go with the unit of its series. */
export interface UnitConflict {
  readonly index: number
  readonly series: string
  readonly unit: string
  readonly wanted: string
}

/** The answer to a batch with such readings; nothing of it is stored. */
export function unitRefusal(readings: number, conflicts: readonly UnitConflict[]): Error {
  const refused = conflicts.map(({ index, series, unit, wanted }): RefusedReading => {
    return { index, detail: `unit of ${series} is ${unit}, expected ${wanted} or one that converts to it` }
  })
  return refusedReadings({ action: `append ${readings} readings`, readings, detail: refused[0]?.detail ?? '', refused })
}

/** The value in the unit of its series; undefined when the units do not convert. A missing value converts to itself. */
export function valueInUnit(value: number, from: string, to: string): number | undefined {
  return from === to ? value : convertUnit(value, from, to)
}

/** The range with its limit spelt out; refuses one that is none with `STORE_QUERY`. */
export function requireRange(query: RangeQuery): Required<RangeQuery> {
  const { series, fromMs, toMs, limit = rangeReadingsDefault } = query
  if (!Number.isFinite(fromMs) || !Number.isFinite(toMs) || fromMs > toMs)
    throw storeError('STORE_QUERY', { member: 'fromMs', current: fromMs, wanted: `a number up to toMs ${toMs}` })
  if (!Number.isInteger(limit) || limit < 1)
    throw storeError('STORE_QUERY', { member: 'limit', current: limit, wanted: 'an integer from 1' })
  return { series, fromMs: Math.ceil(fromMs), toMs: Math.floor(toMs), limit: Math.min(limit, rangeReadingsMax) }
}

export function requireBuckets(buckets: number): number {
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > bucketsMax)
    throw storeError('STORE_QUERY', { member: 'buckets', current: buckets, wanted: `an integer from 1 to ${bucketsMax}` })
  return buckets
}

export function requireAligned(query: AlignedQuery): AlignedQuery {
  const { fromMs, toMs } = requireRange({ series: '', fromMs: query.fromMs, toMs: query.toMs })
  const buckets = requireBuckets(query.buckets)
  const { length } = query.series
  if (length < 1 || length > alignedSeriesMax)
    throw storeError('STORE_QUERY', { member: 'number of series', current: length, wanted: `1 to ${alignedSeriesMax}` })
  if (length * buckets > alignedCellsMax)
    throw storeError('STORE_QUERY', { member: 'series × buckets', current: length * buckets, wanted: `at most ${alignedCellsMax}` })
  return { series: query.series, fromMs, toMs, buckets }
}

export function requireGaps(query: GapQuery): Required<GapQuery> {
  const { gapAfterMs, limit = gapsDefault } = query
  if (!(gapAfterMs > 0)) throw storeError('STORE_QUERY', { member: 'gapAfterMs', current: gapAfterMs, wanted: 'a number above 0' })
  return { ...requireRange({ ...query, limit }), gapAfterMs }
}

export function requirePages(query: PageQuery): Required<PageQuery> {
  const { series, pageReadings = pageReadingsDefault } = query
  const { fromMs, toMs } = requireRange(query)
  if (!Number.isInteger(pageReadings) || pageReadings < 1 || pageReadings > pageReadingsMax)
    throw storeError('STORE_QUERY', { member: 'pageReadings', current: pageReadings, wanted: `an integer from 1 to ${pageReadingsMax}` })
  return { series, fromMs, toMs, pageReadings }
}

/** What is kept of one metric: nothing before these times. -Infinity where it is kept for ever. */
export interface KeptFrom {
  readonly rawMs: number
  readonly minuteMs: number
  readonly hourMs: number
}

/** The policies as a question: from when on a metric is kept at a time. Undefined when no policy is for it. */
export type Retention = (metric: string, nowMs: number) => KeptFrom | undefined

const dayMs = 86_400_000

export function requireRetention(policies: readonly RetentionPolicy[]): Retention {
  if (policies.length > policiesMax)
    throw storeError('STORE_QUERY', { member: 'number of policies', current: policies.length, wanted: `at most ${policiesMax}` })
  const byMetric = new Map<string, RetentionPolicy>()
  for (const policy of policies) {
    if (byMetric.has(policy.metric))
      throw storeError('STORE_QUERY', { member: 'metric', current: policy.metric, wanted: 'one policy of each' })
    requireAscending(policy)
    byMetric.set(policy.metric, policy)
  }
  return (metric, nowMs) => {
    const policy = byMetric.get(metric) ?? byMetric.get('*')
    if (policy === undefined) return undefined
    const from = (days: number | undefined): number => (days === undefined ? -Infinity : nowMs - days * dayMs)
    return { rawMs: from(policy.rawDays), minuteMs: from(policy.minuteDays), hourMs: from(policy.hourDays) }
  }
}

function requireAscending(policy: RetentionPolicy): void {
  const { metric, rawDays = Infinity, minuteDays = Infinity, hourDays = Infinity } = policy
  const current = `${rawDays}, ${minuteDays}, ${hourDays}`
  const member = `rawDays, minuteDays, hourDays of ${metric}`
  if (!(rawDays > 0 && rawDays <= minuteDays && minuteDays <= hourDays))
    throw storeError('STORE_QUERY', { member, current, wanted: 'days above 0, none fewer than the one before' })
}

/** The metric of a series name. */
export function metricOf(series: string): string {
  return series.split('/').slice(2).join('/')
}
