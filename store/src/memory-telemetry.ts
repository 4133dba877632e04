/** The telemetry store in memory: for tests and tools. It keeps nothing beyond the process and has no bound but memory. */
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { bucketStarts } from './buckets.ts'
import { storeError } from './errors.ts'
import { createMemorySeries, type MemorySeries } from './memory-series.ts'
import { readingsOfColumns } from './reading-columns.ts'
import {
  metricOf,
  requireAligned,
  requireBuckets,
  requireGaps,
  requirePages,
  requireRange,
  requireRetention,
  requireStorable,
  unitRefusal,
  valueInUnit,
  type Retention,
  type UnitConflict
} from './telemetry-limits.ts'
import type { BatchSource, RetentionCounts, SeriesInfo, TelemetryStore } from './telemetry-store.ts'

export function createMemoryTelemetryStore(): TelemetryStore {
  const bySeries = new Map<string, MemorySeries>()
  const offsets = new Map<string, number>()
  let retention: Retention = requireRetention([])
  let closed = false
  const open = (action: string): void => {
    if (closed) throw storeError('STORE_CLOSED', { action })
  }
  const matching = (prefix: string): MemorySeries[] =>
    [...bySeries.values()].filter(({ series }) => series.startsWith(prefix)).sort((left, right) => (left.series < right.series ? -1 : 1))
  /** Kept in no list: a question about a series that is not there leaves nothing behind. */
  const seriesOf = (name: string): MemorySeries => bySeries.get(name) ?? createMemorySeries(name, '')
  const append = (readings: readonly Reading[], source: BatchSource | undefined): void => {
    open('append')
    requireStorable(readings)
    if (source !== undefined && source.upTo <= (offsets.get(source.log) ?? -1)) return
    requireUnits(bySeries, readings)
    if (source !== undefined) offsets.set(source.log, source.upTo)
    for (const reading of readings) {
      const name = seriesKeyOf(reading)
      const stored = bySeries.get(name) ?? createMemorySeries(name, reading.unit)
      bySeries.set(name, stored)
      stored.put(reading)
    }
  }

  return {
    append: async (readings, source) => append(readings, source),
    appendColumns: async (columns, source) => append(readingsOfColumns(columns), source),
    async appendedUpTo(log) {
      open('appendedUpTo')
      return offsets.get(log) ?? -1
    },
    async range(query) {
      open('range')
      const { series, ...range } = requireRange(query)
      return seriesOf(series).range(range)
    },
    async buckets(query) {
      open('buckets')
      const { series, fromMs, toMs } = requireRange(query)
      const stored = seriesOf(series)
      const { accumulator, resolution } = stored.buckets({ fromMs, toMs, buckets: requireBuckets(query.buckets) })
      return { series, unit: stored.unit, resolution, ...accumulator.result() }
    },
    async aligned(query) {
      open('aligned')
      const { series: names, ...grid } = requireAligned(query)
      const series = names.map((name) => {
        const stored = seriesOf(name)
        const { accumulator, resolution } = stored.buckets(grid)
        return { series: name, unit: stored.unit, resolution, ...accumulator.grid() }
      })
      return { startMs: bucketStarts(grid).slice(0, -1), series }
    },
    async gaps(query) {
      open('gaps')
      const { series, ...gaps } = requireGaps(query)
      return { series, ...seriesOf(series).gaps(gaps) }
    },
    async *pages(query) {
      const { series, fromMs, toMs, pageReadings } = requirePages(query)
      for (let nextMs = fromMs; nextMs <= toMs;) {
        open('pages')
        const page = seriesOf(series).range({ fromMs: nextMs, toMs, limit: pageReadings })
        if (page.timeMs.length > 0) yield page
        if (!page.truncated) return
        nextMs = (page.timeMs.at(-1) ?? toMs) + 1
      }
    },
    async rollups(query) {
      open('rollups')
      const { series, ...range } = requireRange(query)
      return seriesOf(series).rollups({ ...range, resolution: query.resolution })
    },
    async latest(prefix) {
      open('latest')
      return matching(prefix).flatMap((stored) => stored.latest() ?? [])
    },
    async asOf({ prefix, atMs }) {
      open('asOf')
      return matching(prefix).flatMap((stored) => stored.asOf(atMs) ?? [])
    },
    async series(prefix) {
      open('series')
      return matching(prefix).flatMap((stored): SeriesInfo[] => {
        const extent = stored.extent()
        return extent === undefined ? [] : [{ series: stored.series, unit: stored.unit, ...extent }]
      })
    },
    async retain(beforeMs) {
      open('retain')
      return sumOf([...bySeries.values()].map((stored) => stored.drop(beforeMs)))
    },
    async setRetention(policies) {
      open('setRetention')
      retention = requireRetention(policies)
    },
    async applyRetention(nowMs) {
      open('applyRetention')
      const counts = [...bySeries.values()].flatMap((stored): RetentionCounts[] => {
        const kept = retention(metricOf(stored.series), nowMs)
        return kept === undefined ? [] : [stored.retain(kept)]
      })
      return {
        raw: sumOf(counts.map(({ raw }) => raw)),
        minute: sumOf(counts.map(({ minute }) => minute)),
        hour: sumOf(counts.map(({ hour }) => hour))
      }
    },
    async close() {
      closed = true
    }
  }
}

function requireUnits(bySeries: ReadonlyMap<string, MemorySeries>, readings: readonly Reading[]): void {
  const units = new Map<string, string>()
  const conflicts: UnitConflict[] = []
  for (const [index, reading] of readings.entries()) {
    const series = seriesKeyOf(reading)
    const wanted = bySeries.get(series)?.unit ?? units.get(series) ?? reading.unit
    units.set(series, wanted)
    if (valueInUnit(0, reading.unit, wanted) === undefined) conflicts.push({ index, series, unit: reading.unit, wanted })
  }
  if (conflicts.length > 0) throw unitRefusal(readings.length, conflicts)
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
