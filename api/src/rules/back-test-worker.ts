/**
 * The thread of one back-test: two fresh engines, one as detection is set and one as it would be, are told the same history. Its clock is
 * that of the history; it reads no store and ends with what both raised.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { DetectionEngine, TraceHistory } from '@tracegate/detect/engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import { checkEvent } from '@tracegate/model/epcis/event'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { qualityFlags } from '@tracegate/model/quality'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import type { FromTest, SliceColumns, TestStart, ToTest } from './back-test-messages.ts'

/** Anomalies kept of each engine; further ones are only said to be there. */
const anomaliesMax = 20_000
const readingsTogether = 250
const tickEveryMs = 10_000
/** Rounds in which goods lead to their lots and containers, as in the collector. */
const roundsMax = 4

interface Side {
  readonly engine: DetectionEngine
  readonly raised: Map<string, Anomaly>
}

const start: TestStart = workerData
const port = parentPort
if (port === null) throw new TypeError('Cannot back-test: this is no worker thread')
const tell = (message: FromTest): void => port.postMessage(message)
const sides: readonly Side[] = [start.before, start.after].map((registers) => {
  const engine = createDetectionEngine()
  engine.configure(registers)
  return { engine, raised: new Map() }
})
let isCut = false
let tickedMs = 0
/** Events that wait for what is to be known of them. */
let pending: { readonly events: readonly TraceEvent[]; readonly known: Map<string, readonly TraceFact[]>; round: number } | undefined

function keep(side: Side, found: readonly Anomaly[]): void {
  for (const anomaly of found) {
    if (side.raised.size >= anomaliesMax && !side.raised.has(anomaly.id)) isCut = true
    else side.raised.set(anomaly.id, anomaly)
  }
}

function judgeReadings(columns: SliceColumns, untilMs: number): void {
  const order = Uint32Array.from(columns.timeMs, (_time, index) => index).toSorted(
    (left, right) => (columns.timeMs[left] ?? 0) - (columns.timeMs[right] ?? 0)
  )
  for (let at = 0; at < order.length; at += readingsTogether) {
    const readings = [...order.subarray(at, at + readingsTogether)].flatMap((index) => readingAt(columns, index) ?? [])
    const nowMs = readings.at(-1)?.timeMs ?? untilMs
    for (const side of sides) keep(side, side.engine.onReadings(readings, nowMs))
    tick(nowMs)
  }
  tick(untilMs)
}

function readingAt({ series, seriesAt, timeMs, value, quality }: SliceColumns, index: number): Reading | undefined {
  const name = series[seriesAt[index] ?? -1]
  const flag = qualityFlags.find((one) => one === quality[index])
  if (name === undefined || flag === undefined) return undefined
  return { ...name, timeMs: timeMs[index] ?? 0, value: value[index] ?? NaN, quality: flag }
}

function tick(nowMs: number): void {
  if (nowMs - tickedMs < tickEveryMs) return
  tickedMs = nowMs
  for (const side of sides) keep(side, side.engine.onTick(nowMs))
}

function eventOf(json: string): TraceEvent | undefined {
  const parsed: unknown = JSON.parse(json)
  const checked = checkEvent(parsed)
  if (!checked.ok) return undefined
  const recordTimeMs = Date.parse(checked.event.recordTime ?? '')
  return { ...toTraceEvent(checked.event, { recordTimeMs: Number.isNaN(recordTimeMs) ? 0 : recordTimeMs }), json }
}

/** Asks for what the events need, and judges them one by one when all is known: each hears only what was recorded before it. */
function goOn(): void {
  if (pending === undefined) return
  const { events, known } = pending
  const history: TraceHistory = { of: (key) => known.get(key) ?? [] }
  if (pending.round < roundsMax) {
    pending.round += 1
    const wanted = new Set(sides.flatMap((side) => side.engine.keysToKnow(events, history)))
    const unknown = [...wanted].filter((key) => !known.has(key))
    if (unknown.length > 0) return tell({ type: 'ask', keys: unknown })
  }
  for (const event of events) {
    const then: TraceHistory = { of: (key) => (known.get(key) ?? []).filter((fact) => fact.recordTimeMs <= event.recordTimeMs) }
    for (const side of sides) keep(side, side.engine.onEvents([event], then, event.recordTimeMs))
    tick(event.recordTimeMs)
  }
  pending = undefined
  tell({ type: 'next' })
}

port.on('message', (message: ToTest) => {
  switch (message.type) {
    case 'readings':
      judgeReadings(message.columns, message.untilMs)
      return tell({ type: 'next' })
    case 'events':
      pending = { events: message.json.flatMap((json) => eventOf(json) ?? []), known: new Map(), round: 0 }
      return goOn()
    case 'histories':
      for (const [key, facts] of message.facts) pending?.known.set(key, facts)
      return goOn()
    case 'end': {
      const [before, after] = sides
      tell({ type: 'result', before: [...(before?.raised.values() ?? [])], after: [...(after?.raised.values() ?? [])], isCut })
      return port.close()
    }
    default:
      return message satisfies never
  }
})
