/**
 * Tells a history to the real engine over a trace store in memory, the way the collector does: stored first, then judged with what the
 * store knows; the clock goes on between. It knows nothing of what is right.
 */
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { DetectionEngine, TraceHistory } from '@tracegate/detect/engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import { checkEvent } from '@tracegate/model/epcis/event'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import type { TraceStore } from '@tracegate/store/trace-store'
import { simError } from '../errors.ts'
import type { Tale, Told } from './tale.ts'

const roundsMax = 4
const historyMax = 200
/** Often enough to be taken for listening all the time. */
const tickEveryMs = 540_000
const eventsTogether = 50

export interface Judged {
  /** As each anomaly stands at the end. */
  readonly anomalies: ReadonlyMap<string, Anomaly>
  readonly events: number
  /** Keys looked up, and milliseconds spent in judging alone. */
  readonly lookedUp: number
  readonly judgingMs: number
}

export interface Telling {
  readonly event: TraceEvent
  readonly origin: Told['origin']
}

/** Everything told, in the order of its telling. */
export function tellingsOf({ ways, extra }: Pick<Tale, 'ways' | 'extra'>): Telling[] {
  const told = [...ways.flatMap((way) => way.told), ...extra].toSorted((a, b) => a.toldMs - b.toldMs || a.atMs - b.atMs)
  return told.map((one) => ({ event: parse(one), origin: one.origin }))
}

function parse({ json, toldMs }: Told): TraceEvent {
  const checked = checkEvent(json)
  if (!checked.ok) throw simError('SIM_CAPTURE_REFUSED', { url: 'memory', status: 'invalid', detail: JSON.stringify(checked.findings[0]) })
  return toTraceEvent(checked.event, { recordTimeMs: toldMs })
}

export interface JudgeOptions {
  readonly tale: Pick<Tale, 'world' | 'holds' | 'startMs'>
  /** In the order in which they are captured; the clock follows their record times where these go on. */
  readonly tellings: readonly Telling[]
  readonly together?: number
  /** Said after each batch, e.g. to take the engine's state out and put it back. */
  readonly between?: (engine: DetectionEngine) => DetectionEngine
}

export async function judgeTale({ tale, tellings, together = eventsTogether, between }: JudgeOptions): Promise<Judged> {
  const store = createMemoryTraceStore()
  const { points, places, products, profiles } = tale.world
  const configured = (engine: DetectionEngine): DetectionEngine => {
    engine.configure({ points, places, products, profiles, holds: tale.holds })
    return engine
  }
  let engine = configured(createDetectionEngine())
  const anomalies = new Map<string, Anomaly>()
  const keep = (found: readonly Anomaly[]): void => {
    for (const one of found) anomalies.set(one.id, one)
  }
  let [lookedUp, judgingMs] = [0, 0]
  let nowMs = Math.min(...tellings.map(({ event }) => event.recordTimeMs))
  keep(engine.onTick(nowMs))
  for (let from = 0; from < tellings.length;) {
    const batch = batchFrom(tellings, from, together)
    from += batch.length
    const events = batch.map(({ event }) => event)
    for (
      const next = Math.max(nowMs, ...events.map((event) => event.recordTimeMs));
      nowMs < next;
      nowMs = Math.min(next, nowMs + tickEveryMs)
    )
      keep(engine.onTick(nowMs))
    await store.capture(events)
    const { history, keys } = await historyFor(engine, store, events)
    lookedUp += keys
    const startedMs = performance.now()
    const found = engine.onEvents(events, history, nowMs, { origin: batch[0]?.origin ?? 'partner' })
    judgingMs += performance.now() - startedMs
    keep(found)
    await balance(engine, store, nowMs, keep)
    if (between !== undefined) engine = configured(between(engine))
  }
  for (const endMs = Math.max(nowMs, tale.startMs) + 3 * 3_600_000; nowMs < endMs; nowMs += tickEveryMs) {
    keep(engine.onTick(nowMs))
    await balance(engine, store, nowMs, keep)
  }
  await store.close()
  return { anomalies, events: tellings.length, lookedUp, judgingMs }
}

/** Devices and partners come by different doors. */
function batchFrom(tellings: readonly Telling[], from: number, together: number): readonly Telling[] {
  let to = from
  while (to < tellings.length && to - from < together && tellings[to]?.origin === tellings[from]?.origin) to += 1
  return tellings.slice(from, to)
}

async function historyFor(
  engine: DetectionEngine,
  store: TraceStore,
  events: readonly TraceEvent[]
): Promise<{ history: TraceHistory; keys: number }> {
  const known = new Map<string, readonly TraceFact[]>()
  const history: TraceHistory = { of: (key) => known.get(key) ?? [] }
  for (let round = 0; round < roundsMax; round += 1) {
    const unknown = engine.keysToKnow(events, history).filter((key) => !known.has(key))
    if (unknown.length === 0) break
    for (const [key, facts] of await store.histories({ keys: unknown, newest: historyMax })) known.set(key, facts)
    for (const key of unknown) if (!known.has(key)) known.set(key, [])
  }
  return { history, keys: known.size }
}

async function balance(
  engine: DetectionEngine,
  store: TraceStore,
  nowMs: number,
  keep: (found: readonly Anomaly[]) => void
): Promise<void> {
  for (let due = engine.balancesDue(nowMs); due.length > 0; due = engine.balancesDue(nowMs)) {
    const answers = await Promise.all(due.map((of) => store.ask('balance', { of })))
    keep(engine.onBalances(answers, nowMs))
  }
}
