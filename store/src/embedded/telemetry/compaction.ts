/**
 * Puts small neighbouring blocks of a series together. Late readings split full blocks in halves and leave small ones between others; when
 * a series has a third more blocks than its readings need, runs of them are written anew, one run in each transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import { decodeBlock } from '../../column-block.ts'
import { numberOf } from '../sqlite.ts'
import { concat } from './columns.ts'
import type { FoldEngine } from './fold-engine.ts'
import { split } from './plan-fold.ts'
import type { InTurn } from './retention.ts'
import { headOfRow, type StoredHead } from './tables.ts'

const runBlocksMax = 16
/** Blocks of a series per blocks needed before it is worth the work. */
const excessMin = 4 / 3

export interface Compacted {
  readonly before: number
  readonly after: number
}

type Engine = Pick<FoldEngine, 'blocks' | 'write' | 'blockReadingsMax'>

export function createCompaction(database: DatabaseSync, { blocks, write, blockReadingsMax }: Engine) {
  const known = database.prepare('SELECT series FROM extent ORDER BY series')
  const counts = database.prepare(
    'SELECT (SELECT count FROM extent WHERE series = :series) AS readings, (SELECT count(*) FROM head WHERE series = :series) AS blocks'
  )
  const needsIt = (series: number): boolean => {
    const row = counts.get({ series })
    const readings = row?.['readings'] === null ? 0 : numberOf(row, 'readings')
    return numberOf(row, 'blocks') > Math.ceil(readings / blockReadingsMax) * excessMin + 1
  }
  const from = database.prepare(`SELECT * FROM head WHERE series = ? AND first_ms >= ? ORDER BY first_ms LIMIT ${runBlocksMax + 1}`)

  /** Writes the run that begins at the time anew where that saves a quarter of its blocks; gives where the next one begins. */
  const compactRun = (series: number, fromMs: number): Compacted & { readonly nextMs: number | undefined } => {
    const found = from.all(series, fromMs).map(headOfRow)
    // The last block of a series still grows.
    const run = found.slice(0, Math.min(found.length - 1, runBlocksMax))
    const nextMs = found.length > runBlocksMax ? found.at(-1)?.firstMs : undefined
    const needed = Math.ceil(readingsIn(run) / blockReadingsMax)
    if (run.length < 2 || needed > run.length * 0.75) return { before: 0, after: 0, nextMs }
    const readings = concat(run.map(({ block }) => decodeBlock(blocks.data(block))))
    const added = split(readings, { countMax: blockReadingsMax, fill: false })
    write(() => {
      for (const head of run) blocks.remove(head)
      for (const { head, bytes } of added) blocks.insert(series, head, bytes)
    })
    return { before: run.length, after: added.length, nextMs }
  }
  const compactSeries = async (series: number, inTurn: InTurn): Promise<Compacted> => {
    let [before, after] = [0, 0]
    let fromMs: number | undefined = -1
    while (fromMs !== undefined) {
      const startMs: number = fromMs
      const run: ReturnType<typeof compactRun> = await inTurn(() => compactRun(series, startMs))
      before += run.before
      after += run.after
      fromMs = run.nextMs
    }
    return { before, after }
  }

  return {
    /** The series that need it, of these or of all. */
    async run(inTurn: InTurn, only?: readonly number[]): Promise<Compacted> {
      const total = { before: 0, after: 0 }
      for (const series of only ?? (await inTurn(() => known.all().map((row) => numberOf(row, 'series'))))) {
        if (!(await inTurn(() => needsIt(series)))) continue
        const { before, after } = await compactSeries(series, inTurn)
        total.before += before
        total.after += after
      }
      return total
    }
  }
}

function readingsIn(run: readonly StoredHead[]): number {
  return run.reduce((total, { count }) => total + count, 0)
}
