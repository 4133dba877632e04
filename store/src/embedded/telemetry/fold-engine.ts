/**
 * Brings the write-ahead batches into blocks, in slices: each is planned outside of a transaction and committed in a short
 * one, and between slices other requests have their turn. Folding the same batches again gives the same blocks, so a crash
 * between slices loses and doubles nothing; a batch is deleted only when all of it is in blocks.
 */
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Columns } from '../../column-block.ts'
import { bytesOf, inTransaction, numberOf } from '../sqlite.ts'
import type { WriteTurn } from '../write-turn.ts'
import { merge } from './columns.ts'
import { createPending, type Pending } from './pending.ts'
import { planFold, type FoldPlan } from './plan-fold.ts'
import { prepareRollupTables } from './rollup-tables.ts'
import { prepareBlockTables, prepareExtentTables } from './tables.ts'

const sliceReadingsMax = 20_000
const sliceSeriesMax = 64
const deletedBatchesPerSlice = 64

export interface FoldEngineOptions {
  readonly database: DatabaseSync
  readonly turn: WriteTurn
  readonly blockReadingsMax: number
  readonly onFolded: (readings: number) => void
}

export type FoldEngine = ReturnType<typeof createFoldEngine>

export function createFoldEngine(options: FoldEngineOptions) {
  const { database } = options
  const blocks = prepareBlockTables(database)
  const extents = prepareExtentTables(database)
  const rollups = prepareRollupTables(database, blocks)
  const batchesAfter = database.prepare('SELECT seq, readings FROM batch WHERE seq > ? ORDER BY seq')
  let folding: Pending = createPending()
  let pending: Pending = createPending()
  let loadedUpTo = -1
  const late = new Set<number>()

  const write = (work: () => void): void => {
    options.turn.enter()
    try {
      inTransaction(database, work)
    } finally {
      options.turn.leave()
    }
  }
  /** Takes in what the main thread has committed since. */
  const refresh = (): void => {
    for (const row of batchesAfter.iterate(loadedUpTo)) {
      pending.add(bytesOf(row, 'readings'))
      loadedUpTo = numberOf(row, 'seq')
    }
  }
  const foldedBy = database.prepare('SELECT changes FROM folded')
  let seenChanges: number | undefined
  const planned = (series: number): FoldPlan =>
    planFold({
      series,
      readings: folding.of(series),
      extent: extents.get(series),
      tables: blocks,
      blockReadingsMax: options.blockReadingsMax
    })
  const commit = (plans: readonly FoldPlan[]): void =>
    write(() => {
      for (const plan of plans) {
        for (const head of plan.removed) blocks.remove(head)
        for (const block of plan.added) blocks.insert(plan.series, block.head, block.bytes)
        extents.set(plan.series, plan.extent)
        if (plan.late) late.add(plan.series)
      }
    })
  const foldAll = async (): Promise<void> => {
    for (const slice of slicesOf(folding)) {
      commit(slice.map(planned))
      await nextTurn()
    }
  }

  return {
    blocks,
    extents,
    rollups,
    write,
    refresh,
    /** For a file that another process writes: takes in what it has committed, and lets go of what it has folded. */
    follow(): void {
      const changes = numberOf(foldedBy.get(), 'changes')
      if (seenChanges !== changes) {
        pending = createPending()
        loadedUpTo = -1
        seenChanges = changes
      }
      refresh()
    },
    checkpoint: () => checkpoint(options),
    blockReadingsMax: options.blockReadingsMax,
    /** Series that late readings have been folded into since the last call. */
    takeLate(): number[] {
      const taken = [...late]
      late.clear()
      return taken
    },
    /** Everything not folded of one series. */
    pendingOf: (series: number): Columns => merge(folding.of(series), pending.of(series)),
    /** Must not run twice at a time. */
    async fold(): Promise<void> {
      refresh()
      const upTo = loadedUpTo
      folding = pending
      pending = createPending()
      try {
        await foldAll()
        await deleteBatches(options, { upTo, write })
        folding = createPending()
      } catch (error) {
        // Back to what the file says: the next fold starts from the batches that are still there.
        folding = createPending()
        pending = createPending()
        loadedUpTo = -1
        throw error
      }
      checkpoint(options)
    }
  }
}

/** Series in groups whose plans are small enough to be made and committed between two requests. */
function* slicesOf(pending: Pending): Generator<number[]> {
  let slice: number[] = []
  let readings = 0
  for (const series of pending.series()) {
    slice.push(series)
    readings += pending.of(series).timeMs.length
    if (slice.length < sliceSeriesMax && readings < sliceReadingsMax) continue
    yield slice
    slice = []
    readings = 0
  }
  if (slice.length > 0) yield slice
}

async function deleteBatches(
  { database, onFolded }: FoldEngineOptions,
  { upTo, write }: { readonly upTo: number; readonly write: (work: () => void) => void }
): Promise<void> {
  const some = `SELECT seq FROM batch WHERE seq <= ? ORDER BY seq LIMIT ${deletedBatchesPerSlice}`
  const count = database.prepare(`SELECT count(*) AS batches, coalesce(sum(count), 0) AS readings FROM batch WHERE seq IN (${some})`)
  const remove = database.prepare(`DELETE FROM batch WHERE seq IN (${some})`)
  // Who reads the file beside us learns by it that batches have become blocks.
  const note = database.prepare(`UPDATE folded SET up_to = (SELECT max(seq) FROM batch WHERE seq IN (${some})), changes = changes + 1`)
  for (;;) {
    const row = count.get(upTo)
    if (numberOf(row, 'batches') === 0) return
    write(() => {
      note.run(upTo)
      remove.run(upTo)
    })
    onFolded(numberOf(row, 'readings'))
    await nextTurn()
  }
}

/** Most of the log is copied while the main thread may write, the short rest while it may not: so the log starts anew. */
function checkpoint({ database, turn }: FoldEngineOptions): void {
  database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  turn.enter()
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } finally {
    turn.leave()
  }
}
