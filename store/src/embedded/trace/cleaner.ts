/** Deletes from the recent events what is in compressed blocks by now: slice by slice on the main thread, other work in between. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite.ts'
import type { Appender } from './appender.ts'
import type { Recorder } from './recorder.ts'

export interface Cleaner {
  /** Events up to `cold` are in blocks. */
  clean(cold: number): void
  /** Resolves when nothing is left to delete, or it failed. */
  finish(): Promise<void>
  stop(): void
}

interface CleanerOptions {
  readonly recent: DatabaseSync
  readonly appender: Appender
  readonly recorder: Recorder
}

export function createCleaner({ recent, appender, recorder }: CleanerOptions): Cleaner {
  let scheduled: NodeJS.Immediate | undefined
  let cold = 0
  let done = 0
  let finished = Promise.withResolvers<void>()
  const slice = (): void => {
    scheduled = undefined
    const upTo = cold
    try {
      if (deleteSlice(recent, () => appender.deleteCold(upTo))) scheduled = setImmediate(slice)
      else {
        done = upTo
        finished.resolve()
      }
    } catch (error) {
      // The rest goes with the next progress of the worker.
      finished.resolve()
      recorder.trouble(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return {
    clean(upTo) {
      cold = Math.max(cold, upTo)
      if (cold <= done || scheduled !== undefined) return
      finished = Promise.withResolvers()
      scheduled = setImmediate(slice)
    },
    finish: () => (scheduled === undefined ? Promise.resolve() : finished.promise),
    stop: () => clearImmediate(scheduled)
  }
}

/** Without waiting for the disk: what a power loss brings back is in packs as well, and deleted again. */
function deleteSlice(recent: DatabaseSync, work: () => boolean): boolean {
  recent.exec('PRAGMA synchronous = NORMAL')
  try {
    return inTransaction(recent, work)
  } finally {
    recent.exec('PRAGMA synchronous = FULL')
  }
}
