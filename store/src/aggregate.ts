/** What a stretch of readings comes to for down-sampling, and the rule by which two stretches become one. Pure. */
import type { Columns } from './column-block.ts'

/** Of the readings that count; min and max with the earliest of their times. */
export interface Aggregate {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly minMs: number
  readonly max: number
  readonly maxMs: number
  readonly first: number
  readonly firstMs: number
  readonly last: number
  readonly lastMs: number
}

/** Rows of aggregates in columns; a row of count 0 is empty. */
export type AggregateColumns = Readonly<Record<keyof Aggregate, Float64Array>>

export function aggregateColumns(rows: number): AggregateColumns {
  const column = (): Float64Array => new Float64Array(rows)
  return {
    count: column(),
    sum: column(),
    min: column(),
    minMs: column(),
    max: column(),
    maxMs: column(),
    first: column(),
    firstMs: column(),
    last: column(),
    lastMs: column()
  }
}

export function countsInBuckets(value: number, quality: number): boolean {
  return quality !== 4 && quality !== 9 && !Number.isNaN(value)
}

export function single(value: number, timeMs: number): Aggregate {
  return {
    count: 1,
    sum: value,
    min: value,
    minMs: timeMs,
    max: value,
    maxMs: timeMs,
    first: value,
    firstMs: timeMs,
    last: value,
    lastMs: timeMs
  }
}

/** The rule by which two aggregates become one. */
export function combineInto(columns: Readonly<Record<keyof Aggregate, Float64Array>>, row: number, aggregate: Aggregate): void {
  const { count, sum, min, minMs, max, maxMs, first, firstMs, last, lastMs } = columns
  const known = count[row] ?? 0
  count[row] = known + aggregate.count
  sum[row] = (sum[row] ?? 0) + aggregate.sum
  const oldMin = min[row] ?? NaN
  if (known === 0 || aggregate.min < oldMin || (aggregate.min === oldMin && aggregate.minMs < (minMs[row] ?? 0))) {
    min[row] = aggregate.min
    minMs[row] = aggregate.minMs
  }
  const oldMax = max[row] ?? NaN
  if (known === 0 || aggregate.max > oldMax || (aggregate.max === oldMax && aggregate.maxMs < (maxMs[row] ?? 0))) {
    max[row] = aggregate.max
    maxMs[row] = aggregate.maxMs
  }
  if (known === 0 || aggregate.firstMs < (firstMs[row] ?? 0)) {
    first[row] = aggregate.first
    firstMs[row] = aggregate.firstMs
  }
  if (known === 0 || aggregate.lastMs > (lastMs[row] ?? 0)) {
    last[row] = aggregate.last
    lastMs[row] = aggregate.lastMs
  }
}

/** What readings from index `start` to `end` (exclusive), ascending, come to; undefined when none of them counts. */
export function aggregateOf({ timeMs, value, quality }: Columns, start: number, end: number): Aggregate | undefined {
  let [count, sum, first, last] = [0, 0, -1, -1]
  let [min, max] = [Infinity, -Infinity]
  let [minAt, maxAt] = [-1, -1]
  for (let index = start; index < end; index++) {
    const one = value[index] ?? NaN
    if (!countsInBuckets(one, quality[index] ?? 9)) continue
    if (count === 0) first = index
    last = index
    count += 1
    sum += one
    if (one < min || minAt === -1) {
      min = one
      minAt = index
    }
    if (one > max || maxAt === -1) {
      max = one
      maxAt = index
    }
  }
  if (count === 0) return undefined
  const time = (index: number): number => timeMs[index] ?? 0
  return {
    count,
    sum,
    min,
    minMs: time(minAt),
    max,
    maxMs: time(maxAt),
    first: value[first] ?? NaN,
    firstMs: time(first),
    last: value[last] ?? NaN,
    lastMs: time(last)
  }
}
