/**
 * Bounds the readings that are stored but not folded: past the bound an append waits, in order, until the worker has caught
 * up. That slows its sender instead of filling memory. When folding fails, those that wait fail with its error.
 */
import { storeError } from '../../errors.ts'

export interface Backlog {
  /** Runs `work` as soon as there is room; in the order of the calls. */
  admit<Result>(readings: number, work: () => Promise<Result>): Promise<Result>
  /** Readings stored, folded or, with `set`, counted anew. */
  add(readings: number): void
  set(readings: number): void
  refuse(error: unknown): void
  readonly readings: number
  /** Appends that wait for room. */
  readonly waiting: number
}

const backlogWaitMsMax = 30_000
const backlogWaitingMax = 10_000

interface WaitingAppend {
  readonly readings: number
  start(): void
  fail(error: unknown): void
}

export function createBacklog(options: { readonly readingsMax: number; readonly onFull: () => void }): Backlog {
  let readings = 0
  /** Admitted and not yet counted by `add`: on their way to the disk. */
  let underway = 0
  const waiting: WaitingAppend[] = []

  const hasRoom = (count: number): boolean => readings + underway === 0 || readings + underway + count <= options.readingsMax
  const drain = (): void => {
    for (let first = waiting[0]; first !== undefined && hasRoom(first.readings); first = waiting[0]) {
      waiting.shift()
      first.start()
    }
  }
  const run = async <Result>(count: number, work: () => Promise<Result>): Promise<Result> => {
    underway += count
    try {
      return await work()
    } finally {
      underway -= count
      drain()
    }
  }
  const wait = <Result>(count: number, work: () => Promise<Result>): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(entry), 1)
      reject(storeError('STORE_TIMEOUT', { action: 'append', timeoutMs: backlogWaitMsMax }))
    }, backlogWaitMsMax)
    const entry: WaitingAppend = {
      readings: count,
      start() {
        clearTimeout(timer)
        run(count, work).then(resolve, reject)
      },
      fail(error) {
        clearTimeout(timer)
        reject(error)
      }
    }
    waiting.push(entry)
    options.onFull()
    return promise
  }

  return {
    admit(count, work) {
      if (waiting.length === 0 && hasRoom(count)) return run(count, work)
      if (waiting.length < backlogWaitingMax) return wait(count, work)
      return Promise.reject(storeError('STORE_BUSY', { action: 'append', waiting: waiting.length, waitingMax: backlogWaitingMax }))
    },
    add(count) {
      readings = Math.max(0, readings + count)
      drain()
    },
    set(count) {
      readings = count
      drain()
    },
    refuse(error) {
      for (const entry of waiting.splice(0)) entry.fail(error)
    },
    get readings() {
      return readings
    },
    get waiting() {
      return waiting.length
    }
  }
}
