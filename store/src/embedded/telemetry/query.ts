/** Answers about one series from its blocks and its readings that are not folded yet. Reads only. */
import { createBucketAccumulator, type BucketAccumulator, type BucketQuery } from '../../buckets.ts'
import { decodeBlock, type Columns } from '../../column-block.ts'
import { createGapFinder, findGaps, occupiedByReadings, occupiedByRollups, type Occupied } from '../../gaps.ts'
import {
  aggregateAt,
  answerRollups,
  coarsen,
  emptyRollups,
  joinRollups,
  mergeRollups,
  rollUp,
  rollupWidthMs,
  type RollupColumns
} from '../../rollups.ts'
import type { AlignedSeries, Resolution, RollupResolution, SeriesBuckets, SeriesGaps, SeriesRollups } from '../../telemetry-store.ts'
import { concat, cut, lowerBound, merge, slice } from './columns.ts'
import type { ValueAt } from './protocol.ts'
import { hourMs, minuteMs, type RollupTables } from './rollup-tables.ts'
import { flagOf } from './series-index.ts'
import type { BlockTables, Extent, StoredHead } from './tables.ts'

export interface SeriesView {
  readonly series: number
  readonly tables: Pick<BlockTables, 'overlapping' | 'owner' | 'data'>
  readonly rollups: Pick<RollupTables, 'any' | 'read' | 'lastKnownAt' | 'firstKnown' | 'scaleOf'>
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
    const load = (): Columns => decodeBlock(tables.data(head.block))
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

/** Minutes and hours that dropped readings left, as far as they reach into the range. */
function rollupsIn({ series, rollups }: SeriesView, range: { readonly fromMs: number; readonly toMs: number }) {
  const none = { minutes: emptyRollups, hours: emptyRollups, resolution: 'raw' as const }
  if (!rollups.any()) return none
  const minutes = rollups.read(series, minuteMs, range)
  const hours = rollups.read(series, hourMs, range)
  const resolution: Resolution = touches(hours, range) ? '1h' : touches(minutes, range) ? '1m' : 'raw'
  return { minutes, hours, resolution }
}

function touches({ firstMs, lastMs }: RollupColumns, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): boolean {
  return firstMs.some((timeMs, index) => timeMs <= toMs && (lastMs[index] ?? 0) >= fromMs)
}

function accumulate(view: SeriesView, query: BucketQuery): { accumulator: BucketAccumulator; resolution: Resolution } {
  const accumulator = createBucketAccumulator(query)
  const { minutes, hours, resolution } = rollupsIn(view, query)
  for (const rows of [hours, minutes])
    for (let index = 0; index < rows.startMs.length; index++) accumulator.addWhole(aggregateAt(rows, index))
  for (const segment of segmentsOf(view, query.fromMs, query.toMs)) {
    if (segment.type === 'block' && isWithin(segment.head, accumulator)) continue
    const part = cut(segment.type === 'block' ? segment.load() : segment.columns, query.fromMs, query.toMs)
    accumulator.addColumns(part, 0, part.timeMs.length)
  }
  return { accumulator, resolution }
}

/** Whether the head said all there is to say of the block. */
function isWithin({ known, good }: StoredHead, accumulator: BucketAccumulator): boolean {
  return known && (good === undefined || accumulator.addWithin(good))
}

export function readBuckets(view: SeriesView, query: BucketQuery): Omit<SeriesBuckets, 'series' | 'unit'> {
  const { accumulator, resolution } = accumulate(view, query)
  return { resolution, ...accumulator.result() }
}

export function readAligned(view: SeriesView, query: BucketQuery): Omit<AlignedSeries, 'series' | 'unit'> {
  const { accumulator, resolution } = accumulate(view, query)
  return { resolution, ...accumulator.grid() }
}

/** The last reading at or before the time, be it that only a roll-up still knows it. */
export function readAsOf(view: SeriesView, atMs: number): ValueAt | undefined {
  const raw = lastReadingAt(view, atMs)
  if (!view.rollups.any()) return raw
  let found = raw
  for (const widthMs of [minuteMs, hourMs]) {
    const known = view.rollups.lastKnownAt(view.series, widthMs, atMs)
    if (known !== undefined && known.timeMs > (found?.timeMs ?? -1)) found = { ...known, quality: 2 }
  }
  return found
}

function lastReadingAt({ series, tables, pending }: SeriesView, atMs: number): ValueAt | undefined {
  const fresh = cut(pending, 0, atMs)
  const owner = tables.owner(series, atMs)
  const freshMs = fresh.timeMs.at(-1) ?? -1
  if (owner === undefined || freshMs >= owner.lastMs) return lastOf(fresh)
  const folded = cut(decodeBlock(tables.data(owner.block)), 0, atMs)
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
  const { minutes, hours, resolution } = rollupsIn(view, query)
  const sources = [occupied(view, query.fromMs, query.toMs), occupiedByRollups(minutes), occupiedByRollups(hours)]
  return { resolution, ...findGaps(createGapFinder(query), sources) }
}

export function readRollups(
  view: SeriesView,
  query: { readonly fromMs: number; readonly toMs: number; readonly limit: number; readonly resolution: RollupResolution }
): Omit<SeriesRollups, 'series' | 'unit' | 'resolution'> {
  const { series, rollups } = view
  const widthMs = rollupWidthMs[query.resolution]
  const scale = rollups.scaleOf(series)
  // Only what begins within the range, and that as a whole.
  const fromMs = Math.ceil(query.fromMs / widthMs) * widthMs
  const toMs = Math.floor(query.toMs / widthMs) * widthMs + widthMs - 1
  const range = { fromMs, toMs }
  let gone = rollups.read(series, minuteMs, range)
  if (widthMs === hourMs) gone = mergeRollups(rollups.read(series, hourMs, range), coarsen(gone, hourMs))
  const parts: RollupColumns[] = []
  let rows = 0
  for (const segment of segmentsOf(view, fromMs, toMs)) {
    const part = rollUp(cut(segment.type === 'block' ? segment.load() : segment.columns, fromMs, toMs), { widthMs, scale })
    parts.push(part)
    rows += part.startMs.length
    // Neighbours share one at most.
    if (rows - parts.length > query.limit) break
  }
  return answerRollups(mergeRollups(gone, joinRollups(parts)), { ...query, scale })
}

export interface CountedExtent {
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

/** Exact, also where pending readings replace folded ones. Undefined when nothing of the series is left. */
export function readExtent(view: SeriesView, folded: Extent | undefined): CountedExtent | undefined {
  const readings = readingsExtent(view, folded)
  const first = firstRollupMs(view)
  const { series, rollups } = view
  if (first === undefined) return readings
  const lastMs = Math.max(...[minuteMs, hourMs].map((widthMs) => rollups.lastKnownAt(series, widthMs, Infinity)?.timeMs ?? -1))
  if (readings === undefined) return { firstMs: first, lastMs, count: 0 }
  return { firstMs: Math.min(first, readings.firstMs), lastMs: Math.max(lastMs, readings.lastMs), count: readings.count }
}

function firstRollupMs({ series, rollups }: SeriesView): number | undefined {
  if (!rollups.any()) return undefined
  const firsts = [minuteMs, hourMs].flatMap((widthMs) => rollups.firstKnown(series, widthMs) ?? [])
  return firsts.length === 0 ? undefined : Math.min(...firsts)
}

function readingsExtent(view: SeriesView, folded: Extent | undefined): CountedExtent | undefined {
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
    const block = decodeBlock(tables.data(head.block))
    replaced += block.timeMs.length + fresh.timeMs.length - merge(block, fresh).timeMs.length
  }
  return replaced
}
