/**
 * What became of every message, reading and event, as plain numbers that add up at any time. They are turned into metrics once a commit:
 * a labelled counter for each message would cost more than committing it.
 */
import type { Counter } from '@tracegate/service/metrics'

export interface ItemCounts {
  readonly messages: number
  readonly readings: number
  readonly events: number
}

const itemKinds = ['messages', 'readings', 'events'] as const
export type ItemKind = (typeof itemKinds)[number]

/** received + carriedOver = stored + duplicates + deadLettered + inLog + rejected + waiting. */
export interface Balance {
  /** Handed in to this run; what cannot be decoded counts as a message without readings and events. */
  readonly received: number
  /** What an earlier run left in the log. */
  readonly carriedOver: number
  readonly stored: number
  readonly duplicates: number
  readonly deadLettered: number
  /** Durable and not in the stores yet. */
  readonly inLog: number
  /** Not committed and not acknowledged; the sender comes again. */
  readonly rejected: number
  /** On the way to their commit. */
  readonly waiting: number
}

/** unstorable: dead letters that went through the log first. */
const fates = ['received', 'logged', 'duplicates', 'deadLettered', 'unstorable', 'rejected', 'stored'] as const
type Fate = (typeof fates)[number]

export interface Counters {
  add(fate: Fate, items: ItemCounts): void
  balance(kind: ItemKind, carriedOver: number): Balance
  /** Adds to the metric what came since the last time; label `outcome`. */
  flush(): void
}

type Numbers = { -readonly [Kind in ItemKind]: number }

const zero = (): Numbers => ({ messages: 0, readings: 0, events: 0 })

export function createCounters(metrics: Readonly<Record<ItemKind, Counter>>): Counters {
  const make = () => ({
    received: zero(),
    logged: zero(),
    duplicates: zero(),
    deadLettered: zero(),
    unstorable: zero(),
    rejected: zero(),
    stored: zero()
  })
  const counts: Record<Fate, Numbers> = make()
  const told: Record<Fate, Numbers> = make()
  return {
    add(fate, { messages, readings, events }) {
      const own = counts[fate]
      own.messages += messages
      own.readings += readings
      own.events += events
    },
    balance(kind, carriedOver) {
      const { received, logged, duplicates, deadLettered, unstorable, rejected, stored } = counts
      return {
        received: received[kind],
        carriedOver,
        stored: stored[kind],
        duplicates: duplicates[kind],
        deadLettered: deadLettered[kind] + unstorable[kind],
        inLog: carriedOver + logged[kind] - stored[kind] - unstorable[kind],
        rejected: rejected[kind],
        waiting: received[kind] - logged[kind] - duplicates[kind] - deadLettered[kind] - rejected[kind]
      }
    },
    flush() {
      for (const fate of fates)
        for (const kind of itemKinds) {
          const more = counts[fate][kind] - told[fate][kind]
          if (more === 0) continue
          told[fate][kind] += more
          metrics[kind].add(more, { outcome: fate })
        }
    }
  }
}
