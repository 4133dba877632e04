/** Roll-ups in the file: minutes whose readings are gone, and hours whose minutes are, in blobs of some days of one series. */
import type { DatabaseSync } from 'node:sqlite'
import { kelvinScaleOf, type KelvinScale } from '../../mean-kinetic-temperature.ts'
import { decodeRollups, encodeRollups } from '../../rollup-block.ts'
import { emptyRollups, lastKnownAt, mergeRollups, sliceRollups, type RollupColumns } from '../../rollups.ts'
import { numberOf, textOf, type Row } from '../sqlite.ts'
import type { BlockTables } from './tables.ts'

export const minuteMs = 60_000
export const hourMs = 3_600_000
/** Rows of a full blob; a day has 1,440 minutes. */
const rowsMax = 1_440

interface Part {
  readonly firstMs: number
  readonly lastMs: number
  readonly rows: number
  readonly block: number
}

export type RollupTables = ReturnType<typeof prepareRollupTables>

/** Blobs of one series and width never overlap. `firstMs` and `lastMs` of one are the starts of its first and last row. */
export function prepareRollupTables(database: DatabaseSync, blocks: Pick<BlockTables, 'data' | 'removeData' | 'insertData'>) {
  const overlapping = database.prepare(
    'SELECT * FROM rollup WHERE series = ? AND width_ms = ? AND last_ms >= ? AND first_ms <= ? ORDER BY first_ms'
  )
  const before = database.prepare('SELECT * FROM rollup WHERE series = ? AND width_ms = ? AND first_ms <= ? ORDER BY first_ms DESC')
  const remove = database.prepare('DELETE FROM rollup WHERE series = ? AND width_ms = ? AND first_ms = ?')
  const insert = database.prepare('INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?)')
  const unit = database.prepare('SELECT unit FROM series WHERE id = ?')
  const any = database.prepare('SELECT 1 FROM rollup LIMIT 1')
  const first = database.prepare('SELECT * FROM rollup WHERE series = ? AND width_ms = ? ORDER BY first_ms LIMIT 1')
  const scaleOf = (series: number): KelvinScale | undefined => {
    const row = unit.get(series)
    return row === undefined ? undefined : kelvinScaleOf(textOf(row, 'unit'))
  }
  const load = (series: number, parts: readonly Part[]): RollupColumns => {
    const scale = scaleOf(series)
    return parts.reduce((all, { block }) => mergeRollups(all, decodeRollups(blocks.data(block), scale)), emptyRollups)
  }
  const partsIn = (series: number, widthMs: number, fromMs: number, toMs: number): Part[] =>
    overlapping.all(series, widthMs, fromMs, toMs).map(partOf)

  return {
    scaleOf,
    /** Whether any series has some: where none has, nobody needs to look. */
    any: (): boolean => any.get() !== undefined,
    /** Rows of every blob that reaches into [fromMs, toMs]; some may lie outside of it. */
    read: (series: number, widthMs: number, range: { readonly fromMs: number; readonly toMs: number }): RollupColumns =>
      load(series, partsIn(series, widthMs, range.fromMs - widthMs + 1, range.toMs)),
    /** Time of the first reading; undefined when there is no row. */
    firstKnown(series: number, widthMs: number): number | undefined {
      const row = first.get(series, widthMs)
      return row === undefined ? undefined : load(series, [partOf(row)]).firstMs[0]
    },
    lastKnownAt(series: number, widthMs: number, atMs: number) {
      for (const row of before.iterate(series, widthMs, Math.min(atMs, Number.MAX_SAFE_INTEGER))) {
        const known = lastKnownAt(load(series, [partOf(row)]), atMs)
        if (known !== undefined) return known
      }
      return undefined
    },
    /** Rows that end at or before the time, at most of the first blobs, and what replaces those blobs. */
    endedBefore(series: number, widthMs: number, beforeMs: number): RollupChange | undefined {
      const parts = partsIn(series, widthMs, 0, beforeMs - widthMs).slice(0, 8)
      if (parts.length === 0) return undefined
      const rows = load(series, parts)
      const found = rows.startMs.findIndex((startMs) => startMs + widthMs > beforeMs)
      const end = found === -1 ? rows.startMs.length : found
      const kept = sliceRollups(rows, end, rows.startMs.length)
      return { series, widthMs, taken: sliceRollups(rows, 0, end), removed: parts, added: encoded(kept) }
    },
    /** How to put more rows to those that are there. */
    adding(series: number, widthMs: number, more: RollupColumns): RollupChange {
      const firstMs = more.startMs[0] ?? 0
      const removed = partsIn(series, widthMs, firstMs, more.startMs.at(-1) ?? 0)
      // The blob before all of it is filled up, so that rows that come a few at a time do not stay in blobs of their own.
      const previous = before.get(series, widthMs, firstMs)
      const growing = previous === undefined ? undefined : partOf(previous)
      const isOwn = growing !== undefined && removed.some(({ block }) => block === growing.block)
      if (growing !== undefined && !isOwn && growing.rows < rowsMax) removed.unshift(growing)
      return { series, widthMs, taken: emptyRollups, removed, added: encoded(mergeRollups(load(series, removed), more)) }
    },
    /** Whole blobs before the time, of either width. */
    removeBefore(series: number, beforeMs: number): void {
      for (const widthMs of [minuteMs, hourMs])
        for (const part of partsIn(series, widthMs, 0, beforeMs)) {
          if (part.lastMs + widthMs > beforeMs) continue
          remove.run(series, widthMs, part.firstMs)
          blocks.removeData(part.block)
        }
    },
    apply({ series, widthMs, removed, added }: RollupChange): void {
      for (const { firstMs, block } of removed) {
        remove.run(series, widthMs, firstMs)
        blocks.removeData(block)
      }
      for (const { firstMs, lastMs, rows, bytes } of added) insert.run(series, widthMs, firstMs, lastMs, rows, blocks.insertData(bytes))
    }
  }
}

/** A change of the roll-ups of a series, worked out before its transaction. */
export interface RollupChange {
  readonly series: number
  readonly widthMs: number
  /** Rows that go. */
  readonly taken: RollupColumns
  readonly removed: readonly Part[]
  readonly added: readonly { readonly firstMs: number; readonly lastMs: number; readonly rows: number; readonly bytes: Uint8Array }[]
}

function encoded(rollups: RollupColumns): RollupChange['added'] {
  const { startMs } = rollups
  return Array.from({ length: Math.ceil(startMs.length / rowsMax) }, (_, index) => {
    const part = sliceRollups(rollups, index * rowsMax, (index + 1) * rowsMax)
    const rows = part.startMs.length
    return { firstMs: part.startMs[0] ?? 0, lastMs: part.startMs.at(-1) ?? 0, rows, bytes: encodeRollups(part) }
  })
}

function partOf(row: Row): Part {
  return {
    firstMs: numberOf(row, 'first_ms'),
    lastMs: numberOf(row, 'last_ms'),
    rows: numberOf(row, 'rows'),
    block: numberOf(row, 'block')
  }
}
