/** Parts that the collector's tests share: messages, a recording engine, stores that fail on demand. Not for production use. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DetectionEngine } from '@tracegate/detect/engine'
import { encodeMessage } from '@tracegate/model/codec'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { createBus, type Bus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import type { IncomingMessage } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { storeError } from '@tracegate/store/errors'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { startCollector, type Collector, type CollectorOptions } from './collector.ts'

interface RecordingEngine extends DetectionEngine {
  readonly readings: Reading[]
  readonly events: TraceEvent[]
  /** What the next calls give back, one entry a call. */
  readonly answers: Anomaly[][]
  fail: boolean
  restored: unknown
  history: number
}

function createRecordingEngine(): RecordingEngine {
  const engine: RecordingEngine = {
    readings: [],
    events: [],
    answers: [],
    fail: false,
    restored: undefined,
    history: 0,
    configure() {},
    onReadings(readings) {
      if (engine.fail) throw new Error('engine broken')
      engine.readings.push(...readings)
      return engine.answers.shift() ?? []
    },
    onEvents(events, history) {
      engine.events.push(...events)
      for (const event of events) for (const { key } of event.subjects) engine.history += history.of(key).length
      return engine.answers.shift() ?? []
    },
    onTick: () => [],
    keysToKnow: (events) => events.flatMap((event) => event.subjects.map(({ key }) => key)),
    balancesDue: () => [],
    onBalances: () => [],
    snapshot: () => ({ readings: engine.readings.length }),
    restore(snapshot) {
      engine.restored = snapshot
      return { ok: true, message: 'restored' }
    }
  }
  return engine
}

export interface Bench extends AsyncDisposable {
  readonly dataDir: string
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
  readonly engine: RecordingEngine
  readonly bus: Bus
  start(options?: Partial<CollectorOptions>): Promise<Collector>
}

export async function createBench(): Promise<Bench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-collector-'))
  const telemetry = createMemoryTelemetryStore()
  const trace = createMemoryTraceStore()
  const cases = createMemoryCaseStore()
  const engine = createRecordingEngine()
  const bus = createBus(() => {})
  return {
    dataDir,
    telemetry,
    trace,
    cases,
    engine,
    bus,
    start: (options = {}) =>
      startCollector({
        dataDir,
        telemetry,
        trace,
        cases,
        bus,
        engine,
        logger: silentLogger,
        metrics: createMetrics(),
        health: createHealth(),
        ...options
      }),
    async [Symbol.asyncDispose]() {
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

export interface TelemetryFields {
  readonly seq: number
  readonly boot?: string
  readonly device?: string
  readonly value?: number
  readonly timeMs?: number
}

export const startMs = Date.UTC(2026, 10, 23)

export function telemetryMessage({
  seq,
  boot = 'b1',
  device = 'probe-1',
  value = seq,
  timeMs = startMs + seq * 1_000
}: TelemetryFields): IncomingMessage {
  const readings = [{ metric: 'temperature', value, unit: 'Cel', quality: 1 }]
  return messageOf(`tg/v1/port-1/${device}/telemetry`, { v: 1, boot, seq, timeMs, timeQuality: 'synchronized', readings })
}

export function messageOf(topic: string, payload: object | Uint8Array): IncomingMessage {
  return {
    topic,
    payload: payload instanceof Uint8Array ? payload : encodeMessage(payload),
    retain: false,
    receivedAtMs: Date.now(),
    clientId: 'test'
  }
}

export function objectEvent(serial: number, fields: object = {}): object {
  return {
    '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
    type: 'ObjectEvent',
    eventTime: new Date(startMs + serial * 1_000).toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: [`urn:epc:id:sgtin:9506000.134352.${serial}`],
    action: 'OBSERVE',
    bizStep: 'inspecting',
    readPoint: { id: 'urn:epc:id:sgln:9506000.13433.0' },
    ...fields
  }
}

export function birth(device: string, boot: string): IncomingMessage {
  return messageOf(`tg/v1/port-1/${device}/state`, {
    v: 1,
    online: true,
    boot,
    timeMs: startMs,
    timeQuality: 'synchronized',
    identity: { manufacturer: 'Acme', model: 'P1', serialNumber: '1', firmware: '1.0' },
    capabilities: ['telemetry'],
    metrics: [{ metric: 'temperature', unit: 'Cel' }]
  })
}

export interface FaultyStore extends TelemetryStore {
  /** ok: passes; fail: rejects and stores nothing; stall: answers when it is ok again; lie: stores, then rejects. */
  mode: 'ok' | 'fail' | 'stall' | 'lie'
}

export function createFaultyStore(store: TelemetryStore): FaultyStore {
  const faulty: FaultyStore = {
    ...store,
    mode: 'ok',
    async append(readings, source) {
      while (faulty.mode === 'stall') await sleep(5)
      if (faulty.mode === 'fail') throw storeError('STORE_IO', { action: 'append', path: 'test', detail: 'fault' })
      await store.append(readings, source)
      if (faulty.mode === 'lie') throw storeError('STORE_IO', { action: 'append', path: 'test', detail: 'answer lost' })
    }
  }
  return faulty
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`condition not met within ${timeoutMs} ms`)
    await sleep(5)
  }
}

export async function storedCount(telemetry: TelemetryStore): Promise<number> {
  const series = await telemetry.series('')
  return series.reduce((sum, { count }) => sum + count, 0)
}
