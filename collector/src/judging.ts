/**
 * What happens after storing: tells the process, has everything judged, also what the api captured by itself, and keeps the
 * engine's state for the next start. It stores no readings and no events.
 */
import type { DetectionEngine } from '@tracegate/detect/engine'
import type { Bus } from '@tracegate/service/bus'
import type { Logger } from '@tracegate/service/log'
import type { CaseStore } from '@tracegate/store/case-store'
import type { AnomalyKeeper } from './anomalies.ts'
import type { Detection } from './detection.ts'
import type { DeviceRegister } from './devices.ts'
import type { CollectorEvents } from './events.ts'
import { snapshotSetting } from './registers.ts'
import type { StoredBatch } from './writer.ts'

export interface JudgingOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly engine: DetectionEngine
  readonly logger: Logger
  readonly detection: Detection
  readonly keeper: AnomalyKeeper
  readonly devices: DeviceRegister
  readonly events: CollectorEvents
  readonly nowMs: () => number
}

export interface Judging extends AsyncDisposable {
  /** Resolves when the batch waits to be judged; `onDone` is called when it was. */
  stored(batch: StoredBatch, onDone: () => void): Promise<void>
}

const tickMs = 1_000
const snapshotEveryMs = 30_000
const seenEveryMs = 5_000

export async function startJudging(options: JudgingOptions): Promise<Judging> {
  const { bus, cases, detection, engine, events, nowMs } = options
  const own = new WeakSet<object>()
  let changed = false
  await restore(options)

  const unsubscribe = bus.subscribe('events', (message) => {
    if (own.has(message)) return
    changed = true
    const { receivedAtMs } = message
    detection
      .offer({ readings: [], events: message.events, receivedAtMs, urgent: true, onDone: () => {} })
      .catch((error: unknown) => events.detectionFailed('offer', error))
  })

  async function saveSnapshot(): Promise<void> {
    if (!changed) return
    changed = false
    try {
      await cases.put('settings', snapshotSetting, engine.snapshot())
    } catch (error) {
      changed = true
      events.detectionFailed('snapshot', error)
    }
  }

  const timers = [
    setInterval(() => {
      detection.tick(nowMs())
      options.keeper.tick(nowMs())
    }, tickMs),
    setInterval(() => void saveSnapshot(), snapshotEveryMs),
    setInterval(() => void options.devices.flush().catch((error: unknown) => events.storeFailed('devices', error)), seenEveryMs)
  ]

  return {
    async stored(batch, onDone) {
      const { readings, receivedAtMs } = batch
      if (readings.length > 0) bus.publish('readings', { readings, receivedAtMs })
      if (batch.events.length > 0) {
        const message = { events: batch.events, receivedAtMs }
        own.add(message)
        bus.publish('events', message)
      }
      if (readings.length === 0 && batch.events.length === 0) return onDone()
      changed = true
      // Alarms are judged before the backlog of telemetry that waits to be.
      const urgent = batch.lane !== 'telemetry'
      await detection.offer({ readings, events: batch.events, origin: 'device', receivedAtMs, urgent, onDone })
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer)
      unsubscribe()
      await options.devices.flush().catch((error: unknown) => events.storeFailed('devices', error))
      await saveSnapshot()
    }
  }
}

async function restore({ cases, engine, logger, events }: JudgingOptions): Promise<void> {
  const row = await cases.get('settings', snapshotSetting)
  if (row === undefined) return
  try {
    const restored = engine.restore(row.document)
    if (restored.ok) logger.info({ detail: restored.message }, 'detection goes on where it was')
    else logger.warn({ detail: restored.message }, 'detection starts anew')
  } catch (error) {
    events.detectionFailed('restore', error)
  }
}
