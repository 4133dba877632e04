/**
 * Runs the detection engine beside ingest: in order, in small turns, with what it needs to know of the goods' history. A
 * failure of the engine is counted and never stops storing; a slow engine makes storing wait for a while, then goes unjudged.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { DetectionEngine, TraceHistory } from '@tracegate/detect/engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { CollectorEvents } from './events.ts'
import type { CollectorLimits } from './limits.ts'

interface Judgement {
  readonly readings: readonly Reading[]
  readonly events: readonly TraceEvent[]
  readonly receivedAtMs: number
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
const lookupsTogether = 32
const historyMax = 200
const roundsMax = 3

export function createDetection(options: DetectionOptions): Detection {
  const { engine, limits, events } = options
  const queue: Judgement[] = []
  let items = 0
  let running = false
  const isRunning = () => running
  const hasRoomFor = (judgement: Judgement) => items === 0 || items + sizeOf(judgement) <= limits.judgeItemsMax

  function judged(what: string, receivedAtMs: number, work: () => Anomaly[]): void {
    try {
      const anomalies = work()
      if (anomalies.length > 0) options.onAnomalies(anomalies, receivedAtMs)
    } catch (error) {
      events.detectionFailed(what, error)
    }
  }

  async function run(): Promise<void> {
    running = true
    await nextTurn()
    let turnStartedMs = performance.now()
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const { readings, receivedAtMs } = next
      for (let at = 0; at < readings.length; at += readingsTogether) {
        judged('readings', receivedAtMs, () => engine.onReadings(readings.slice(at, at + readingsTogether), options.nowMs()))
        if (performance.now() - turnStartedMs < turnMs) continue
        await nextTurn()
        turnStartedMs = performance.now()
      }
      for (let at = 0; at < next.events.length; at += eventsPerTurn) {
        await judgeEvents(next.events.slice(at, at + eventsPerTurn), receivedAtMs)
        await nextTurn()
        turnStartedMs = performance.now()
      }
      queue.shift()
      items -= sizeOf(next)
      next.onDone()
    }
    running = false
  }

  async function judgeEvents(found: readonly TraceEvent[], receivedAtMs: number): Promise<void> {
    try {
      const history = await historyFor(found)
      judged('events', receivedAtMs, () => engine.onEvents(found, history, options.nowMs()))
    } catch (error) {
      events.detectionFailed('history', error)
    }
  }

  async function historyFor(found: readonly TraceEvent[]): Promise<TraceHistory> {
    const known = new Map<string, readonly TraceEvent[]>()
    const history: TraceHistory = { of: (key) => known.get(key) ?? [] }
    for (let round = 0; round < roundsMax; round += 1) {
      const unknown = engine.keysToKnow(found, history).filter((key) => !known.has(key))
      if (unknown.length === 0) break
      for (let at = 0; at < unknown.length; at += lookupsTogether) {
        await Promise.all(
          unknown.slice(at, at + lookupsTogether).map(async (key) => {
            known.set(key, (await options.trace.ledger({ key })).slice(-historyMax))
          })
        )
      }
    }
    return history
  }

  return {
    waiting: () => items,
    async offer(judgement) {
      const end = options.nowMs() + limits.judgeWaitMs
      while (!hasRoomFor(judgement)) {
        if (options.nowMs() > end) {
          events.unjudged(sizeOf(judgement))
          return judgement.onDone()
        }
        await sleep(5)
      }
      queue.push(judgement)
      items += sizeOf(judgement)
      if (!running) run().catch((error: unknown) => events.detectionFailed('run', error))
    },
    tick: (nowMs) => judged('tick', nowMs, () => engine.onTick(nowMs)),
    async drain(timeoutMs) {
      const end = Date.now() + timeoutMs
      while (isRunning() && Date.now() < end) await sleep(5)
    }
  }
}

function sizeOf(judgement: Judgement): number {
  return judgement.readings.length + judgement.events.length + 1
}
