/** What a batch of the log consists of: its readings and events, where each came from, and what became of them in numbers. Pure. */
import type { Reason } from '@tracegate/model/errors'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { CaptureOutcome } from '@tracegate/store/trace-store'
import type { ItemCounts } from './counters.ts'
import { itemCountsOf } from './decode.ts'
import type { Lane } from './lanes.ts'
import type { LogEntry } from './log-lane.ts'
import type { Poison } from './unstorable.ts'

/** Where a reading or an event came from. */
export interface Part {
  readonly entry: LogEntry
  readonly index: number
}

export function eventsIn({ intake }: LogEntry): readonly TraceEvent[] {
  return intake.ok && intake.work.type === 'events' ? intake.work.events : []
}

export function readingsIn({ intake }: LogEntry): readonly Reading[] {
  return intake.ok && intake.work.type === 'readings' ? intake.work.readings : []
}

/** All readings, flat. */
export function readingsOf(entries: readonly LogEntry[]): Reading[] {
  const readings: Reading[] = []
  for (const { intake } of entries)
    if (intake.ok && intake.work.type === 'readings') for (const reading of intake.work.readings) readings.push(reading)
  return readings
}

/** The items that `itemsIn` finds, flat, each with where it came from. */
export function partsOf<Item>(
  entries: readonly LogEntry[],
  itemsIn: (entry: LogEntry) => readonly Item[]
): { readonly items: readonly Item[]; readonly parts: readonly Part[] } {
  const items: Item[] = []
  const parts: Part[] = []
  for (const entry of entries)
    for (const [index, item] of itemsIn(entry).entries()) {
      items.push(item)
      parts.push({ entry, index })
    }
  return { items, parts }
}

export function poisonOf(lane: Lane, part: Part | undefined, found: { readonly reason: Reason; readonly event?: TraceEvent }): Poison[] {
  if (part === undefined) return []
  const { entry, index } = part
  const of = found.event === undefined ? readingsIn(entry).length : eventsIn(entry).length
  return [{ lane, entry, reason: found.reason, part: { index, of, ...(found.event === undefined ? {} : { event: found.event }) } }]
}

/** The readings without those that are refused. */
export function readingsWithout(entries: readonly LogEntry[], poisons: readonly Poison[]): Reading[] {
  if (poisons.length === 0) return readingsOf(entries)
  const bad = new Map<LogEntry, Set<number>>()
  for (const { entry, part } of poisons)
    if (part !== undefined && part.event === undefined) bad.set(entry, (bad.get(entry) ?? new Set<number>()).add(part.index))
  return entries.flatMap((entry) => readingsIn(entry).filter((_, index) => bad.get(entry)?.has(index) !== true))
}

/** After a lost answer nobody knows which were new: then all count as new. */
export function newEvents(
  events: readonly TraceEvent[],
  answer: { readonly result: readonly CaptureOutcome[]; readonly attempts: number }
): readonly TraceEvent[] {
  return answer.attempts > 1 ? events : events.filter((_, index) => answer.result[index]?.outcome === 'stored')
}

/** What became of the batch. A message of which nothing could be stored is a dead letter; one of which a part could is stored. */
export function countBatch(
  entries: readonly LogEntry[],
  poisons: readonly Poison[]
): { readonly stored: ItemCounts; readonly deadLettered: ItemCounts } {
  const all = { messages: 0, readings: 0, events: 0 }
  const dead = { messages: 0, readings: 0, events: 0 }
  for (const { intake } of entries) {
    const { readings, events } = intake.ok ? itemCountsOf(intake) : { readings: 0, events: 0 }
    all.messages += 1
    all.readings += readings
    all.events += events
  }
  const parts = new Map<LogEntry, number>()
  for (const { entry, part } of poisons) {
    if (part === undefined) dead.messages += 1
    else {
      if (part.event === undefined) dead.readings += 1
      else dead.events += 1
      const gone = (parts.get(entry) ?? 0) + 1
      parts.set(entry, gone)
      if (gone === part.of) dead.messages += 1
    }
  }
  return {
    stored: { messages: all.messages - dead.messages, readings: all.readings - dead.readings, events: all.events - dead.events },
    deadLettered: dead
  }
}
