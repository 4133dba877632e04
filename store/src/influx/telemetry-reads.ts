/**
 * Questions about the readings of series in an InfluxDB. The server finds and sorts; what comes of the readings is computed here, page by
 * page, by the rules of every other store: a server's own windows know neither the edges of our buckets nor the time of a minimum.
 */
import { bucketStarts, createBucketAccumulator, type BucketAccumulator, type BucketQuery } from '../buckets.ts'
import type { Columns } from '../column-block.ts'
import { createGapFinder, occupiedByReadings } from '../gaps.ts'
import { kelvinScaleOf } from '../mean-kinetic-temperature.ts'
import { answerRollups, emptyRollups, mergeRollups, rollUp, rollupWidthMs } from '../rollups.ts'
import { requireAligned, requireBuckets, requireGaps, requirePages, requireRange } from '../telemetry-limits.ts'
import type { RollupQuery, SeriesRollups, TelemetryStore } from '../telemetry-store.ts'
import type { InfluxDatabase } from './client.ts'
import type { TelemetryLists } from './telemetry-lists.ts'
import { joined, pageReadingsDefault, pagesOf } from './telemetry-pages.ts'

export interface TelemetryReadsOptions {
  readonly database: InfluxDatabase
  readonly lists: TelemetryLists
  /** Throws when the store is closed. */
  readonly open: (action: string) => void
}

type TelemetryReads = Pick<TelemetryStore, 'range' | 'buckets' | 'aligned' | 'gaps' | 'pages' | 'rollups'>

export function telemetryReads({ database, lists, open }: TelemetryReadsOptions): TelemetryReads {
  async function bucketsOf(series: string, query: BucketQuery): Promise<BucketAccumulator> {
    const accumulator = createBucketAccumulator(query)
    for await (const page of pagesOf(database, { series, ...query, pageReadings: pageReadingsDefault }))
      accumulator.addColumns(page, 0, page.timeMs.length)
    return accumulator
  }

  return {
    async range(query) {
      open('range')
      const { series, fromMs, toMs, limit } = requireRange(query)
      const unit = await lists.unitOf(series)
      const pages: Columns[] = []
      let left = limit
      let truncated = false
      for await (const page of pagesOf(database, { series, fromMs, toMs, pageReadings: Math.min(limit, pageReadingsDefault) })) {
        pages.push(sliceColumns(page, left))
        left -= Math.min(left, page.timeMs.length)
        truncated = !page.isLast || page.timeMs.length > (pages.at(-1)?.timeMs.length ?? 0)
        if (left === 0) break
      }
      return { series, unit, ...joined(pages), truncated }
    },
    async buckets(query) {
      open('buckets')
      const { series, fromMs, toMs } = requireRange(query)
      const grid = { fromMs, toMs, buckets: requireBuckets(query.buckets) }
      const [unit, accumulator] = await Promise.all([lists.unitOf(series), bucketsOf(series, grid)])
      return { series, unit, resolution: 'raw', ...accumulator.result() }
    },
    async aligned(query) {
      open('aligned')
      const { series: names, ...grid } = requireAligned(query)
      const series = []
      for (const name of names) {
        const [unit, accumulator] = await Promise.all([lists.unitOf(name), bucketsOf(name, grid)])
        series.push({ series: name, unit, resolution: 'raw' as const, ...accumulator.grid() })
      }
      return { startMs: bucketStarts(grid).slice(0, -1), series }
    },
    async gaps(query) {
      open('gaps')
      const { series, ...wanted } = requireGaps(query)
      const finder = createGapFinder(wanted)
      for await (const page of pagesOf(database, { series, ...wanted, pageReadings: pageReadingsDefault })) {
        for (const [fromMs, toMs] of occupiedByReadings(page)) finder.occupied(fromMs, toMs)
        if (finder.full) break
      }
      return { series, resolution: 'raw', ...finder.result() }
    },
    async *pages(query) {
      const wanted = requirePages(query)
      open('pages')
      const unit = await lists.unitOf(wanted.series)
      for await (const { isLast, ...columns } of pagesOf(database, wanted)) {
        yield { series: wanted.series, unit, ...columns, truncated: !isLast }
        open('pages')
      }
    },
    async rollups(query) {
      open('rollups')
      return rollupsOf(query)
    }
  }

  async function rollupsOf(query: RollupQuery): Promise<SeriesRollups> {
    const { series, fromMs, toMs, limit } = requireRange(query)
    const { resolution } = query
    const widthMs = rollupWidthMs[resolution]
    const unit = await lists.unitOf(series)
    const scale = kelvinScaleOf(unit)
    const from = Math.ceil(fromMs / widthMs) * widthMs
    const to = Math.floor(toMs / widthMs) * widthMs
    let rollups = emptyRollups
    for await (const page of pagesOf(database, { series, fromMs: from, toMs: to + widthMs - 1, pageReadings: pageReadingsDefault })) {
      rollups = mergeRollups(rollups, rollUp(page, { widthMs, scale }))
      // The one after the limit tells that there are more.
      if (rollups.startMs.length > limit + 1) break
    }
    return { series, unit, resolution, ...answerRollups(rollups, { fromMs, toMs, limit, scale }) }
  }
}

function sliceColumns({ timeMs, value, quality }: Columns, length: number): Columns {
  return { timeMs: timeMs.subarray(0, length), value: value.subarray(0, length), quality: quality.subarray(0, length) }
}
