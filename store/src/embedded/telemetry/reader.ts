/** The reading half of the telemetry port over the worker's answers and the series in memory. It writes nothing. */
import { bucketStarts, createBucketAccumulator } from '../../buckets.ts'
import { requireAligned, requireBuckets, requireGaps, requirePages, requireRange } from '../../telemetry-limits.ts'
import type { LatestValue, SeriesInfo, TelemetryReader } from '../../telemetry-store.ts'
import { latestOf, type SeriesIndex } from './series-index.ts'
import type { WorkerClient } from './worker-client.ts'

export interface TelemetryReaderOptions {
  readonly index: Pick<SeriesIndex, 'get' | 'matching'>
  readonly worker: Pick<WorkerClient, 'ask'>
  /** Throws `STORE_CLOSED` once the store is. */
  readonly requireOpen: (action: string) => void
  readonly appendedUpTo: (log: string) => number
}

export function createTelemetryReader(options: TelemetryReaderOptions): Omit<TelemetryReader, 'close'> {
  const { index, worker, requireOpen } = options
  return {
    async appendedUpTo(log) {
      requireOpen('appendedUpTo')
      return options.appendedUpTo(log)
    },
    async range(query) {
      requireOpen('range')
      const { series, ...range } = requireRange(query)
      const entry = index.get(series)
      if (entry === undefined) return { series, unit: '', ...emptyRange() }
      const { columns, truncated } = await worker.ask({ type: 'range', series: entry.id, ...range })
      return { series, unit: entry.unit, ...columns, truncated }
    },
    async buckets(query) {
      requireOpen('buckets')
      const { series, fromMs, toMs } = requireRange(query)
      const buckets = requireBuckets(query.buckets)
      const entry = index.get(series)
      if (entry === undefined) {
        return { series, unit: '', resolution: 'raw', ...createBucketAccumulator({ fromMs, toMs, buckets }).result() }
      }
      const answer = await worker.ask({ type: 'buckets', series: entry.id, fromMs, toMs, buckets })
      return { series, unit: entry.unit, ...answer.buckets }
    },
    async aligned(query) {
      requireOpen('aligned')
      const { series: names, ...grid } = requireAligned(query)
      const entries = names.map((name) => index.get(name))
      const { series } = await worker.ask({ type: 'aligned', series: entries.map((entry) => entry?.id ?? -1), ...grid })
      return {
        startMs: bucketStarts(grid).slice(0, -1),
        series: series.map((found, at) => ({ series: names[at] ?? '', unit: entries[at]?.unit ?? '', ...found }))
      }
    },
    async gaps(query) {
      requireOpen('gaps')
      const { series, ...gaps } = requireGaps(query)
      const answer = await worker.ask({ type: 'gaps', series: index.get(series)?.id ?? -1, ...gaps })
      return { series, ...answer.gaps }
    },
    async *pages(query) {
      const { series, fromMs, toMs, pageReadings } = requirePages(query)
      for (let nextMs = fromMs; nextMs <= toMs;) {
        requireOpen('pages')
        const entry = index.get(series)
        if (entry === undefined) return
        const found = await worker.ask({ type: 'range', series: entry.id, fromMs: nextMs, toMs, limit: pageReadings })
        const { columns, truncated } = found
        if (columns.timeMs.length > 0) yield { series, unit: entry.unit, ...columns, truncated }
        if (!truncated) return
        nextMs = (columns.timeMs.at(-1) ?? toMs) + 1
      }
    },
    async rollups(query) {
      requireOpen('rollups')
      const { series, ...range } = requireRange(query)
      const { resolution } = query
      const { id = -1, unit = '' } = index.get(series) ?? {}
      const { rollups } = await worker.ask({ type: 'rollups', series: id, resolution, ...range })
      return { series, unit, resolution, ...rollups }
    },
    async latest(prefix) {
      requireOpen('latest')
      return index
        .matching(prefix)
        .filter((entry) => entry.timeMs >= 0)
        .map(latestOf)
    },
    async asOf({ prefix, atMs }) {
      requireOpen('asOf')
      const entries = index.matching(prefix)
      const { values } = await worker.ask({ type: 'asOf', series: entries.map(({ id }) => id), atMs })
      return entries.flatMap(({ name, unit }, at): LatestValue[] => {
        const value = values[at]
        return value === undefined ? [] : [{ series: name, unit, ...value }]
      })
    },
    async series(prefix) {
      requireOpen('series')
      const entries = index.matching(prefix)
      const { extents } = await worker.ask({ type: 'extents', series: entries.map(({ id }) => id) })
      return entries.flatMap(({ name, unit }, at): SeriesInfo[] => {
        const extent = extents[at]
        if (extent === undefined) return []
        return [{ series: name, unit, firstMs: extent.firstMs, lastMs: extent.lastMs, count: extent.count }]
      })
    }
  }
}

function emptyRange() {
  return { timeMs: new Float64Array(0), value: new Float64Array(0), quality: new Uint8Array(0), truncated: false }
}
