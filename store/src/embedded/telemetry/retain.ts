/** Drops old blocks, a bounded number in each transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { numberOf } from '../sqlite.ts'
import type { FoldEngine } from './fold-engine.ts'

const blocksPerSlice = 500

export interface Dropped {
  readonly dropped: number
  /** Series without a folded reading now, with the time of their last one. */
  readonly emptied: readonly { readonly series: number; readonly lastMs: number }[]
}

export async function dropBlocksBefore(
  database: DatabaseSync,
  { blocks, extents, write }: Pick<FoldEngine, 'blocks' | 'extents' | 'write'>,
  { beforeMs, series: only }: { readonly beforeMs: number; readonly series?: number }
): Promise<Dropped> {
  const affected = database.prepare('SELECT series FROM extent WHERE first_ms < ? AND series = coalesce(?, series)')
  const old = database.prepare(`SELECT id, count FROM block WHERE series = ? AND last_ms < ? ORDER BY first_ms LIMIT ${blocksPerSlice}`)
  const emptied: { series: number; lastMs: number }[] = []
  let dropped = 0

  /** Drops some blocks of the series; true when there may be more. */
  const dropSome = (series: number): boolean => {
    const rows = old.all(series, beforeMs)
    const extent = extents.get(series)
    if (rows.length === 0 || extent === undefined) return false
    const readings = rows.reduce((sum, row) => sum + numberOf(row, 'count'), 0)
    write(() => {
      for (const row of rows) blocks.remove(numberOf(row, 'id'))
      const first = blocks.next(series, -1)
      if (first === undefined) extents.remove(series)
      else extents.set(series, { ...extent, firstMs: first.firstMs, count: extent.count - readings })
    })
    dropped += readings
    if (extents.get(series) === undefined) emptied.push({ series, lastMs: extent.lastMs })
    return rows.length === blocksPerSlice
  }

  for (const row of affected.all(beforeMs, only ?? null)) {
    const series = numberOf(row, 'series')
    while (dropSome(series)) await nextTurn()
    await nextTurn()
  }
  return { dropped, emptied }
}
