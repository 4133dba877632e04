/** Readings of the write-ahead table that are not folded yet, per series, in the memory of the worker. */
import type { Columns } from '../../column-block.ts'
import { decodeBatch } from './batch.ts'
import { createTail, emptyColumns, type Tail } from './columns.ts'

export interface Pending {
  add(batch: Uint8Array): void
  /** Ascending, last arrival wins; empty when the series has none. */
  of(series: number): Columns
  has(series: number): boolean
  series(): number[]
}

export function createPending(): Pending {
  const tails = new Map<number, Tail>()
  return {
    add(bytes) {
      const { series, timeMs, value, quality } = decodeBatch(bytes)
      for (let index = 0; index < series.length; index++) {
        const id = series[index] ?? 0
        let tail = tails.get(id)
        if (tail === undefined) {
          tail = createTail()
          tails.set(id, tail)
        }
        tail.push(timeMs[index] ?? 0, value[index] ?? NaN, quality[index] ?? 9)
      }
    },
    of: (series) => tails.get(series)?.sorted() ?? emptyColumns,
    has: (series) => tails.has(series),
    series: () => [...tails.keys()].sort((left, right) => left - right)
  }
}
