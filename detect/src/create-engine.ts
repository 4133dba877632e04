/** Puts the judges of readings and of events together into one engine. Decides nothing itself. */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { DetectionEngine } from './engine.ts'
import { createReadingJudge, type ReadingJudgeOptions } from './readings/reading-judge.ts'
import { createTraceJudge } from './trace/trace-judge.ts'

const snapshotVersion = 2
const Snapshot = compileValidator(Type.Object({ version: Type.Literal(snapshotVersion), readings: Type.Unknown(), trace: Type.Unknown() }))
/** As it was before the judges were apart. */
const SnapshotBefore = compileValidator(Type.Object({ version: Type.Literal(1), trace: Type.Unknown() }))

export type EngineOptions = ReadingJudgeOptions

/** Makes an engine that knows nothing yet; `configure` gives it the registers. */
export function createDetectionEngine(options: EngineOptions = {}): DetectionEngine {
  const readings = createReadingJudge(options)
  const trace = createTraceJudge()
  return {
    configure(registers) {
      readings.configure(registers)
      trace.configure(registers)
    },
    onReadings: (found, nowMs, how) => readings.onReadings(found, nowMs, how),
    onEvents: (events, history, nowMs, how) => trace.onEvents(events, history, nowMs, how),
    onTick: (nowMs) => [...readings.onTick(nowMs), ...trace.onTick(nowMs)],
    keysToKnow: (events, known) => trace.keysToKnow(events, known),
    balancesDue: (nowMs) => trace.balancesDue(nowMs),
    onBalances: (balances, nowMs) => trace.onBalances(balances, nowMs),
    snapshot: () => ({ version: snapshotVersion, readings: readings.snapshot(), trace: trace.snapshot() }),
    restore(snapshot) {
      const parts = partsOf(snapshot)
      const refused = [readings.restore(parts.readings), trace.restore(parts.trace)].filter((reason) => reason !== undefined)
      const message = parts.message ?? refused.join('; ')
      return message === '' ? { ok: true, message: `restored ${readings.seriesCount()} series` } : { ok: false, message }
    }
  }
}

/** An older snapshot is one object; each judge takes its own members of it. */
function partsOf(snapshot: unknown): { readings?: unknown; trace?: unknown; message?: string } {
  const now = Snapshot.check(snapshot)
  if (now.ok) return now.value
  const before = SnapshotBefore.check(snapshot)
  if (before.ok) return { readings: before.value, trace: { open: before.value.trace } }
  return { message: now.reason.message }
}
