/**
 * Moves the lanes of the log into the stores, each in order, in batches, exactly once: a batch carries its offset, and a store that has
 * taken an offset does not take it again. Each lane goes on by itself, so that trace events and alarms do not wait for telemetry. A
 * failing store is asked again until it answers; meanwhile the log fills and the senders wait. It judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { CaptureOutcome, TraceStore } from '@tracegate/store/trace-store'
import { countBatch, eventsIn, newEvents, partsOf, poisonOf, readingsIn, readingsOf, readingsWithout } from './batch-parts.ts'
import type { DeviceRegister } from './devices.ts'
import type { CollectorEvents } from './events.ts'
import type { IngestLog, LaneReader } from './ingest-log.ts'
import { lanes, type Lane } from './lanes.ts'
import type { CollectorLimits } from './limits.ts'
import type { LogEntry } from './log-lane.ts'
import { createPersistence, storeByHalves, type Answer } from './storing.ts'
import type { Poison } from './unstorable.ts'

export interface StoredBatch {
  readonly lane: Lane
  readonly entries: readonly LogEntry[]
  readonly readings: readonly Reading[]
  /** Without those that were there already. */
  readonly events: readonly TraceEvent[]
  /** When the first of them reached the collector. */
  readonly receivedAtMs: number
}

export interface WriterOptions {
  readonly log: IngestLog
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly devices: DeviceRegister
  readonly limits: CollectorLimits
  readonly events: CollectorEvents
  /** The batch is in the stores. The next one of the lane waits for it; it must not reject. */
  readonly onStored: (batch: StoredBatch) => Promise<void>
}

export interface Writer {
  /** Ends after what is under way, or without it soon. */
  stop(): Promise<void>
  /** Resolves when everything that was taken is in the stores, or at the time limit. */
  drain(timeoutMs: number): Promise<void>
  /** Why storing does not go on, when it does not. */
  trouble(): string | undefined
}

const stopWaitMs = 500

export function startWriter(options: WriterOptions): Writer {
  const { log } = options
  const stopping = new AbortController()
  const writers = lanes.map((lane) => startLane(lane, { ...options, signal: stopping.signal }))
  const isIdle = () => log.counts().waiting === 0 && lanes.every((lane) => log.lanes[lane].isEmpty()) && writers.every((one) => !one.busy())
  return {
    trouble: () => writers.map((one) => one.trouble()).find((trouble) => trouble !== undefined),
    async stop() {
      stopping.abort()
      for (const lane of lanes) log.lanes[lane].wake()
      // A store that never answers must not keep the process; what it did not take is in the log.
      await Promise.race([Promise.all(writers.map((one) => one.ended)), sleep(stopWaitMs, undefined, { ref: false })])
    },
    async drain(timeoutMs) {
      const end = Date.now() + timeoutMs
      while (Date.now() < end && !isIdle()) await sleep(10)
    }
  }
}

interface LaneWriter {
  readonly ended: Promise<void>
  busy(): boolean
  trouble(): string | undefined
}

/** The offsets up to which the stores had taken the lane when this run began. */
interface Taken {
  readonly telemetry: number
  readonly trace: number
}

function startLane(lane: Lane, options: WriterOptions & { readonly signal: AbortSignal }): LaneWriter {
  const { limits, events, signal } = options
  const reader = options.log.lanes[lane]
  const persistence = createPersistence(options)
  const storage = createStorage(lane, { ...options, reader, persistence })
  let busy = false
  let ended = false

  const takenUpTo = () =>
    persistence.persist('telemetry', async () => ({
      telemetry: await options.telemetry.appendedUpTo(reader.name),
      trace: await options.trace.capturedUpTo(reader.name)
    }))

  /** A log that is older than the stores, as one from a backup may be, would give out offsets once more that they have taken already. */
  async function begin(): Promise<Taken | undefined> {
    const taken = await takenUpTo()
    if (taken === undefined) return undefined
    const takenMax = Math.max(taken.telemetry, taken.trace)
    if (takenMax <= reader.offsetAtStart) return taken
    // Under another name everything in the log is handed in again, which changes nothing in a store that has it.
    const renamed = await persistence.persist('log', async () => {
      reader.rename()
      return true
    })
    if (renamed === undefined) return undefined
    events.logOlderThanStores({ lane, offset: reader.offsetAtStart, taken: takenMax })
    return takenUpTo()
  }

  async function run(): Promise<void> {
    const taken = await begin()
    if (taken === undefined) return
    while (!signal.aborted) {
      await reader.ready()
      busy = true
      const startedMs = performance.now()
      const entries = reader.take()
      if (entries.length > 0) {
        events.batchTaken(lane, entries.length)
        await storage.storeAll(entries, taken)
      }
      busy = false
      const tookMs = performance.now() - startedMs
      // Alarms and events are few, and nothing is won by waiting for more of them.
      if (lane !== 'telemetry' || entries.length >= limits.batchMessagesMax / 2) continue
      await persistence.pause(Math.min(Math.max(limits.batchWaitMs, tookMs), limits.batchWaitMaxMs))
    }
  }

  const running = run()
    .catch((error: unknown) => events.failed(`writer of the ${lane} lane`, error))
    .finally(() => void (ended = true))
  return {
    ended: running,
    busy: () => busy,
    trouble: () => (ended && !signal.aborted ? `the writer of the ${lane} lane has ended` : persistence.trouble())
  }
}

interface StorageOptions extends WriterOptions {
  readonly reader: LaneReader
  readonly persistence: ReturnType<typeof createPersistence>
}

function createStorage(lane: Lane, options: StorageOptions) {
  const { reader, persistence } = options

  async function storeAll(entries: readonly LogEntry[], taken: Taken): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return
    const poisons: Poison[] = []
    for (const entry of entries) if (!entry.intake.ok) poisons.push({ lane, entry, reason: entry.intake.reason })
    if (!(await bury(poisons))) return
    const captured = await capture(entries, last.offset, taken.trace, poisons)
    if (captured === undefined) return
    if (!(await append(entries, last.offset, taken.telemetry, poisons))) return
    for (const entry of entries) if ((await applyState(entry)) === 'stopped') return
    options.events.settled(countBatch(entries, poisons))
    // What an earlier run stored is in the log still, as it was not judged.
    const before = entries.filter((entry) => entry.offset <= taken.trace).flatMap((entry) => eventsIn(entry))
    const readings = readingsWithout(entries, poisons)
    await options.onStored({ lane, entries, readings, events: [...before, ...captured], receivedAtMs: first.receivedAtMs })
  }

  /** Gives the events that were new; undefined when stopped before the store took them. */
  async function capture(entries: readonly LogEntry[], upTo: number, taken: number, poisons: Poison[]): Promise<TraceEvent[] | undefined> {
    const fresh = upTo > taken ? entries.filter((entry) => entry.offset > taken) : []
    const { items, parts } = partsOf(fresh, eventsIn)
    if (items.length === 0) return []
    const source = { log: reader.name, upTo }
    const answer = await persistence.persistOrRefuse('trace', () => options.trace.capture(items, source))
    if (answer.type === 'stopped') return undefined
    if (answer.type === 'done') return [...newEvents(items, answer)]
    const found: TraceEvent[] = []
    // Parts have no offset: an earlier run may have stored some and ended before anybody was told.
    const leftOver = (entries[0]?.offset ?? 0) <= reader.offsetAtStart
    const store = async (some: readonly TraceEvent[]): Promise<Answer<CaptureOutcome[]>> => {
      const one = await persistence.persistOrRefuse('trace', () => options.trace.capture(some))
      if (one.type === 'done') found.push(...(leftOver ? some : newEvents(some, one)))
      return one
    }
    const halving = await storeByHalves(items, { store, refusal: answer })
    if (halving === undefined) return undefined
    const own = halving.refused.flatMap(({ index, reason }) => poisonOf(lane, parts[index], { reason, ...eventAt(items, index) }))
    poisons.push(...own)
    const kept = await bury(own)
    const moved = kept && (await persistence.persist('trace', () => options.trace.capture([], source)))
    return moved === undefined || moved === false ? undefined : found
  }

  /** False when stopped before the store took them. */
  async function append(entries: readonly LogEntry[], upTo: number, taken: number, poisons: Poison[]): Promise<boolean> {
    if (upTo <= taken) return true
    const fresh = (entries[0]?.offset ?? 0) > taken ? entries : entries.filter((entry) => entry.offset > taken)
    const readings = readingsOf(fresh)
    if (readings.length === 0) return true
    const source = { log: reader.name, upTo }
    const answer = await persistence.persistOrRefuse('telemetry', () => options.telemetry.append(readings, source))
    if (answer.type !== 'refused') return answer.type === 'done'
    const store = (some: readonly Reading[]) => persistence.persistOrRefuse('telemetry', () => options.telemetry.append(some))
    const halving = await storeByHalves(readings, { store, refusal: answer })
    if (halving === undefined) return false
    const { parts } = partsOf(fresh, readingsIn)
    const own = halving.refused.flatMap(({ index, reason }) => poisonOf(lane, parts[index], { reason }))
    poisons.push(...own)
    if (!(await bury(own))) return false
    // Only now: until the dead letters are kept, a restart must begin with this batch again.
    const moved = await persistence.persist('telemetry', async () => {
      await options.telemetry.append([], source)
      return true
    })
    return moved === true
  }

  async function applyState({ intake, receivedAtMs }: LogEntry): Promise<'done' | 'stopped'> {
    if (!intake.ok) return 'done'
    const { point, device, work } = intake
    if (work.type !== 'state') {
      options.devices.seen(intake.name, receivedAtMs)
      return 'done'
    }
    const applied = await persistence.persist('devices', async () => {
      await options.devices.apply({ point, device, state: work.state, receivedAtMs })
      return 'done' as const
    })
    return applied ?? 'stopped'
  }

  /** False when stopped before they were kept. */
  async function bury(poisons: readonly Poison[]): Promise<boolean> {
    if (poisons.length === 0) return true
    const kept = await persistence.persist('log', async () => {
      options.log.unstorable.bury(poisons)
      return true
    })
    if (kept === true) for (const { reason } of poisons) options.events.unstorable(reason)
    return kept === true
  }

  return { storeAll }
}

function eventAt(events: readonly TraceEvent[], index: number): { readonly event?: TraceEvent } {
  const event = events[index]
  return event === undefined ? {} : { event }
}
