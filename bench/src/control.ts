/**
 * From an authority's order over HTTP to the scan that is refused for it, and from its withdrawal to the scan that passes: api, broker,
 * collector and a real agent over TCP, in one process. Scans come all the time; the one that changes its answer ends the measurement.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApi } from '@tracegate/api/api'
import { openAccounts } from '@tracegate/api/accounts'
import { startBroker } from '@tracegate/broker/broker'
import { startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { startEdge } from '@tracegate/edge/edge'
import { compileValidator } from '@tracegate/model/codec'
import { itemKey, logisticKey, lotKey } from '@tracegate/model/gs1/key'
import { MeasuresOrdered } from '@tracegate/model/http-measures'
import type { ScanRule } from '@tracegate/model/scan-event'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { draftedWarning } from '@tracegate/model/warning-testing'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { type Bench, type BenchRow, compare, describeMachine } from './bench.ts'

const key = 'bench-key-0123456789abcdef'
const gtin = '09521234543213'
const place = 'https://id.gs1.org/414/9506000134338'
const pallets = 50
const unitsPerPallet = 40
const rule: ScanRule = { readPoint: place, mode: 'observe', bizStep: 'departing', disposition: 'in_transit' }
/** What was promised (issue 6, point 7). */
const aimMs = 1_000
const waitMaxMs = 20_000
const ordered = compileValidator(MeasuresOrdered)

export const bench: Bench = {
  name: 'control',
  about: 'order of an authority to the refused scan at a real agent, and back',
  async run({ scale = 1 }) {
    const rounds = Math.max(4, Math.round(30 * scale))
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-control-'))
    try {
      const times = await measure(folder, rounds)
      const row = (figure: string, values: readonly number[], share: number): BenchRow =>
        compare({ figure, value: quantile(values, share), unit: 'ms' }, { what: 'aim', value: aimMs }, 'less')
      return {
        work: `${rounds} orders and ${rounds} withdrawals for a lot of ${pallets * unitsPerPallet} units on ${pallets} pallets; labels tell their lot, tags do not`,
        machine: describeMachine(),
        rows: [
          row('order to refused label, p50', times.label, 0.5),
          row('order to refused label, p99', times.label, 0.99),
          row('order to refused tag without its lot, p50', times.tag, 0.5),
          row('order to refused tag without its lot, p99', times.tag, 0.99),
          row('withdrawal to passing label, p50', times.release, 0.5),
          row('withdrawal to passing label, p99', times.release, 0.99)
        ]
      }
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

interface Times {
  readonly label: number[]
  readonly tag: number[]
  readonly release: number[]
}

async function measure(dataDir: string, rounds: number): Promise<Times> {
  const cases = createMemoryCaseStore()
  const [trace, telemetry] = [createMemoryTraceStore(), createMemoryTelemetryStore()]
  await seed(cases)
  await trace.capture(goods())
  const [bus, metrics, health, logger] = [createBus(() => undefined), createMetrics(), createHealth(), silentLogger]
  const stores = { cases, trace, telemetry }
  const skeleton = { bus, metrics, health, logger }
  await using collector = await startCollector({ ...stores, ...skeleton, dataDir, engine: createDetectionEngine({}) })
  const identity = { role: 'edge', point: 'p1', device: 'agent' } as const
  const directory = { authenticate: async () => identity }
  await using broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink: collector.sink, logger, metrics })
  collector.setPublisher(broker.publisher)
  const accounts = await openAccounts({ cases })
  await using api = await startApi({
    host: '127.0.0.1',
    port: 0,
    ...stores,
    ...skeleton,
    accounts,
    publisher: broker.publisher,
    bootstrapKey: key
  })
  await using edge = await startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret',
      brokerUrl: `mqtt://127.0.0.1:${broker.port}`,
      dataDir: join(dataDir, 'edge'),
      sources: [],
      devices: [{ id: 'r1', kind: 'opticalReader', name: { zh: '读码器', en: 'Reader' }, metrics: [] }]
    },
    { logger, metrics: createMetrics() }
  )
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${api.url}/api/v1/measures${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(waitMaxMs)
    })
    if (!answer.ok) throw new Error(`Cannot measure: ${path} answered ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  /** Scans until the answer is the wanted one. */
  const scanUntil = async (data: string, wanted: 'refused' | 'passed'): Promise<number> => {
    const startedMs = performance.now()
    for (;;) {
      const before = edge.status().control.refusedScans
      await edge.intake.scan({ symbology: ']d2', data }, { device: 'r1', rule })
      const isRefused = edge.status().control.refusedScans > before
      const tookMs = performance.now() - startedMs
      if (isRefused === (wanted === 'refused')) return tookMs
      if (tookMs > waitMaxMs) throw new Error(`Cannot measure: no scan was ${wanted} within ${waitMaxMs} ms`)
      await sleep(1)
    }
  }
  const times: Times = { label: [], tag: [], release: [] }
  const label = `01${gtin}10L1\u001d21U1-1`
  const tag = `01${gtin}21U2-2`
  for (let round = 0; round < rounds; round += 1) {
    const [kind, data] = round % 2 === 0 ? (['label', label] as const) : (['tag', tag] as const)
    const startedMs = performance.now()
    const answer = ordered.check(await post('', order))
    const id = answer.ok ? answer.value.items[0]?.id : undefined
    if (id === undefined) throw new Error('Cannot measure: no measure was ordered')
    await scanUntil(data, 'refused')
    times[kind].push(performance.now() - startedMs)
    const withdrawnMs = performance.now()
    await post(`/${id}/decisions`, { type: 'withdraw', why: 'next round' })
    await scanUntil(label, 'passed')
    times.release.push(performance.now() - withdrawnMs)
  }
  return times
}

const order = {
  type: 'sealDetain',
  warning: 'W-2026-000001',
  addressees: [{ type: 'point', point: 'p1' }],
  instruction: { zh: '查封', en: 'Seal them' },
  why: 'measured'
}

async function seed(cases: CaseStore): Promise<void> {
  const atMs = Date.now()
  await cases.put('points', 'p1', {
    id: 'p1',
    key: place,
    name: { zh: '闸口', en: 'Gate' },
    kind: 'gate',
    unlocode: 'CNSHG',
    latitude: 31.2,
    longitude: 121.5,
    operator: '9506000134338',
    industries: [],
    places: []
  })
  const warning = draftedWarning({ id: 'W-2026-000001', atMs, scope: { lots: [lotKey(gtin, 'L1')] } })
  const step = { atMs, by: 'bench', action: 'published', why: 'bench', data: {} }
  const state = { ...warning, status: 'published' }
  await cases.append({ kind: 'warning', id: warning.id, expectedLength: 0, step, head: { open: true, state } })
}

/** Units of the lot, packed on their pallets. */
function goods(): TraceEvent[] {
  const atMs = Date.now() - 3_600_000
  return Array.from({ length: pallets }, (_, pallet) => {
    const items = Array.from({ length: unitsPerPallet }, (_unused, unit) => itemKey(gtin, `U${pallet}-${unit}`))
    const base = {
      recordTimeMs: atMs,
      timeZoneOffset: '+08:00',
      bizLocation: place,
      sources: [],
      destinations: [],
      bizTransactions: [],
      json: '{}'
    }
    const made: TraceEvent = {
      ...base,
      eventID: `made-${pallet}`,
      type: 'ObjectEvent',
      action: 'ADD',
      eventTimeMs: atMs,
      bizStep: 'commissioning',
      subjects: items.map((item) => ({ key: item, kind: 'item', role: 'object', lot: lotKey(gtin, 'L1') }))
    }
    const parent = logisticKey(`0061414112345${String(pallet).padStart(5, '0')}`)
    const packed: TraceEvent = {
      ...base,
      eventID: `packed-${pallet}`,
      type: 'AggregationEvent',
      action: 'ADD',
      eventTimeMs: atMs + 1_000,
      bizStep: 'packing',
      subjects: [
        { key: parent, kind: 'logistic', role: 'parent' },
        ...items.map((item) => ({ key: item, kind: 'item' as const, role: 'child' as const }))
      ]
    }
    return [made, packed]
  }).flat()
}
