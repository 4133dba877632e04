/** Answers about one series from its blocks and its readings that are not folded yet. Reads only. */
import { createBucketAccumulator, type BucketQuery } from '../../buckets.ts'
import { decodeBlock, type Columns } from '../../column-block.ts'
import type { SeriesBuckets } from '../../telemetry-store.ts'
import { concat, cut, lowerBound, merge, slice } from './columns.ts'
import type { BlockTables, Extent, StoredHead } from './tables.ts'

export interface SeriesView {
  readonly series: number
  readonly tables: Pick<BlockTables, 'overlapping' | 'data'>
  /** Not folded yet: newer than every block. */
  readonly pending: Columns
}

/** A stretch of a series: a block as stored, or readings that had to be merged. */
type Segment =
  | { readonly type: 'block'; readonly head: StoredHead; readonly load: () => Columns }
  | { readonly type: 'readings'; readonly columns: Columns }

/** The stretches that touch the range, oldest first; they do not overlap, and may reach past the range. */
function* segmentsOf({ series, tables, pending }: SeriesView, fromMs: number, toMs: number): Generator<Segment> {
  const fresh = cut(pending, fromMs, toMs)
  let at = 0
  for (const head of tables.overlapping(series, fromMs, toMs)) {
    const start = lowerBound(fresh.timeMs, head.firstMs)
    const end = lowerBound(fresh.timeMs, head.lastMs + 1)
    if (start > at) yield { type: 'readings', columns: slice(fresh, at, start) }
    const load = (): Columns => decodeBlock(tables.data(head.id))
    if (end > start) yield { type: 'readings', columns: merge(load(), slice(fresh, start, end)) }
    else yield { type: 'block', head, load }
    at = Math.max(at, end)
  }
  if (at < fresh.timeMs.length) yield { type: 'readings', columns: slice(fresh, at, fresh.timeMs.length) }
}

export function readRange(
  view: SeriesView,
  { fromMs, toMs, limit }: { readonly fromMs: number; readonly toMs: number; readonly limit: number }
): { readonly columns: Columns; readonly truncated: boolean } {
  const parts: Columns[] = []
  let count = 0
  for (const segment of segmentsOf(view, fromMs, toMs)) {
    const part = cut(segment.type === 'block' ? segment.load() : segment.columns, fromMs, toMs)
    parts.push(slice(part, 0, limit - count))
    count += part.timeMs.length
    if (count > limit) break
  }
  return { columns: concat(parts), truncated: count > limit }
}

export function readBuckets(view: SeriesView, query: BucketQuery): Omit<SeriesBuckets, 'series' | 'unit'> {
  const accumulator = createBucketAccumulator(query)
  for (const segment of segmentsOf(view, query.fromMs, query.toMs)) {
    if (segment.type === 'block' && accumulator.addHead(segment.head)) continue
    const part = cut(segment.type === 'block' ? segment.load() : segment.columns, query.fromMs, query.toMs)
    accumulator.addColumns(part, 0, part.timeMs.length)
  }
  return accumulator.result()
}

export interface CountedExtent {
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

/** Exact, also where pending readings replace folded ones. Undefined when the series has no reading. */
export function readExtent(view: SeriesView, folded: Extent | undefined): CountedExtent | undefined {
  const { timeMs } = view.pending
  const [firstMs, lastMs] = [timeMs[0], timeMs.at(-1)]
  if (firstMs === undefined || lastMs === undefined) return folded
  if (folded === undefined) return { firstMs, lastMs, count: timeMs.length }
  const bounds = { firstMs: Math.min(firstMs, folded.firstMs), lastMs: Math.max(lastMs, folded.lastMs) }
  return { ...bounds, count: folded.count + timeMs.length - replacedCount(view, firstMs, lastMs) }
}

/** How many pending readings have the time of a folded one. */
function replacedCount({ series, tables, pending }: SeriesView, fromMs: number, toMs: number): number {
  let replaced = 0
  for (const head of tables.overlapping(series, fromMs, toMs)) {
    const fresh = cut(pending, head.firstMs, head.lastMs)
    if (fresh.timeMs.length === 0) continue
    const block = decodeBlock(tables.data(head.id))
    replaced += block.timeMs.length + fresh.timeMs.length - merge(block, fresh).timeMs.length
  }
  return replaced
}
