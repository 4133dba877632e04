/** Answers about one series from its blocks and its readings that are not folded yet. Reads only. */
import { createBucketAccumulator, type BucketAccumulator, type BucketQuery } from '../../buckets.ts'
import { decodeBlock, type Columns } from '../../column-block.ts'
import { createGapFinder, findGaps, occupiedByReadings, type Occupied } from '../../gaps.ts'
import { kelvinScaleOf } from '../../mean-kinetic-temperature.ts'
import { answerRollups, emptyRollups, mergeRollups, rollUp, rollupWidthMs } from '../../rollups.ts'
import type { AlignedSeries, RollupResolution, SeriesBuckets, SeriesGaps, SeriesRollups } from '../../telemetry-store.ts'
import { concat, cut, lowerBound, merge, slice } from './columns.ts'
import type { ValueAt } from './protocol.ts'
import { flagOf } from './series-index.ts'
import type { BlockTables, Extent, StoredHead } from './tables.ts'

export interface SeriesView {
  readonly series: number
  readonly tables: Pick<BlockTables, 'overlapping' | 'owner' | 'data'>
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

function accumulate(view: SeriesView, query: BucketQuery): BucketAccumulator {
  const accumulator = createBucketAccumulator(query)
  for (const segment of segmentsOf(view, query.fromMs, query.toMs)) {
    const part = cut(segment.type === 'block' ? segment.load() : segment.columns, query.fromMs, query.toMs)
    accumulator.addColumns(part, 0, part.timeMs.length)
  }
  return accumulator
}

export function readBuckets(view: SeriesView, query: BucketQuery): Omit<SeriesBuckets, 'series' | 'unit'> {
  return { resolution: 'raw', ...accumulate(view, query).result() }
}

export function readAligned(view: SeriesView, query: BucketQuery): Omit<AlignedSeries, 'series' | 'unit'> {
  return { resolution: 'raw', ...accumulate(view, query).grid() }
}

/** The last reading at or before the time. */
export function readAsOf({ series, tables, pending }: SeriesView, atMs: number): ValueAt | undefined {
  const fresh = cut(pending, 0, atMs)
  const owner = tables.owner(series, atMs)
  const freshMs = fresh.timeMs.at(-1) ?? -1
  if (owner === undefined || freshMs >= owner.lastMs) return lastOf(fresh)
  const folded = cut(decodeBlock(tables.data(owner.id)), 0, atMs)
  return freshMs >= (folded.timeMs.at(-1) ?? -1) ? lastOf(fresh) : lastOf(folded)
}

function lastOf({ timeMs, value, quality }: Columns): ValueAt | undefined {
  const last = timeMs.at(-1)
  return last === undefined ? undefined : { timeMs: last, value: value.at(-1) ?? NaN, quality: flagOf(quality.at(-1) ?? 9) }
}

function* occupied(view: SeriesView, fromMs: number, toMs: number): Occupied {
  for (const segment of segmentsOf(view, fromMs, toMs))
    yield* occupiedByReadings(cut(segment.type === 'block' ? segment.load() : segment.columns, fromMs, toMs))
}

export function readGaps(
  view: SeriesView,
  query: { readonly fromMs: number; readonly toMs: number; readonly gapAfterMs: number; readonly limit: number }
): Omit<SeriesGaps, 'series'> {
  return { resolution: 'raw', ...findGaps(createGapFinder(query), [occupied(view, query.fromMs, query.toMs)]) }
}

export function readRollups(
  view: SeriesView,
  query: {
    readonly fromMs: number
    readonly toMs: number
    readonly limit: number
    readonly resolution: RollupResolution
    readonly unit: string
  }
): Omit<SeriesRollups, 'series' | 'unit' | 'resolution'> {
  const widthMs = rollupWidthMs[query.resolution]
  const scale = kelvinScaleOf(query.unit)
  // Only what begins within the range, and that as a whole.
  const fromMs = Math.ceil(query.fromMs / widthMs) * widthMs
  const untilMs = Math.floor(query.toMs / widthMs) * widthMs + widthMs
  let found = emptyRollups
  for (const segment of segmentsOf(view, fromMs, untilMs - 1)) {
    const part = cut(segment.type === 'block' ? segment.load() : segment.columns, fromMs, untilMs - 1)
    found = mergeRollups(found, rollUp(part, { widthMs, scale }))
    if (found.startMs.length > query.limit + 1) break
  }
  return answerRollups(found, { ...query, scale })
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
