/**
 * The runners of a process, by subscription, and their rows in the register `subscriptions`. It starts, rings and ends them; which
 * subscriptions there may be is the office's.
 */
import type { CaseStore } from '@tracegate/store/case-store'
import type { SubscriptionRow } from './rows.ts'
import { createRunner, type Runner } from './runner.ts'
import type { RunnerParts } from './runner-attempt.ts'

export interface Runners {
  /** Takes a row that is in the register at this version. */
  hold(row: SubscriptionRow, version: number): void
  get(id: string): Runner | undefined
  /** In the order in which they were made. */
  rows(queryName?: string): SubscriptionRow[]
  /** Ends what is under way, then removes the row. */
  remove(id: string): Promise<void>
  /** Those that are held, and those to come. */
  start(): void
  /** Rings for the streams whose query the new events concern. */
  wake(concerns: (queryName: string) => boolean): void
  readonly size: number
  close(): Promise<void>
}

/** How long deliveries under way may take to end at a close; what does not is sent again after the restart. */
const closeGraceMs = 1_000

interface Held {
  readonly runner: Runner
  version: number
}

export function createRunners(options: { readonly cases: CaseStore; readonly parts: Omit<RunnerParts, 'save'> }): Runners {
  const { cases } = options
  const held = new Map<string, Held>()
  let isStarted = false
  const parts: RunnerParts = {
    ...options.parts,
    async save(row) {
      const own = held.get(row.id)
      // Removed while its last delivery ended: there is nothing to keep.
      if (own === undefined) return
      own.version = (await cases.put('subscriptions', row.id, row, own.version)).version
    }
  }
  const all = () => [...held.values()].map(({ runner }) => runner)

  return {
    hold(row, version) {
      const runner = createRunner(row, parts)
      held.set(row.id, { runner, version })
      if (isStarted) runner.start()
    },
    get: (id) => held.get(id)?.runner,
    rows: (queryName) =>
      all()
        .map(({ row }) => row)
        .filter((row) => queryName === undefined || row.queryName === queryName)
        .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)),
    async remove(id) {
      const found = held.get(id)
      held.delete(id)
      await found?.runner.stop()
      await cases.remove('subscriptions', id)
    },
    start() {
      isStarted = true
      for (const runner of all()) runner.start()
    },
    wake(concerns) {
      for (const runner of all()) {
        const { queryName, schedule, reportIfEmpty } = runner.row
        if (schedule === undefined && (reportIfEmpty || concerns(queryName))) runner.wake()
      }
    },
    get size() {
      return held.size
    },
    async close() {
      await Promise.all(all().map((runner) => runner.stop(closeGraceMs)))
    }
  }
}
