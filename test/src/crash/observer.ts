/** What the device and the collector tell of themselves on standard output, summed over their runs. */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { LaneName } from './content.ts'

export interface Progress {
  /** Items taken, and items that the device still holds. */
  readonly taken: number
  readonly waiting: number
  readonly notTaken: number
  /** Items that the device has let go, by lane. */
  readonly released: Readonly<Record<LaneName, number>>
}

export interface CollectorTotals {
  /** Of every run, as far as it was told before its end. */
  readonly duplicates: number
  readonly rejected: number
  /** On the way to their commit when it was last told. */
  readonly waiting: number
  /** Whether the counters of every run that ended in order add up. */
  readonly balanced: boolean
  /** Runs that ended in order. */
  readonly orderlyEnds: number
}

export interface Observer {
  onDevice(line: unknown): void
  onCollector(line: unknown): void
  progress(): Progress
  totals(): CollectorTotals
  /** The device takes nothing more and has let everything go. */
  isDrained(): boolean
}

const Count = Type.Number()
const LaneProgress = Type.Object({ taken: Count, waiting: Count })
const progressLine = compileValidator(
  Type.Object({ progress: Type.Object({ native: LaneProgress, field: LaneProgress, notTaken: Count, taking: Type.Boolean() }) })
)
const statsLine = compileValidator(
  Type.Object({
    stats: Type.Object({
      received: Count,
      carriedOver: Count,
      stored: Count,
      duplicates: Count,
      deadLettered: Count,
      inLog: Count,
      rejected: Count,
      waiting: Count
    }),
    ended: Type.Optional(Type.Literal(true))
  })
)

export function createObserver(): Observer {
  let progress: Progress = { taken: 0, waiting: 0, notTaken: 0, released: { native: 0, field: 0 } }
  let notTakenEarlier = 0
  let drained = false
  const earlier = { duplicates: 0, rejected: 0 }
  let current = { received: 0, duplicates: 0, rejected: 0, waiting: 0 }
  let orderlyEnds = 0
  let balanced = true
  return {
    progress: () => ({ ...progress, notTaken: notTakenEarlier + progress.notTaken }),
    totals: () => ({
      duplicates: earlier.duplicates + current.duplicates,
      rejected: earlier.rejected + current.rejected,
      waiting: current.waiting,
      balanced,
      orderlyEnds
    }),
    isDrained: () => drained,
    onDevice(line) {
      const checked = progressLine.check(line)
      if (!checked.ok) return
      const { native, field, notTaken, taking } = checked.value.progress
      // A count that is smaller than before is that of a new process.
      if (notTaken < progress.notTaken) notTakenEarlier += progress.notTaken
      progress = {
        taken: native.taken + field.taken,
        waiting: native.waiting + field.waiting,
        notTaken,
        released: { native: native.taken - native.waiting, field: field.taken - field.waiting }
      }
      drained = !taking && progress.waiting === 0
    },
    onCollector(line) {
      const checked = statsLine.check(line)
      if (!checked.ok) return
      const { stats, ended } = checked.value
      if (stats.received < current.received) {
        earlier.duplicates += current.duplicates
        earlier.rejected += current.rejected
      }
      current = stats
      if (ended === undefined) return
      orderlyEnds += 1
      const came = stats.received + stats.carriedOver
      balanced &&= came === stats.stored + stats.duplicates + stats.deadLettered + stats.rejected && stats.inLog + stats.waiting === 0
    }
  }
}
