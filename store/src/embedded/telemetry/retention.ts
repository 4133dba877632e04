/**
 * Drops what is too old, a bounded part in each transaction: readings leave their minutes behind, minutes their hours. Parts are worked out
 * before their transaction; folds and questions have their turn between two.
 */
import type { DatabaseSync } from 'node:sqlite'
import { decodeBlock, type Columns } from '../../column-block.ts'
import { coarsen, emptyRollups, mergeRollups, rollUp, type RollupColumns } from '../../rollups.ts'
import type { RetentionCounts } from '../../telemetry-store.ts'
import { numberOf } from '../sqlite.ts'
import { cut, slice, lowerBound } from './columns.ts'
import type { FoldEngine } from './fold-engine.ts'
import { split, type NewBlock } from './plan-fold.ts'
import type { SeriesKept } from './protocol.ts'
import { hourMs, minuteMs } from './rollup-tables.ts'
import { headOfRow, type StoredHead } from './tables.ts'

const blocksPerSlice = 16
const dayMs = 86_400_000

/** A series without a folded reading now, with the time of the last one that it had. */
export interface Emptied {
  readonly series: number
  readonly lastMs: number
}

export interface Dropped {
  readonly counts: RetentionCounts
  readonly emptied: readonly Emptied[]
}

/** Runs one bounded part of the work when nothing else writes. */
export type InTurn = <Result>(part: () => Result) => Promise<Result>

type Engine = Pick<FoldEngine, 'blocks' | 'extents' | 'rollups' | 'write' | 'pendingOf' | 'blockReadingsMax'>

export function createRetention(database: DatabaseSync, engine: Engine) {
  const { blocks, extents, rollups, write } = engine
  const old = database.prepare(
    `SELECT * FROM head WHERE series = :series AND first_ms < :before AND first_ms + span_ms < :before ORDER BY first_ms LIMIT ${blocksPerSlice}`
  )
  const reaching = database.prepare(
    'SELECT * FROM head WHERE series = ? AND first_ms < ? AND first_ms + span_ms >= ? ORDER BY first_ms LIMIT 1'
  )
  // Who reads the file beside us learns by it that a latest reading is gone.
  const note = database.prepare('UPDATE folded SET changes = changes + 1')
  const known = database.prepare('SELECT id FROM series ORDER BY id')

  const rolledUp = (series: number, readings: Columns): RollupColumns =>
    rollUp(readings, { widthMs: minuteMs, scale: rollups.scaleOf(series) })
  /** Takes blocks out, puts others in their place and their minutes to the others, and tells what is left of the series. */
  const replace = (series: number, change: { removed: StoredHead[]; added: NewBlock[]; minutes: RollupColumns }): Emptied | undefined => {
    const { removed, added, minutes } = change
    const addition = minutes.startMs.length === 0 ? undefined : rollups.adding(series, minuteMs, minutes)
    const gone = sumOf(removed.map(({ count }) => count)) - sumOf(added.map(({ head }) => head.count))
    const extent = extents.get(series)
    let emptied: Emptied | undefined
    write(() => {
      for (const head of removed) blocks.remove(head)
      for (const { head, bytes } of added) blocks.insert(series, head, bytes)
      if (addition !== undefined) rollups.apply(addition)
      if (extent === undefined) return
      const first = blocks.next(series, -1)
      if (first !== undefined) return extents.set(series, { ...extent, firstMs: first.firstMs, count: extent.count - gone })
      extents.remove(series)
      note.run()
      emptied = { series, lastMs: extent.lastMs }
    })
    return emptied
  }
  /** Old blocks of which no reading waits to be folded: what waits would count beside what it replaces. */
  const oldBlocks = (series: number, beforeMs: number): StoredHead[] => {
    const pending = engine.pendingOf(series)
    return old
      .all({ series, before: beforeMs })
      .map(headOfRow)
      .filter((head) => cut(pending, head.firstMs, head.lastMs).timeMs.length === 0)
  }
  const dropBlocks = (series: number, beforeMs: number, leaveMinutes: boolean): { dropped: number; emptied?: Emptied | undefined } => {
    const removed = oldBlocks(series, beforeMs)
    if (removed.length === 0) return { dropped: 0 }
    let minutes = emptyRollups
    if (leaveMinutes) for (const { block } of removed) minutes = mergeRollups(minutes, rolledUp(series, decodeBlock(blocks.data(block))))
    const emptied = replace(series, { removed, added: [], minutes })
    return { dropped: sumOf(removed.map(({ count }) => count)), emptied }
  }
  /** A block that holds months must not keep its oldest reading for months: it is cut when it reaches a day past the time. */
  const cutBlock = (series: number, beforeMs: number): number => {
    const row = reaching.get(series, beforeMs - dayMs, beforeMs)
    const head = row === undefined ? undefined : headOfRow(row)
    if (head === undefined || cut(engine.pendingOf(series), head.firstMs, head.lastMs).timeMs.length > 0) return 0
    const readings = decodeBlock(blocks.data(head.block))
    const at = lowerBound(readings.timeMs, beforeMs)
    const kept = slice(readings, at, readings.timeMs.length)
    const added = split(kept, { countMax: engine.blockReadingsMax, fill: false })
    replace(series, { removed: [head], added, minutes: rolledUp(series, slice(readings, 0, at)) })
    return at
  }
  /** Some of the minutes or hours that ended before the time go; minutes leave their hours. */
  const dropRollups = (series: number, widthMs: number, beforeMs: number): number => {
    const change = rollups.endedBefore(series, widthMs, beforeMs)
    if (change === undefined || change.taken.startMs.length === 0) return 0
    const addition = widthMs === minuteMs ? rollups.adding(series, hourMs, coarsen(change.taken, hourMs)) : undefined
    write(() => {
      rollups.apply(change)
      if (addition !== undefined) rollups.apply(addition)
    })
    return change.taken.startMs.length
  }

  return {
    /** Whole blocks that end before the time and the roll-ups before it, of all series. */
    async dropAll(beforeMs: number, inTurn: InTurn): Promise<Dropped> {
      const emptied: Emptied[] = []
      let raw = 0
      for (const row of known.all()) {
        const series = numberOf(row, 'id')
        for (;;) {
          const found = await inTurn(() => dropBlocks(series, beforeMs, false))
          raw += found.dropped
          if (found.emptied !== undefined) emptied.push(found.emptied)
          if (found.dropped === 0) break
        }
        await inTurn(() => write(() => rollups.removeBefore(series, beforeMs)))
      }
      return { counts: { raw, minute: 0, hour: 0 }, emptied }
    },
    async apply(kept: readonly SeriesKept[], inTurn: InTurn): Promise<Dropped> {
      const emptied: Emptied[] = []
      const counts = { raw: 0, minute: 0, hour: 0 }
      for (const { series, rawMs, minuteMs: minutesFromMs, hourMs: hoursFromMs } of kept) {
        for (let dropped = 1; dropped > 0;) {
          const found = await inTurn(() => dropBlocks(series, rawMs, true))
          dropped = found.dropped
          counts.raw += dropped
          if (found.emptied !== undefined) emptied.push(found.emptied)
        }
        counts.raw += await inTurn(() => cutBlock(series, rawMs))
        // In whole hours and days: else every run would write the blob anew that the time falls into.
        const minutesBeforeMs = Math.floor(minutesFromMs / hourMs) * hourMs
        const hoursBeforeMs = Math.floor(hoursFromMs / dayMs) * dayMs
        counts.minute += await untilNone(() => inTurn(() => dropRollups(series, minuteMs, minutesBeforeMs)))
        counts.hour += await untilNone(() => inTurn(() => dropRollups(series, hourMs, hoursBeforeMs)))
      }
      return { counts, emptied }
    }
  }
}

async function untilNone(part: () => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const dropped = await part()
    if (dropped === 0) return total
    total += dropped
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
