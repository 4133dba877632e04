/**
 * Keeps what the detectors saw: one journal an anomaly, its head is the anomaly as it stands. The same anomaly seen again
 * (restart, backfill) changes nothing. What people did about it stays whatever the detectors say. Only what is kept is told on.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { compileValidator } from '@tracegate/model/codec'
import { Anomaly } from '@tracegate/model/anomaly'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import type { CollectorEvents } from './events.ts'
import type { CollectorLimits } from './limits.ts'

export interface AnomalyKeeper {
  record(anomalies: readonly Anomaly[], receivedAtMs: number): void
  /** Tries again what could not be kept, and keeps changes that are due. */
  tick(nowMs: number): void
  /** Resolves when nothing waits, or at the time limit. */
  drain(timeoutMs: number): Promise<void>
}

export interface AnomalyKeeperOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly limits: CollectorLimits
  readonly events: CollectorEvents
  readonly nowMs: () => number
}

interface Waiting {
  readonly anomaly: Anomaly
  readonly receivedAtMs: number
}

interface Known {
  readonly anomaly: Anomaly
  readonly length: number
  readonly keptAtMs: number
}

const anomalyValidator = compileValidator(Anomaly)
const knownMax = 10_000
const attemptsMax = 8
/** A long excursion changes with every reading; its journal shall not. */
const changeEveryMinMs = 2_000
const changeEveryMaxMs = 60_000

export function createAnomalyKeeper(options: AnomalyKeeperOptions): AnomalyKeeper {
  const { cases, bus, limits, events } = options
  const waiting = new Map<string, Waiting>()
  const known = new Map<string, Known>()
  let running = false

  async function headOf(id: string): Promise<Known | undefined> {
    const cached = known.get(id)
    if (cached !== undefined) return cached
    const head = await cases.head('anomaly', id)
    const checked = head === undefined ? undefined : anomalyValidator.check(head.state)
    return head === undefined || checked?.ok !== true
      ? undefined
      : { anomaly: checked.value, length: head.length, keptAtMs: head.updatedAtMs }
  }

  function remember(id: string, value: Known): void {
    known.delete(id)
    known.set(id, value)
    for (const key of known.keys()) {
      if (known.size <= knownMax) break
      known.delete(key)
    }
  }

  /** False when it is not yet time. */
  async function keep(id: string, { anomaly: seen, receivedAtMs }: Waiting): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const before = await headOf(id)
      const action = actionFor(before?.anomaly, seen)
      if (action === 'none') return true
      if (action === 'changed' && before !== undefined && options.nowMs() - before.keptAtMs < changeEvery(seen)) return false
      // What others wrote since is found by the length of the journal, so this is what people did last.
      const anomaly = withHandling(seen, before?.anomaly)
      try {
        const atMs = options.nowMs()
        const head = await cases.append({
          kind: 'anomaly',
          id,
          expectedLength: before?.length ?? 0,
          step: { atMs, by: 'detect', action, why: anomaly.rule.id, data: anomaly },
          head: { open: anomaly.status === 'open', ...(anomaly.point === undefined ? {} : { point: anomaly.point }), state: anomaly }
        })
        remember(id, { anomaly, length: head.length, keptAtMs: atMs })
        events.anomalyKept(action)
        bus.publish('anomaly', { anomaly, receivedAtMs })
        return true
      } catch (error) {
        known.delete(id)
        if (!isStoreError(error, 'STORE_CONFLICT') || attempt >= attemptsMax) throw error
      }
    }
  }

  async function keepAll(): Promise<void> {
    running = true
    for (const [id, one] of waiting) {
      try {
        const done = await keep(id, one)
        // A newer state of it may have come meanwhile.
        if (done && waiting.get(id) === one) waiting.delete(id)
      } catch (error) {
        events.storeFailed('cases', error)
        break
      }
    }
    running = false
  }

  function start(): void {
    if (!running) keepAll().catch((error: unknown) => events.failed('keep anomalies', error))
  }

  return {
    record(anomalies, receivedAtMs) {
      for (const anomaly of anomalies) {
        waiting.delete(anomaly.id)
        waiting.set(anomaly.id, { anomaly, receivedAtMs })
      }
      for (const id of waiting.keys()) {
        if (waiting.size <= limits.anomaliesWaitingMax) break
        waiting.delete(id)
        events.anomalyLost(id)
      }
      if (anomalies.length > 0) start()
    },
    tick() {
      if (waiting.size > 0) start()
    },
    async drain(timeoutMs) {
      const end = Date.now() + timeoutMs
      while (Date.now() < end) {
        const due = [...waiting.values()].some(({ anomaly }) => isDue(known.get(anomaly.id), anomaly))
        if (!due && !running) return
        start()
        await sleep(5)
      }
    }
  }
}

function isDue(before: Known | undefined, anomaly: Anomaly): boolean {
  return actionFor(before?.anomaly, anomaly) !== 'changed'
}

function changeEvery(anomaly: Anomaly): number {
  return Math.min(Math.max((anomaly.lastMs - anomaly.openedMs) / 60, changeEveryMinMs), changeEveryMaxMs)
}

/** What people did, on what the detector saw. One that came back after it was acknowledged wants to be seen again (ISA-18.2 §5.2). */
function withHandling(seen: Anomaly, before: Anomaly | undefined): Anomaly {
  const { handling } = before ?? {}
  if (handling === undefined) return seen
  const cameBack = (seen.returns ?? 0) > (before?.returns ?? 0)
  const { acknowledged: _acknowledged, ...rest } = handling
  return { ...seen, handling: cameBack ? rest : handling }
}

type AnomalyAction = 'opened' | 'changed' | 'closed' | 'none'

/** What a state of an anomaly adds to the one that is kept. An older state, or the same one, adds nothing. */
function actionFor(before: Anomaly | undefined, after: Anomaly): AnomalyAction {
  if (before === undefined) return after.status === 'open' ? 'opened' : 'closed'
  const cameBack = (after.returns ?? 0) > (before.returns ?? 0)
  if (before.status === 'closed' && !cameBack) return 'none'
  if (after.status === 'closed') return 'closed'
  // It opens again, or more sensors show it: neither may wait.
  if (cameBack || (after.series?.length ?? 0) > (before.series?.length ?? 0)) return 'opened'
  return after.lastMs > before.lastMs ? 'changed' : 'none'
}
