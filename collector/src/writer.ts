/**
 * Moves the log into the stores, in order, in batches, exactly once: each batch carries its offset, and a store that has taken
 * an offset does not take it again. Events go before readings. A failing store is asked again until it answers; meanwhile the
 * log fills and the senders wait. It judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError, type Reason } from '@tracegate/model/errors'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { CaptureOutcome, TraceStore } from '@tracegate/store/trace-store'
import type { DeviceRegister } from './devices.ts'
import type { CollectorEvents } from './events.ts'
import type { IngestLog } from './ingest-log.ts'
import type { CollectorLimits } from './limits.ts'
import type { LogEntry } from './log-tail.ts'

export interface StoredBatch {
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
  /** The batch is in the stores. The next one waits for it; it must not reject. */
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

type Answer<Result> =
  | { readonly type: 'done'; readonly result: Result; readonly attempts: number }
  | { readonly type: 'refused'; readonly reason: Reason }
  | { readonly type: 'stopped' }

const stopWaitMs = 500

type Target = 'telemetry' | 'trace' | 'devices'

export function startWriter(options: WriterOptions): Writer {
  const { log, limits } = options
  const stopping = new AbortController()
  let trouble: string | undefined
  let busy = false
  const isIdle = () => !busy && log.isEmpty() && log.counts().waiting === 0
  let stopped = false

  async function run(): Promise<void> {
    const taken = await persist('telemetry', async () => ({
      telemetry: await options.telemetry.appendedUpTo(log.name),
      trace: await options.trace.capturedUpTo(log.name)
    }))
    if (taken === undefined) return
    while (!stopping.signal.aborted) {
      await log.ready()
      busy = true
      const startedMs = performance.now()
      const entries = log.take()
      if (entries.length > 0) await storeAll(entries, taken)
      busy = false
      const tookMs = performance.now() - startedMs
      if (entries.length < limits.batchMessagesMax / 2) await pause(Math.min(Math.max(limits.batchWaitMs, tookMs), limits.batchWaitMaxMs))
    }
  }

  async function storeAll(entries: readonly LogEntry[], taken: { readonly telemetry: number; readonly trace: number }): Promise<void> {
    const [first] = entries
    const last = entries.at(-1)
    if (first === undefined || last === undefined) return
    const buried = new Set<LogEntry>()
    for (const entry of entries) if (!entry.intake.ok) bury(entry, entry.intake.reason, buried)
    const fresh = entries.filter((entry) => entry.offset > taken.trace && eventsOf(entry).length > 0)
    const captured = await capture(fresh, last.offset, buried)
    if (captured === undefined) return
    const unread = entries.filter((entry) => entry.offset > taken.telemetry)
    if (!(await append(unread, last.offset, buried))) return
    for (const entry of entries) if ((await applyState(entry)) === 'stopped') return
    options.events.stored(entries.length - buried.size)
    // What an earlier run stored is in the log still, as it was not judged.
    const judged = entries.filter((entry) => !buried.has(entry))
    const stored = judged.filter((entry) => entry.offset <= taken.trace).flatMap((entry) => eventsOf(entry))
    await options.onStored({
      entries,
      readings: judged.flatMap((entry) => readingsIn(entry)),
      events: [...stored, ...captured],
      receivedAtMs: first.receivedAtMs
    })
  }

  /** Gives the events that were new; undefined when stopped before the store took them. */
  async function capture(entries: readonly LogEntry[], upTo: number, buried: Set<LogEntry>): Promise<TraceEvent[] | undefined> {
    const events = entries.flatMap((entry) => eventsOf(entry))
    if (events.length === 0) return []
    const answer = await persistOrRefuse('trace', () => options.trace.capture(events, { log: log.name, upTo }))
    if (answer.type === 'stopped') return undefined
    // After a lost answer nobody knows which were new.
    if (answer.type === 'done') return answer.attempts > 1 ? events : newOf(events, answer.result)
    if (entries.length === 1) {
      for (const entry of entries) bury(entry, answer.reason, buried)
      return []
    }
    const found: TraceEvent[] = []
    for (const entry of entries) {
      const one = await capture([entry], entry.offset, buried)
      if (one === undefined) return undefined
      found.push(...one)
    }
    return found
  }

  /** False when stopped before the store took them. */
  async function append(entries: readonly LogEntry[], upTo: number, buried: Set<LogEntry>): Promise<boolean> {
    const readings = entries.flatMap((entry) => readingsIn(entry))
    if (readings.length === 0) return true
    const answer = await persistOrRefuse('telemetry', () => options.telemetry.append(readings, { log: log.name, upTo }))
    if (answer.type !== 'refused') return answer.type === 'done'
    if (entries.length === 1) for (const entry of entries) bury(entry, answer.reason, buried)
    else for (const entry of entries) if (!(await append([entry], entry.offset, buried))) return false
    return true
  }

  async function applyState({ intake, receivedAtMs }: LogEntry): Promise<'done' | 'stopped'> {
    if (!intake.ok) return 'done'
    const { point, device, work } = intake
    if (work.type !== 'state') {
      options.devices.seen(point, device, receivedAtMs)
      return 'done'
    }
    const applied = await persist('devices', async () => {
      await options.devices.apply({ point, device, state: work.state, receivedAtMs })
      return 'done' as const
    })
    return applied ?? 'stopped'
  }

  function bury(entry: LogEntry, reason: Reason, buried: Set<LogEntry>): void {
    if (buried.has(entry)) return
    buried.add(entry)
    log.bury(entry, reason)
    options.events.buried(reason)
  }

  /** Asks until it works, or until stopped: then undefined. */
  async function persist<Result>(target: Target, work: () => Promise<Result>): Promise<Result | undefined> {
    for (;;) {
      const answer = await persistOrRefuse(target, work)
      if (answer.type === 'done') return answer.result
      if (answer.type === 'stopped') return undefined
      await pause(limits.retryMaxMs)
    }
  }

  /** Asks until it works, or until the store says that it will never take it. */
  async function persistOrRefuse<Result>(target: Target, work: () => Promise<Result>): Promise<Answer<Result>> {
    let waitMs = limits.retryFirstMs
    for (let attempts = 1; !stopping.signal.aborted; attempts += 1) {
      try {
        const result = await work()
        trouble = undefined
        return { type: 'done', result, attempts }
      } catch (error) {
        trouble = `${target}: ${error instanceof Error ? error.message : String(error)}`
        options.events.storeFailed(target, error)
        if (error instanceof CodedError && error.status < 500)
          return { type: 'refused', reason: { code: error.code, pointer: '', message: error.message } }
      }
      await pause(waitMs)
      waitMs = Math.min(waitMs * 2, limits.retryMaxMs)
    }
    return { type: 'stopped' }
  }

  async function pause(waitMs: number): Promise<void> {
    await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => {})
  }

  const running = run()
    .catch((error: unknown) => options.events.failed('writer', error))
    .finally(() => void (stopped = true))
  return {
    trouble: () => (stopped && !stopping.signal.aborted ? 'the writer has ended' : trouble),
    async stop() {
      stopping.abort()
      log.wake()
      // A store that never answers must not keep the process; what it did not take is in the log.
      await Promise.race([running, sleep(stopWaitMs, undefined, { ref: false })])
    },
    async drain(timeoutMs) {
      const end = Date.now() + timeoutMs
      while (Date.now() < end && !isIdle()) await sleep(10)
    }
  }
}

function eventsOf({ intake }: LogEntry): readonly TraceEvent[] {
  return intake.ok && intake.work.type === 'events' ? intake.work.events : []
}

function readingsIn({ intake }: LogEntry): readonly Reading[] {
  return intake.ok && intake.work.type === 'readings' ? intake.work.readings : []
}

function newOf(events: readonly TraceEvent[], outcomes: readonly CaptureOutcome[]): TraceEvent[] {
  return events.filter((_, index) => outcomes[index]?.outcome === 'stored')
}
