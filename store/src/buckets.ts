/** Down-sampling of one series into buckets of equal width. Pure; fed in ascending time, by readings or by whole blocks. */
import { countsInBuckets, type BlockHead, type Columns } from './column-block.ts'
import type { SeriesBuckets } from './telemetry-store.ts'

export interface BucketQuery {
  readonly fromMs: number
  readonly toMs: number
  readonly buckets: number
}

export interface BucketAccumulator {
  /** Adds the readings from index `start` to `end` (exclusive), all within the query's bounds. */
  addColumns(columns: Columns, start: number, end: number): void
  /** Adds a block by its head; false, and nothing added, when it is not within one bucket. */
  addHead(head: BlockHead): boolean
  result(): Omit<SeriesBuckets, 'series' | 'unit'>
}

/** First millisecond of bucket `index`: the bounds of all buckets together cover [fromMs, toMs] without a gap. */
function bucketStartMs(query: BucketQuery, index: number): number {
  return query.fromMs + Math.ceil((index * (query.toMs - query.fromMs + 1)) / query.buckets)
}

export function createBucketAccumulator(query: BucketQuery): BucketAccumulator {
  const { buckets } = query
  const starts = Float64Array.from({ length: buckets + 1 }, (_, index) => bucketStartMs(query, index))
  const min = new Float64Array(buckets).fill(Infinity)
  const max = new Float64Array(buckets).fill(-Infinity)
  const sum = new Float64Array(buckets)
  const count = new Uint32Array(buckets)
  let current = 0

  /** The bucket that holds the time; times mostly ascend, so the search starts where the last one ended. */
  const seek = (timeMs: number): number => {
    if (timeMs < (starts[current] ?? 0)) current = 0
    while (current < buckets - 1 && timeMs >= (starts[current + 1] ?? Infinity)) current += 1
    return current
  }
  return {
    addHead(head) {
      if (head.firstMs < query.fromMs || head.lastMs > query.toMs) return false
      const bucket = seek(head.firstMs)
      if (head.lastMs >= (starts[bucket + 1] ?? Infinity)) return false
      if (head.good === 0) return true
      min[bucket] = Math.min(min[bucket] ?? Infinity, head.min)
      max[bucket] = Math.max(max[bucket] ?? -Infinity, head.max)
      sum[bucket] = (sum[bucket] ?? 0) + head.sum
      count[bucket] = (count[bucket] ?? 0) + head.good
      return true
    },
    addColumns({ timeMs, value, quality }, start, end) {
      for (let index = start; index < end; index++) {
        const one = value[index] ?? NaN
        if (!countsInBuckets(one, quality[index] ?? 9)) continue
        const bucket = seek(timeMs[index] ?? 0)
        if (one < (min[bucket] ?? Infinity)) min[bucket] = one
        if (one > (max[bucket] ?? -Infinity)) max[bucket] = one
        sum[bucket] = (sum[bucket] ?? 0) + one
        count[bucket] = (count[bucket] ?? 0) + 1
      }
    },
    result() {
      const filled = [...count.keys()].filter((bucket) => (count[bucket] ?? 0) > 0)
      const pick = (of: (bucket: number) => number): Float64Array => Float64Array.from(filled, of)
      return {
        startMs: pick((bucket) => starts[bucket] ?? 0),
        min: pick((bucket) => min[bucket] ?? NaN),
        max: pick((bucket) => max[bucket] ?? NaN),
        mean: pick((bucket) => (sum[bucket] ?? 0) / (count[bucket] ?? 1)),
        count: Uint32Array.from(filled, (bucket) => count[bucket] ?? 0)
      }
    }
  }
}
