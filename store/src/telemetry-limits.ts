/** Limits and checks that the adapters of the telemetry store share, so that they answer alike. */
import type { Reading } from '@tracegate/model/telemetry'
import { storeError } from './errors.ts'
import type { RangeQuery } from './telemetry-store.ts'

/** Most readings of one `append`. */
const readingsPerAppendMax = 100_000
/** Readings of a range answer when the query names no limit, and the most it may name; past it the answer is truncated. */
const rangeReadingsDefault = 100_000
const rangeReadingsMax = 1_000_000
const bucketsMax = 10_000

/** A reading this far ahead of the clock has a wrong time. It is the latest until one comes that is not. */
const aheadMaxMs = 60_000

/** Whether a reading becomes the latest of its series. */
export function replacesLatest(latestMs: number, timeMs: number): boolean {
  return timeMs >= latestMs || latestMs > Date.now() + aheadMaxMs
}

const timeMax = 253_402_300_799_999

/** Missing is stored as NaN with quality 9, always both. */
export function isMissing(reading: Reading): boolean {
  return reading.quality === 9 || Number.isNaN(reading.value)
}

/** The value and quality as stored; minus zero is zero. */
export function storedValueOf(reading: Reading): { readonly value: number; readonly quality: Reading['quality'] } {
  return isMissing(reading) ? { value: NaN, quality: 9 } : { value: reading.value + 0, quality: reading.quality }
}

export function requireStorable(readings: readonly Reading[]): void {
  if (readings.length > readingsPerAppendMax)
    throw storeError('STORE_TOO_MUCH', { action: 'append', what: 'readings', current: readings.length, wanted: readingsPerAppendMax })
  for (const { timeMs } of readings)
    if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > timeMax)
      throw storeError('STORE_QUERY', { member: 'timeMs', current: timeMs, wanted: `an integer from 0 to ${timeMax}` })
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
