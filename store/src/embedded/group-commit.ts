/**
 * Group commit: works handed in during one turn of the event loop share one transaction and one synchronisation of the
 * disk. A work that throws takes only itself back; when the commit fails, all of the group fail and nothing of them is stored.
 */
import type { DatabaseSync } from 'node:sqlite'
import { storeError } from '../errors.ts'
import { rollBack, toStoreError } from './sqlite.ts'
import type { WriteTurn } from './write-turn.ts'

export interface GroupCommitOptions {
  readonly database: DatabaseSync
  readonly path: string
  /** Works that may wait; one more is refused with `STORE_BUSY`. */
  readonly waitingMax: number
  /** Sum of the costs that one transaction takes; the rest goes into the next, after other events had their turn. */
  readonly groupCostMax?: number
  /** Where another thread writes the same file: a group waits for its turn without blocking this thread. */
  readonly turn?: Pick<WriteTurn, 'tryEnter' | 'whenFree' | 'leave'>
  /** Told after each commit how many works it held and how long the event loop stood still for it. */
  readonly onCommit?: (commit: { readonly works: number; readonly tookMs: number }) => void
}

export interface GroupCommit {
  /** Resolves when the work is durable. `work` is synchronous and touches only the database. */
  run<Result>(action: string, work: () => Result, cost?: number): Promise<Result>
  /** Refuses new works and resolves when those that wait are committed. Does not close the database. */
  close(): Promise<void>
}

type Outcome<Result> = { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: unknown }

interface Waiting {
  readonly action: string
  readonly cost: number
  /** Runs the work and keeps its outcome until `settle` tells it. */
  perform(): Outcome<unknown>
  /** With an error the whole group failed, whatever the work's own outcome was. */
  settle(path: string, failure?: { readonly error: unknown }): void
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { database, path, waitingMax } = options
  let waiting: Waiting[] = []
  let closed = false
  let scheduled = false
  let drained = Promise.withResolvers<void>()

  const flush = (): void => {
    scheduled = false
    if (waiting.length === 0) return
    if (options.turn?.tryEnter() === false) return wait(options.turn)
    const group = takeGroup()
    const startedMs = performance.now()
    commitGroup(database, path, group)
    options.turn?.leave()
    options.onCommit?.({ works: group.length, tookMs: performance.now() - startedMs })
    if (waiting.length > 0) schedule()
    else drained.resolve()
  }
  const wait = (turn: Pick<WriteTurn, 'whenFree'>): void => {
    scheduled = true
    void turn.whenFree().then(flush)
  }
  const takeGroup = (): Waiting[] => {
    let cost = 0
    let count = 0
    for (const work of waiting) {
      cost += work.cost
      if (count > 0 && cost > (options.groupCostMax ?? Infinity)) break
      count += 1
    }
    const group = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return group
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  return {
    run(action, work, cost = 1) {
      if (closed) return Promise.reject(storeError('STORE_CLOSED', { action }))
      if (waiting.length >= waitingMax) return Promise.reject(storeError('STORE_BUSY', { action, waiting: waiting.length, waitingMax }))
      const { promise, entry } = waitingFor(action, work, cost)
      waiting.push(entry)
      schedule()
      return promise
    },
    async close() {
      closed = true
      if (waiting.length === 0) return
      drained = Promise.withResolvers<void>()
      await drained.promise
    }
  }
}

function waitingFor<Result>(action: string, work: () => Result, cost: number): { promise: Promise<Result>; entry: Waiting } {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  let outcome: Outcome<Result> = { ok: false, error: new Error('the work has not run') }
  const entry: Waiting = {
    action,
    cost,
    perform() {
      try {
        outcome = { ok: true, value: work() }
      } catch (error) {
        outcome = { ok: false, error }
      }
      return outcome
    },
    settle(path, failure) {
      if (failure !== undefined) reject(toStoreError({ action, path }, failure.error))
      else if (outcome.ok) resolve(outcome.value)
      else reject(toStoreError({ action, path }, outcome.error))
    }
  }
  return { promise, entry }
}

function commitGroup(database: DatabaseSync, path: string, group: readonly Waiting[]): void {
  let failure: { readonly error: unknown } | undefined
  try {
    database.exec('BEGIN IMMEDIATE')
    for (const work of group) performOne(database, work)
    database.exec('COMMIT')
  } catch (error) {
    failure = { error }
    rollBack(database)
  }
  for (const work of group) work.settle(path, failure)
}

function performOne(database: DatabaseSync, work: Waiting): void {
  database.exec('SAVEPOINT work')
  const outcome = work.perform()
  // A full disk may make SQLite roll the whole transaction back: then nothing of the group can stand.
  if (!database.isTransaction) throw outcome.ok ? new Error('SQLite ended the transaction') : outcome.error
  if (!outcome.ok) database.exec('ROLLBACK TO work')
  database.exec('RELEASE work')
}
