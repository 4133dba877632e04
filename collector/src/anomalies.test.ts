/** Anomalies through the collector: what people did stays, nothing is raised twice, and new settings of rules hold at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { ProductProfile } from '@tracegate/model/registers'
import { createAnomalyKeeper } from './anomalies.ts'
import { createCollectorEvents } from './events.ts'
import { defaultCollectorLimits } from './limits.ts'
import { createBus } from '@tracegate/service/bus'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createBench, startMs, telemetryMessage, type Bench } from './testing.ts'

const anomalies = compileValidator(Anomaly)
const place = 'https://id.gs1.org/414/9506000134338/254/CH1'
const profile: ProductProfile = {
  id: 'cold',
  version: 1,
  name: { zh: '冷藏', en: 'Cold' },
  quantity: 'temperature',
  unit: 'Cel',
  high: 8,
  deadBand: 0.5,
  onDelayMs: 10_000,
  offDelayMs: 10_000,
  meanKineticWindowMs: 86_400_000,
  recordingIntervalMaxMs: 3_600_000,
  source: 'test'
}

async function fill({ cases }: Bench): Promise<void> {
  await cases.put('profiles', profile.id, profile)
  await cases.put('points', 'port-1', {
    id: 'port-1',
    key: 'https://id.gs1.org/414/9506000134338',
    name: { zh: '口岸', en: 'Port' },
    kind: 'bondedStore',
    unlocode: 'CNSHG',
    latitude: 31,
    longitude: 121,
    operator: '9506000134338',
    industries: [],
    places: [place]
  })
  await cases.put('places', 'ch1', {
    key: place,
    point: 'port-1',
    name: { zh: '库', en: 'Chamber' },
    kind: 'chamber',
    profile: profile.id,
    watches: [{ device: 'probe-1', metric: 'temperature', quantity: 'temperature', unit: 'Cel' }]
  })
}

const limitsOf = async ({ cases }: Bench) =>
  (await cases.heads({ kind: 'anomaly', limit: 100 })).heads
    .map((head) => {
      const read = anomalies.check(head.state)
      assert.ok(read.ok)
      return read.value
    })
    .filter(({ category }) => category === 'product')

/** Cold, forty seconds too warm, cold again. */
const values = [...Array<number>(10).fill(4), ...Array<number>(40).fill(9.2), ...Array<number>(40).fill(4)].map(
  (value, index) => value + (index % 3) / 10
)

test('the same readings again, by backfill, from another boot and to an engine that lost its state, raise nothing twice', async () => {
  await using bench = await createBench()
  await fill(bench)
  for (const boot of ['live', 'backfill', 'again']) {
    await bench.cases.remove('settings', 'detection-snapshot')
    await using collector = await bench.start({ engine: createDetectionEngine() })
    for (const [seq, value] of values.entries()) await collector.sink.commit(telemetryMessage({ seq, boot, value }))
    await collector.drain(5_000)
    const found = await limitsOf(bench)
    assert.equal(found.length, 1, boot)
    assert.equal(found[0]?.status, 'closed')
  }
})

test('what people did about an anomaly survives what the detector says next, and one that comes back is to be acknowledged again', async () => {
  const cases = createMemoryCaseStore()
  const bus = createBus(() => {})
  let nowMs = startMs
  const events = createCollectorEvents({ logger: silentLogger, metrics: createMetrics() })
  const keeper = createAnomalyKeeper({ cases, bus, limits: defaultCollectorLimits, events, nowMs: () => nowMs })
  const seen: Anomaly = {
    id: 'limit-1',
    type: 'limit',
    category: 'product',
    rule: { id: 'profile:cold', version: 1 },
    status: 'open',
    goods: [],
    onsetMs: startMs,
    openedMs: startMs,
    lastMs: startMs,
    detectedAtMs: startMs,
    historical: false,
    figures: {},
    witnesses: [],
    proof: { zh: '超限', en: 'Above its limit' }
  }
  const keep = async (anomaly: Anomaly) => {
    nowMs += 120_000
    keeper.record([anomaly], nowMs)
    await keeper.drain(2_000)
    const head = await cases.head('anomaly', anomaly.id)
    const read = anomalies.check(head?.state)
    assert.ok(read.ok)
    return { length: head?.length ?? 0, anomaly: read.value }
  }
  const first = await keep(seen)
  const handling = {
    acknowledged: { atMs: nowMs, by: 'Li', why: 'door' },
    shelved: { atMs: nowMs, untilMs: nowMs + 3_600_000, by: 'Li', why: 'repair' }
  }
  const step = { atMs: nowMs, by: 'Li', action: 'acknowledged', why: 'door', data: handling }
  await cases.append({
    kind: 'anomaly',
    id: seen.id,
    expectedLength: first.length,
    step,
    head: { open: true, state: { ...seen, handling } }
  })
  const changed = await keep({ ...seen, lastMs: startMs + 60_000, figures: { peak: 9 } })
  assert.deepEqual(changed.anomaly.handling, handling)
  assert.equal(changed.anomaly.figures['peak'], 9)
  const returned = await keep({ ...seen, lastMs: startMs + 120_000, returns: 1 })
  assert.deepEqual(returned.anomaly.handling, { shelved: handling.shelved })
  const journal = await cases.journal('anomaly', seen.id)
  assert.deepEqual(
    journal.map(({ action }) => action),
    ['opened', 'acknowledged', 'changed', 'opened']
  )
})

test('a new version of a profile holds at once, whether this process made it or another, and changes no anomaly that is there', async () => {
  await using bench = await createBench()
  await fill(bench)
  await using collector = await bench.start({ engine: createDetectionEngine() })
  for (const [seq, value] of values.entries()) await collector.sink.commit(telemetryMessage({ seq, value }))
  await collector.drain(5_000)
  const [before] = await limitsOf(bench)
  await bench.cases.put('profiles', profile.id, { ...profile, version: 2, high: 20 })
  bench.bus.publish('rules', { ids: ['profile:cold'] })
  await new Promise((resolve) => void setTimeout(resolve, 50))
  const later = startMs + 7_200_000
  for (const [seq, value] of values.entries())
    await collector.sink.commit(telemetryMessage({ seq, boot: 'b2', value, timeMs: later + seq * 1_000 }))
  await collector.drain(5_000)
  assert.deepEqual(await limitsOf(bench), [before])
  assert.equal(before?.rule.version, 1)
})
