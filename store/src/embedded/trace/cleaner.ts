/** Deletes from the recent events what is in compressed blocks by now: slice by slice on the main thread, other work in between. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite.ts'
import type { Appender } from './appender.ts'
import type { Recorder } from './recorder.ts'

export interface Cleaner {
  /** Events up to `cold` are in blocks. */
  clean(cold: number): void
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
  const slice = (): void => {
    scheduled = undefined
    const upTo = cold
    try {
      if (inTransaction(recent, () => appender.deleteCold(upTo))) scheduled = setImmediate(slice)
      else done = upTo
    } catch (error) {
      // The rest goes with the next progress of the worker.
      recorder.trouble(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return {
    clean(upTo) {
      cold = Math.max(cold, upTo)
      if (cold > done) scheduled ??= setImmediate(slice)
    },
    stop: () => clearImmediate(scheduled)
  }
}
