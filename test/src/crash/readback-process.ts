/**
 * The judge: reads back what the device took from its buffer, and what the platform has from the stores, compares the content and
 * tells the counts: `node readback-process.ts <device folder> <collector folder> <count file>`. All other parts have ended by then.
 */
import { DatabaseSync } from 'node:sqlite'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { numberOf, textOf } from '@tracegate/store/embedded-sqlite'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { deviceOf, isEvent, keyOf, lanes, metrics, point, valueOf, type LaneName } from './content.ts'
import { readCounted, sumUpTo } from './counting-store.ts'
import { openDeviceBuffer } from './device-buffer.ts'
import type { Counts } from './result.ts'

if (import.meta.main) await main(process.argv.slice(2))

async function main([deviceDir = '', dataDir = '', countFile = '']: readonly string[]): Promise<void> {
  const telemetry = await createEmbeddedTelemetryStore({ dataDir })
  const trace = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  const log = readLog(join(dataDir, 'collector.db'))
  using buffer = openDeviceBuffer(join(deviceDir, 'device.db'))
  const found = await Promise.all(
    lanes.map(async (lane) => judgeLane(lane, { times: buffer.times(lane), waiting: buffer.waiting(lane), telemetry, trace }))
  )
  const sum = (pick: (lane: LaneCounts) => number) => found.reduce((total, lane) => total + pick(lane), 0)
  const events = await trace.counts()
  const sentEvents = sum(({ events }) => events)
  const written = sumUpTo(readCounted(countFile), await telemetry.appendedUpTo(log.name))
  const [native] = found
  const counts: Counts = {
    sent: sum(({ items }) => items),
    acknowledged: sum(({ items, waiting }) => items - waiting),
    readings: sum(({ readings }) => readings),
    events: sentEvents,
    stored: sum(({ storedReadings, storedEvents }) => storedReadings + storedEvents),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ surplus }) => surplus) + Math.max(0, events.events - sentEvents) + Math.max(0, written - (native?.readings ?? 0)),
    deadLetters: log.deadLetters
  }
  await Promise.all([telemetry.close(), trace.close()])
  writeSync(1, `${JSON.stringify({ counts })}\n`)
}

interface LaneCounts {
  readonly items: number
  readonly waiting: number
  readonly readings: number
  readonly events: number
  readonly storedReadings: number
  readonly storedEvents: number
  /** Readings and events that are not there, or say something else. */
  readonly lost: number
  /** Readings and events that nobody sent. */
  readonly surplus: number
}

interface LaneSources {
  readonly times: readonly number[]
  readonly waiting: number
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
}

async function judgeLane(lane: LaneName, { times, waiting, telemetry, trace }: LaneSources): Promise<LaneCounts> {
  let storedReadings = 0
  let surplus = 0
  const wanted = times.flatMap((timeMs, n) => (isEvent(n) ? [] : [{ n, timeMs }]))
  for (const [index, metric] of metrics.entries()) {
    const series = `${point}/${deviceOf(lane)}/${metric}`
    const { timeMs, value } = await telemetry.range({ series, fromMs: 0, toMs: 8e15, limit: 1_000_000 })
    const byTime = new Map(Array.from(timeMs, (at, place) => [at, value[place]]))
    const right = wanted.filter(({ n, timeMs }) => byTime.get(timeMs) === valueOf(n, index)).length
    storedReadings += right
    surplus += timeMs.length - right
  }
  let storedEvents = 0
  for (const [n, timeMs] of times.entries()) {
    if (!isEvent(n)) continue
    const events = await trace.ledger({ key: keyOf(lane, n) })
    if (events.some((event) => event.eventTimeMs === timeMs && event.action === 'OBSERVE' && event.bizStep === 'inspecting'))
      storedEvents += 1
    surplus += Math.max(0, events.length - 1)
  }
  const readings = wanted.length * metrics.length
  const events = times.length - wanted.length
  return {
    items: times.length,
    waiting,
    readings,
    events,
    storedReadings,
    storedEvents,
    lost: readings + events - storedReadings - storedEvents,
    surplus
  }
}

function readLog(path: string): { readonly name: string; readonly deadLetters: number } {
  const database = new DatabaseSync(path, { readOnly: true })
  const name = textOf(database.prepare(`SELECT value FROM meta WHERE name = 'log'`).get(), 'value')
  const deadLetters = numberOf(database.prepare('SELECT count(*) AS count FROM dead_letter').get(), 'count')
  database.close()
  return { name, deadLetters }
}
