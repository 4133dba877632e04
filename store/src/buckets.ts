/** Down-sampling of one series into buckets of equal width. Pure; fed by readings, by whole blocks or by roll-ups, best in ascending time. */
import { aggregateColumns, aggregateOf, combineInto, type Aggregate, type AggregateColumns } from './aggregate.ts'
import type { Columns } from './column-block.ts'
import type { AlignedSeries, SeriesBuckets } from './telemetry-store.ts'

export interface BucketQuery {
  readonly fromMs: number
  readonly toMs: number
  readonly buckets: number
}

export interface BucketAccumulator {
  /** Adds the readings from index `start` to `end` (exclusive), all within the query's bounds. */
  addColumns(columns: Columns, start: number, end: number): void
  /** Adds what is within one bucket; false, and nothing added, when it is not. */
  addWithin(aggregate: Aggregate): boolean
  /** Adds it where its first reading lies, cut to the query's bounds; nothing when it lies outside of them. */
  addWhole(aggregate: Aggregate): void
  /** The buckets that have a reading. */
  result(): Omit<SeriesBuckets, 'series' | 'unit' | 'resolution'>
  /** All buckets. */
  grid(): Omit<AlignedSeries, 'series' | 'unit' | 'resolution'>
}

/** First millisecond of each bucket: the bounds of all together cover [fromMs, toMs] without a gap. One more at the end: toMs + 1. */
export function bucketStarts({ fromMs, toMs, buckets }: BucketQuery): Float64Array {
  return Float64Array.from({ length: buckets + 1 }, (_, index) => fromMs + Math.ceil((index * (toMs - fromMs + 1)) / buckets))
}

export function createBucketAccumulator(query: BucketQuery): BucketAccumulator {
  const { buckets, fromMs, toMs } = query
  const starts = bucketStarts(query)
  const columns = aggregateColumns(buckets)
  let current = 0

  /** The bucket that holds the time; times mostly ascend, so the search starts where the last one ended. */
  const seek = (timeMs: number): number => {
    if (timeMs < (starts[current] ?? 0)) current = 0
    while (current < buckets - 1 && timeMs >= (starts[current + 1] ?? Infinity)) current += 1
    return current
  }
  return {
    addColumns(readings, start, end) {
      for (let index = start; index < end;) {
        const bucket = seek(readings.timeMs[index] ?? 0)
        const untilMs = bucket === buckets - 1 ? Infinity : (starts[bucket + 1] ?? Infinity)
        let next = index + 1
        while (next < end && (readings.timeMs[next] ?? 0) < untilMs) next += 1
        const aggregate = aggregateOf(readings, index, next)
        if (aggregate !== undefined) combineInto(columns, bucket, aggregate)
        index = next
      }
    },
    addWithin(aggregate) {
      if (aggregate.firstMs < fromMs || aggregate.lastMs > toMs) return false
      const bucket = seek(aggregate.firstMs)
      if (aggregate.lastMs >= (starts[bucket + 1] ?? Infinity)) return false
      combineInto(columns, bucket, aggregate)
      return true
    },
    addWhole(aggregate) {
      if (aggregate.lastMs < fromMs || aggregate.firstMs > toMs) return
      const within = (timeMs: number): number => Math.min(Math.max(timeMs, fromMs), toMs)
      const firstMs = within(aggregate.firstMs)
      const cut = { firstMs, lastMs: within(aggregate.lastMs), minMs: within(aggregate.minMs), maxMs: within(aggregate.maxMs) }
      combineInto(columns, seek(firstMs), { ...aggregate, ...cut })
    },
    result() {
      const filled = Uint32Array.from(columns.count.keys()).filter((bucket) => (columns.count[bucket] ?? 0) > 0)
      const pick = (column: Float64Array): Float64Array => Float64Array.from(filled, (bucket) => column[bucket] ?? NaN)
      return {
        startMs: pick(starts),
        min: pick(columns.min),
        minMs: pick(columns.minMs),
        max: pick(columns.max),
        maxMs: pick(columns.maxMs),
        first: pick(columns.first),
        firstMs: pick(columns.firstMs),
        last: pick(columns.last),
        lastMs: pick(columns.lastMs),
        mean: Float64Array.from(filled, (bucket) => meanAt(columns, bucket)),
        count: Uint32Array.from(filled, (bucket) => columns.count[bucket] ?? 0)
      }
    },
    grid() {
      const { count } = columns
      const filled = (column: Float64Array): Float64Array => column.map((value, bucket) => ((count[bucket] ?? 0) > 0 ? value : NaN))
      return {
        min: filled(columns.min),
        max: filled(columns.max),
        mean: Float64Array.from(count, (_, bucket) => meanAt(columns, bucket)),
        first: filled(columns.first),
        last: filled(columns.last),
        count: Uint32Array.from(count)
      }
    }
  }
}

function meanAt(columns: AggregateColumns, bucket: number): number {
  const count = columns.count[bucket] ?? 0
  return count === 0 ? NaN : (columns.sum[bucket] ?? 0) / count
}
