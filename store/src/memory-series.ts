/** One series of the telemetry store in memory: its readings, and the minutes and hours that dropped readings left behind. */
import type { Reading } from '@tracegate/model/telemetry'
import { createBucketAccumulator, type BucketAccumulator, type BucketQuery } from './buckets.ts'
import type { Columns } from './column-block.ts'
import { createGapFinder, findGaps, occupiedByReadings, occupiedByRollups } from './gaps.ts'
import { kelvinScaleOf } from './mean-kinetic-temperature.ts'
import {
  aggregateAt,
  answerRollups,
  coarsen,
  emptyRollups,
  lastKnownAt,
  mergeRollups,
  rollUp,
  rollupWidthMs,
  sliceRollups,
  type RollupColumns
} from './rollups.ts'
import { replacesLatest, storedValueOf, valueInUnit, type KeptFrom } from './telemetry-limits.ts'
import type { Gap, LatestValue, Resolution, RetentionCounts, RollupResolution, SeriesRollups } from './telemetry-store.ts'

interface Stored {
  readonly timeMs: number
  readonly value: number
  readonly quality: Reading['quality']
}

export type MemorySeries = ReturnType<typeof createMemorySeries>

export function createMemorySeries(series: string, unit: string) {
  const byTime = new Map<number, Stored>()
  const scale = kelvinScaleOf(unit)
  let latest: Stored | undefined
  let minutes = emptyRollups
  let hours = emptyRollups
  /** Ascending; made anew when asked for after a change. */
  let cached: Stored[] | undefined

  const sorted = (): Stored[] => (cached ??= [...byTime.values()].sort((left, right) => left.timeMs - right.timeMs))
  const within = (fromMs: number, toMs: number): Stored[] => sorted().filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
  const dropReadings = (beforeMs: number): Columns => {
    const dropped = columnsOf(within(0, beforeMs - 1))
    for (const timeMs of dropped.timeMs) byTime.delete(timeMs)
    if (dropped.timeMs.length > 0) cached = undefined
    if (latest !== undefined && !byTime.has(latest.timeMs)) latest = sorted().at(-1)
    return dropped
  }
  /** The coarsest part that has anything in the range. */
  const resolutionIn = (fromMs: number, toMs: number): Resolution => {
    if (touches(hours, fromMs, toMs)) return '1h'
    return touches(minutes, fromMs, toMs) ? '1m' : 'raw'
  }

  return {
    series,
    unit,
    put(reading: Reading): void {
      const { quality, value } = storedValueOf(reading)
      const kept = { timeMs: reading.timeMs, quality, value: valueInUnit(value, reading.unit, unit) ?? NaN }
      byTime.set(reading.timeMs, kept)
      if (latest === undefined || replacesLatest(latest.timeMs, reading.timeMs)) latest = kept
      cached = undefined
    },
    latest: (): LatestValue | undefined => (latest === undefined ? undefined : { series, unit, ...latest }),
    range({ fromMs, toMs, limit }: { fromMs: number; toMs: number; limit: number }) {
      const found = within(fromMs, toMs)
      return { series, unit, ...columnsOf(found.slice(0, limit)), truncated: found.length > limit }
    },
    buckets(query: BucketQuery): { accumulator: BucketAccumulator; resolution: Resolution } {
      const accumulator = createBucketAccumulator(query)
      for (const rollups of [hours, minutes])
        for (let index = 0; index < rollups.startMs.length; index++) accumulator.addWhole(aggregateAt(rollups, index))
      const columns = columnsOf(within(query.fromMs, query.toMs))
      accumulator.addColumns(columns, 0, columns.timeMs.length)
      return { accumulator, resolution: resolutionIn(query.fromMs, query.toMs) }
    },
    asOf(atMs: number): LatestValue | undefined {
      const candidates: Stored[] = within(0, atMs).slice(-1)
      for (const rollups of [minutes, hours]) {
        const known = lastKnownAt(rollups, atMs)
        if (known !== undefined) candidates.push({ ...known, quality: 2 })
      }
      const [found] = candidates.sort((left, right) => right.timeMs - left.timeMs)
      return found === undefined ? undefined : { series, unit, ...found }
    },
    gaps(query: { fromMs: number; toMs: number; gapAfterMs: number; limit: number }): {
      gaps: Gap[]
      truncated: boolean
      resolution: Resolution
    } {
      const { fromMs, toMs } = query
      const readings = columnsOf(within(fromMs, toMs))
      const sources = [occupiedByReadings(readings), occupiedByRollups(minutes), occupiedByRollups(hours)]
      return { ...findGaps(createGapFinder(query), sources), resolution: resolutionIn(fromMs, toMs) }
    },
    rollups(query: { fromMs: number; toMs: number; limit: number; resolution: RollupResolution }): SeriesRollups {
      const { resolution } = query
      const widthMs = rollupWidthMs[resolution]
      const own = rollUp(columnsOf(sorted()), { widthMs, scale })
      const gone = resolution === '1m' ? minutes : mergeRollups(hours, coarsen(minutes, widthMs))
      return { series, unit, resolution, ...answerRollups(mergeRollups(gone, own), { ...query, scale }) }
    },
    /** Undefined when nothing is left of it. */
    extent(): { readonly firstMs: number; readonly lastMs: number; readonly count: number } | undefined {
      const readings = sorted()
      const firsts = [readings[0]?.timeMs, minutes.firstMs[0], hours.firstMs[0]].filter((timeMs) => timeMs !== undefined)
      const lasts = [readings.at(-1)?.timeMs, minutes.lastMs.at(-1), hours.lastMs.at(-1)].filter((timeMs) => timeMs !== undefined)
      if (firsts.length === 0) return undefined
      return { firstMs: Math.min(...firsts), lastMs: Math.max(...lasts), count: readings.length }
    },
    /** With all that is rolled up of it. */
    drop(beforeMs: number): number {
      minutes = splitAt(minutes, beforeMs, rollupWidthMs['1m']).kept
      hours = splitAt(hours, beforeMs, rollupWidthMs['1h']).kept
      return dropReadings(beforeMs).timeMs.length
    },
    retain({ rawMs, minuteMs, hourMs }: KeptFrom): RetentionCounts {
      const readings = dropReadings(rawMs)
      minutes = mergeRollups(minutes, rollUp(readings, { widthMs: rollupWidthMs['1m'], scale }))
      const minute = splitAt(minutes, minuteMs, rollupWidthMs['1m'])
      minutes = minute.kept
      hours = mergeRollups(hours, coarsen(minute.dropped, rollupWidthMs['1h']))
      const hour = splitAt(hours, hourMs, rollupWidthMs['1h'])
      hours = hour.kept
      return { raw: readings.timeMs.length, minute: minute.dropped.startMs.length, hour: hour.dropped.startMs.length }
    }
  }
}

/** Roll-ups that end before the time, and the others. */
function splitAt(rollups: RollupColumns, beforeMs: number, widthMs: number): { dropped: RollupColumns; kept: RollupColumns } {
  const found = rollups.startMs.findIndex((startMs) => startMs + widthMs > beforeMs)
  const at = found === -1 ? rollups.startMs.length : found
  return { dropped: sliceRollups(rollups, 0, at), kept: sliceRollups(rollups, at, rollups.startMs.length) }
}

function touches({ firstMs, lastMs }: RollupColumns, fromMs: number, toMs: number): boolean {
  return firstMs.some((timeMs, index) => timeMs <= toMs && (lastMs[index] ?? 0) >= fromMs)
}

function columnsOf(found: readonly Stored[]): Columns {
  return {
    timeMs: Float64Array.from(found, ({ timeMs }) => timeMs),
    value: Float64Array.from(found, ({ value }) => value),
    quality: Uint8Array.from(found, ({ quality }) => quality)
  }
}
