/**
 * Decides how new readings of one series go into its blocks: which blocks are replaced by which. Reads blocks, writes none.
 * Late readings touch only the blocks they fall into, so that one stray reading never makes a year be read.
 */
import { decodeBlock, encodeBlock, headOf, type BlockHead, type Columns } from '../../column-block.ts'
import { lowerBound, merge, slice } from './columns.ts'
import type { BlockTables, Extent, StoredHead } from './tables.ts'

const compressedReadingsMin = 128

export interface NewBlock {
  readonly head: BlockHead
  readonly bytes: Uint8Array
}

export interface FoldPlan {
  readonly series: number
  readonly removed: readonly StoredHead[]
  readonly added: readonly NewBlock[]
  readonly extent: Extent
  /** Readings came between others: blocks may have been split. */
  readonly late: boolean
}

export interface FoldInput {
  readonly series: number
  /** Ascending, each time once, not empty. */
  readonly readings: Columns
  readonly extent: Extent | undefined
  readonly tables: Pick<BlockTables, 'owner' | 'next' | 'data'>
  readonly blockReadingsMax: number
}

export function planFold(input: FoldInput): FoldPlan {
  const { series, readings, tables, blockReadingsMax } = input
  const removed: StoredHead[] = []
  const added: NewBlock[] = []
  let late = false
  for (let start = 0; start < readings.timeMs.length;) {
    const { target, next, end } = segmentFrom(input, start)
    const segment = slice(readings, start, end)
    if (target !== undefined) removed.push(target)
    if (next !== undefined) late = true
    const merged = target === undefined ? segment : merge(decodeBlock(tables.data(target.block)), segment)
    // Only at its end does a series grow on: there blocks are filled; elsewhere the parts leave room for more late ones.
    added.push(...split(merged, { countMax: blockReadingsMax, fill: next === undefined }))
    start = end
  }
  const grownBy = sum(added.map(({ head }) => head.count)) - sum(removed.map(({ count }) => count))
  return { series, removed, added, extent: extentAfter(input, grownBy), late }
}

interface Segment {
  /** The block that the readings are merged into; undefined when they become blocks of their own. */
  readonly target: StoredHead | undefined
  /** The first block after all of it. */
  readonly next: StoredHead | undefined
  /** Index behind the last reading that belongs here: every block is the target of one segment at most. */
  readonly end: number
}

function segmentFrom({ series, readings, tables, blockReadingsMax }: FoldInput, start: number): Segment {
  const firstMs = readings.timeMs[start] ?? 0
  const owner = tables.owner(series, firstMs)
  const next = tables.next(series, firstMs)
  const end = endBefore(readings, next)
  if (owner === undefined && next !== undefined && next.count + end - start <= blockReadingsMax) {
    // What comes before a block that has room goes into it, together with what falls into it anyway.
    const following = tables.next(series, next.firstMs)
    return { target: next, next: following, end: endBefore(readings, following) }
  }
  const isFullBefore = owner !== undefined && owner.count >= blockReadingsMax && firstMs > owner.lastMs
  return { target: isFullBefore ? undefined : owner, next, end }
}

function endBefore(readings: Columns, next: StoredHead | undefined): number {
  return next === undefined ? readings.timeMs.length : lowerBound(readings.timeMs, next.firstMs)
}

/** Blocks of at most `countMax` readings: full ones and a rest with `fill`, else of equal size. */
export function split(columns: Columns, { countMax, fill }: { countMax: number; fill: boolean }): NewBlock[] {
  const count = columns.timeMs.length
  const parts = Math.ceil(count / countMax)
  const size = fill ? countMax : Math.ceil(count / parts)
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => {
    const part = slice(columns, index * size, (index + 1) * size)
    // A small block will be rewritten soon: not worth compressing.
    return { head: headOf(part), bytes: encodeBlock(part, { compress: part.timeMs.length >= compressedReadingsMin || !fill }) }
  })
}

function extentAfter({ readings, extent }: FoldInput, grownBy: number): Extent {
  const { timeMs, value, quality } = readings
  const firstMs = Math.min(extent?.firstMs ?? Infinity, timeMs[0] ?? Infinity)
  const lastMs = timeMs.at(-1) ?? 0
  const count = (extent?.count ?? 0) + grownBy
  if (extent !== undefined && extent.lastMs > lastMs) return { ...extent, firstMs, count }
  return { firstMs, lastMs, count, lastValue: value.at(-1) ?? NaN, lastQuality: quality.at(-1) ?? 9 }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
