/** Readings in columns, for the adapters of the telemetry store: their checks, and as readings for a store that takes only those. */
import { qualityFlags, type QualityFlag } from '@tracegate/model/quality'
import type { Reading } from '@tracegate/model/telemetry'
import { storeError } from './errors.ts'
import { requireStorableTimes } from './telemetry-limits.ts'
import type { ReadingColumns } from './telemetry-store.ts'

const seriesPerAppendMax = 65_536
const isFlag: readonly boolean[] = Array.from({ length: 256 }, (_, quality) => qualityFlags.some((flag) => flag === quality))

/** Refuses times that cannot be stored, columns of different lengths, places without a series and qualities that are none. */
export function requireColumns(columns: ReadingColumns): void {
  const { series, seriesAt, timeMs, value, quality } = columns
  requireStorableTimes(timeMs)
  const wanted = timeMs.length
  for (const [member, { length }] of Object.entries({ seriesAt, value, quality }))
    if (length !== wanted) throw storeError('STORE_QUERY', { member: `length of ${member}`, current: length, wanted })
  if (series.length > seriesPerAppendMax)
    throw storeError('STORE_QUERY', { member: 'number of series', current: series.length, wanted: `at most ${seriesPerAppendMax}` })
  for (let index = 0; index < wanted; index++) {
    const place = seriesAt[index] ?? 0
    if (place >= series.length) throw storeError('STORE_QUERY', { member: 'seriesAt', current: place, wanted: `below ${series.length}` })
    const flag = quality[index] ?? 0
    if (isFlag[flag] !== true) throw storeError('STORE_QUERY', { member: 'quality', current: flag, wanted: '1, 2, 3, 4 or 9' })
  }
}

/** The same as readings, in their order. */
export function readingsOfColumns(columns: ReadingColumns): Reading[] {
  requireColumns(columns)
  return Array.from(columns.timeMs, (timeMs, index): Reading => {
    const series = columns.series[columns.seriesAt[index] ?? 0] ?? { point: '', device: '', metric: '', unit: '' }
    const { point, device, metric, unit } = series
    return { point, device, metric, unit, timeMs, value: columns.value[index] ?? NaN, quality: flagOf(columns.quality[index]) }
  })
}

function flagOf(quality: number | undefined): QualityFlag {
  return qualityFlags.find((flag) => flag === quality) ?? 2
}
