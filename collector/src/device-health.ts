/**
 * How each device is doing, in memory: bounded numbers for each of a bounded number of devices. Counts only what is durable; after a restart
 * it begins anew.
 */
import type { DeviceHealth } from '@tracegate/model/device-health'
import type { DeviceHealthReader } from '@tracegate/service/device-health'
import { itemCountsOf, nameOf, type Intake } from './decode.ts'
import { judgeClock, newClock, noteClock, type DeviceClock } from './device-clock.ts'
import type { CommitOutcome, LogMessage } from './group-writer.ts'
import type { CollectorLimits } from './limits.ts'

const kinds = ['messages', 'readings', 'events', 'historicalReadings', 'duplicates', 'deadLetters'] as const
type Kind = (typeof kinds)[number]

const stepMs = 300_000
/** Twelve whole steps and the one that has begun. */
const steps = 13
const pageMax = 1_000
/** Room is made for more than one at a time, as finding the silent ones costs a look at all. */
const evictShare = 0.1

interface Entry {
  readonly counts: Uint32Array
  /** The step that was counted last. */
  step: number
  lastMessageAtMs: number
  newestMs: number
  boot: string
  readonly clock: DeviceClock
}

export interface DeviceHealthBook {
  note(outcome: CommitOutcome, message: LogMessage, intake: Intake): void
  /** How far the clock of a device runs behind; 0 where that is not known. */
  behindMs(name: string): number
  readonly reader: DeviceHealthReader
}

export interface DeviceHealthOptions {
  readonly limits: CollectorLimits
  readonly nowMs: () => number
  readonly watermark: (name: string, boot: string) => number
  readonly openGaps: (name: string) => number
}

export function createDeviceHealth(options: DeviceHealthOptions): DeviceHealthBook {
  const { limits, nowMs } = options
  const entries = new Map<string, Entry>()

  function entryOf(name: string): Entry {
    const known = entries.get(name)
    if (known !== undefined) return known
    if (entries.size >= limits.devicesInMemoryMax) evict()
    const counts = new Uint32Array(steps * kinds.length)
    const entry: Entry = { counts, step: 0, lastMessageAtMs: 0, newestMs: -Infinity, boot: '', clock: newClock() }
    entries.set(name, entry)
    return entry
  }

  function evict(): void {
    const silent = [...entries].toSorted(([, left], [, right]) => left.lastMessageAtMs - right.lastMessageAtMs)
    for (const [name] of silent.slice(0, Math.ceil(limits.devicesInMemoryMax * evictShare))) entries.delete(name)
  }

  function count(entry: Entry, atMs: number, kind: Kind, howMany: number): void {
    const step = Math.floor(atMs / stepMs)
    advance(entry, step)
    const at = (step % steps) * kinds.length + kinds.indexOf(kind)
    entry.counts[at] = (entry.counts[at] ?? 0) + howMany
  }

  function healthOf(name: string, entry: Entry): DeviceHealth {
    const [point = '', device = ''] = name.split('/')
    advance(entry, Math.floor(nowMs() / stepMs))
    const sum = (kind: Kind) => {
      let total = 0
      for (let at = kinds.indexOf(kind); at < entry.counts.length; at += kinds.length) total += entry.counts[at] ?? 0
      return total
    }
    const { state, offsetMs } = judgeClock(entry.clock, nowMs(), limits)
    return {
      point,
      device,
      lastMessageAtMs: entry.lastMessageAtMs,
      ...(entry.boot === '' ? {} : { boot: entry.boot, watermark: { boot: entry.boot, upTo: options.watermark(name, entry.boot) } }),
      lastHour: {
        messages: sum('messages'),
        readings: sum('readings'),
        events: sum('events'),
        historicalReadings: sum('historicalReadings'),
        duplicates: sum('duplicates'),
        deadLetters: sum('deadLetters')
      },
      clock: { state, ...(offsetMs === undefined ? {} : { offsetMs }) },
      ...(entry.newestMs === -Infinity ? {} : { lagMs: entry.lastMessageAtMs - entry.newestMs }),
      openGaps: options.openGaps(name)
    }
  }

  return {
    note(outcome, message, intake) {
      const name = nameOf(intake)
      if (name === undefined) return
      const entry = entryOf(name)
      const { receivedAtMs } = message
      entry.lastMessageAtMs = Math.max(entry.lastMessageAtMs, receivedAtMs)
      if (outcome === 'duplicate') return count(entry, receivedAtMs, 'duplicates', 1)
      if (outcome !== 'logged' || !intake.ok) return count(entry, receivedAtMs, 'deadLetters', 1)
      const { readings, events } = itemCountsOf(intake)
      count(entry, receivedAtMs, 'messages', 1)
      if (readings > 0) count(entry, receivedAtMs, 'readings', readings)
      if (events > 0) count(entry, receivedAtMs, 'events', events)
      if (intake.historicalReadings > 0) count(entry, receivedAtMs, 'historicalReadings', intake.historicalReadings)
      const { stream } = intake
      if (stream === undefined) return
      const { boot, seq, timeMs } = stream
      entry.boot = boot
      entry.newestMs = Math.max(entry.newestMs, timeMs)
      noteClock(entry.clock, { boot, seq, timeMs, receivedAtMs }, limits)
    },
    behindMs(name) {
      const entry = entries.get(name)
      const clock = entry === undefined ? undefined : judgeClock(entry.clock, nowMs(), limits)
      return clock?.state === 'behind' ? (clock.offsetMs ?? 0) : 0
    },
    reader: {
      async list({ prefix = '', limit, cursor = '' }) {
        const wanted = Math.min(Math.max(1, Math.trunc(limit)), pageMax)
        const names = [...entries.keys()].filter((name) => name.startsWith(prefix) && name > cursor).toSorted()
        const page = names.slice(0, wanted)
        const items = page.flatMap((name) => {
          const entry = entries.get(name)
          return entry === undefined ? [] : [healthOf(name, entry)]
        })
        const last = page.at(-1)
        return { items, ...(names.length > wanted && last !== undefined ? { next: last } : {}) }
      },
      async get(point, device) {
        const name = `${point}/${device}`
        const entry = entries.get(name)
        return entry === undefined ? undefined : healthOf(name, entry)
      }
    }
  }
}

/** Empties the steps that have passed since the last count. */
function advance(entry: Entry, step: number): void {
  if (step <= entry.step) return
  const passed = Math.min(step - entry.step, steps)
  for (let back = 0; back < passed; back += 1) {
    const at = ((step - back) % steps) * kinds.length
    entry.counts.fill(0, at, at + kinds.length)
  }
  entry.step = step
}
