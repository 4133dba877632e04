/** Moves events that are no longer recent into compressed blocks, and says up to where the recent ones may be deleted. Runs in the worker. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import { encodeBlock, eventsPerBlock, type StoredEvent } from './fact-codec.ts'
import type { Progress } from './progress.ts'

export interface Compactor {
  /** Writes the next blocks; false when there is nothing cold that is not in a block. */
  step(): boolean
}

const blocksPerStep = 16

export interface CompactorOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly progress: Progress
  /** The newest events that stay uncompressed. */
  readonly hotEventsMax: number
}

export function createCompactor({ recent, index, progress, hotEventsMax }: CompactorOptions): Compactor {
  const selectRows = recent.prepare('SELECT seq, facts, json FROM recent WHERE seq > ? AND seq <= ? ORDER BY seq')
  const insertBlock = index.prepare('INSERT INTO block (number, data) VALUES (?, ?)')
  return {
    step() {
      const cold = progress.get('cold')
      const coldEnd = Math.min(progress.get('merged'), progress.get('indexed') - hotEventsMax)
      const last = Math.floor((coldEnd + 1) / eventsPerBlock) * eventsPerBlock - 1
      const until = Math.min(last, (Math.floor((cold + 1) / eventsPerBlock) + blocksPerStep) * eventsPerBlock - 1)
      if (until <= cold) return false
      const events = selectRows
        .all(cold, until)
        .map((row): StoredEvent => ({ seq: numberOf(row, 'seq'), facts: textOf(row, 'facts'), json: textOf(row, 'json') }))
      const blocks = Map.groupBy(events, (event) => Math.floor(event.seq / eventsPerBlock))
      // What is deleted from the recent events after this must be on the disk here first.
      index.exec('PRAGMA synchronous = FULL')
      try {
        inTransaction(index, () => {
          for (const [number, members] of blocks) insertBlock.run(number, encodeBlock(members))
          progress.set('cold', until)
        })
      } finally {
        index.exec('PRAGMA synchronous = NORMAL')
      }
      return true
    }
  }
}
