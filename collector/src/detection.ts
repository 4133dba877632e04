/**
 * Runs the detection engine beside ingest: in order, in small turns, with what it needs to know of the goods' history. A
 * failure of the engine is counted and never stops storing; a slow engine makes storing wait for a while, then goes unjudged.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { DetectionEngine, EventOrigin, TraceHistory } from '@tracegate/detect/engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { CollectorEvents } from './events.ts'
import type { CollectorLimits } from './limits.ts'

interface Judgement {
  readonly readings: readonly Reading[]
  readonly events: readonly TraceEvent[]
  /** Who told the events; a partner where it is not said. */
  readonly origin?: EventOrigin
  readonly receivedAtMs: number
  /** Readings before all that are not; each kind waits for its own room. */
  readonly urgent: boolean
  /** Called when it was judged, or will not be. */
  readonly onDone: () => void
}

export interface Detection {
  /** Resolves when there was room; judging itself comes later. */
  offer(judgement: Judgement): Promise<void>
  /** Time passes; gaps open. */
  tick(nowMs: number): void
  drain(timeoutMs: number): Promise<void>
  /** Items that wait to be judged. */
  waiting(): number
}

export interface DetectionOptions {
  readonly engine: DetectionEngine
  readonly trace: TraceStore
  readonly limits: CollectorLimits
  readonly events: CollectorEvents
  readonly onAnomalies: (anomalies: readonly Anomaly[], receivedAtMs: number) => void
  readonly nowMs: () => number
}

const readingsTogether = 250
/** How long judging may hold the event loop, so that acknowledgements go out between. */
const turnMs = 4
const eventsPerTurn = 50
const historyMax = 200
const roundsMax = 4
/** A balance that takes longer is cut, and a cut one is not judged. */
const balanceMaxMs = 2_000

export function createDetection(options: DetectionOptions): Detection {
  const { engine, limits, events } = options
  const items = { urgent: 0, other: 0 }
  const kindOf = ({ urgent }: Judgement) => (urgent ? 'urgent' : 'other')
  const waiting = () => items.urgent + items.other
  const hasRoomFor = (judgement: Judgement) => {
    const taken = items[kindOf(judgement)]
    return taken === 0 || taken + sizeOf(judgement) <= limits.judgeItemsMax
  }

  function judged(what: string, receivedAtMs: number, work: () => Anomaly[]): void {
    try {
      const anomalies = work()
      if (anomalies.length > 0) options.onAnomalies(anomalies, receivedAtMs)
    } catch (error) {
      events.detectionFailed(what, error)
    }
  }

  async function judgeReadings({ readings, receivedAtMs }: Judgement): Promise<void> {
    let turnStartedMs = performance.now()
    for (let at = 0; at < readings.length; at += readingsTogether) {
      judged('readings', receivedAtMs, () => engine.onReadings(readings.slice(at, at + readingsTogether), options.nowMs()))
      if (performance.now() - turnStartedMs < turnMs) continue
      await nextTurn()
      turnStartedMs = performance.now()
    }
  }

  async function judgeEvents({ events: found, receivedAtMs, origin = 'partner' }: Judgement): Promise<void> {
    for (let at = 0; at < found.length; at += eventsPerTurn) {
      const some = found.slice(at, at + eventsPerTurn)
      try {
        const history = await historyFor(options, some)
        judged('events', receivedAtMs, () => engine.onEvents(some, history, options.nowMs(), { origin }))
      } catch (error) {
        events.detectionFailed('history', error)
      }
      await nextTurn()
    }
  }

  let balancing = false
  /** One round of balances at a time; a lot that got no answer is due again later. */
  async function judgeBalances(nowMs: number): Promise<void> {
    if (balancing) return
    const lots = engine.balancesDue(nowMs)
    if (lots.length === 0) return
    balancing = true
    try {
      for (const of of lots) {
        const answer = await options.trace.ask('balance', { of, timeMaxMs: balanceMaxMs })
        judged('balances', nowMs, () => engine.onBalances([answer], options.nowMs()))
      }
    } catch (error) {
      events.detectionFailed('balances', error)
    } finally {
      balancing = false
    }
  }

  // Readings never wait for the look-ups that events need: a chamber going wrong must show at once.
  const onError = (error: unknown) => events.detectionFailed('run', error)
  const readingLane = createLane(judgeReadings, onError)
  const eventLane = createLane(judgeEvents, onError)

  return {
    waiting,
    async offer(judgement) {
      const end = options.nowMs() + limits.judgeWaitMs
      while (!hasRoomFor(judgement)) {
        if (options.nowMs() > end) {
          events.unjudged(sizeOf(judgement))
          return judgement.onDone()
        }
        await sleep(5)
      }
      items[kindOf(judgement)] += sizeOf(judgement)
      let lanes = 2
      const laneDone = () => {
        lanes -= 1
        if (lanes > 0) return
        items[kindOf(judgement)] -= sizeOf(judgement)
        judgement.onDone()
      }
      readingLane.add(judgement, laneDone)
      eventLane.add(judgement, laneDone)
    },
    tick(nowMs) {
      judged('tick', nowMs, () => engine.onTick(nowMs))
      judgeBalances(nowMs).catch(onError)
    },
    async drain(timeoutMs) {
      const end = Date.now() + timeoutMs
      while (waiting() > 0 && Date.now() < end) await sleep(5)
    }
  }
}

/** What earlier events said of the goods of these, of their lots and of what they were packed into. */
async function historyFor({ engine, trace }: DetectionOptions, found: readonly TraceEvent[]): Promise<TraceHistory> {
  const known = new Map<string, readonly TraceFact[]>()
  const history: TraceHistory = { of: (key) => known.get(key) ?? [] }
  for (let round = 0; round < roundsMax; round += 1) {
    const unknown = engine.keysToKnow(found, history).filter((key) => !known.has(key))
    if (unknown.length === 0) break
    for (const [key, facts] of await trace.histories({ keys: unknown, newest: historyMax })) known.set(key, facts)
    for (const key of unknown) if (!known.has(key)) known.set(key, [])
  }
  return history
}

interface Lane {
  add(judgement: Judgement, onDone: () => void): void
}

/** Works judgements off in the order they came, the urgent ones first. */
function createLane(work: (judgement: Judgement) => Promise<void>, onError: (error: unknown) => void): Lane {
  type Queued = { readonly judgement: Judgement; readonly onDone: () => void }
  const urgent: Queued[] = []
  const others: Queued[] = []
  let running = false
  async function run(): Promise<void> {
    running = true
    await nextTurn()
    for (let next = urgent.shift() ?? others.shift(); next !== undefined; next = urgent.shift() ?? others.shift()) {
      await work(next.judgement).catch(onError)
      next.onDone()
    }
    running = false
  }
  return {
    add(judgement, onDone) {
      const queue = judgement.urgent ? urgent : others
      queue.push({ judgement, onDone })
      if (!running) run().catch(onError)
    }
  }
}

function sizeOf(judgement: Judgement): number {
  return judgement.readings.length + judgement.events.length + 1
}
