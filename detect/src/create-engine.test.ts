/** The engine on readings and events: what opens, with which times, what closes, and what must not open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Place, Product, ProductProfile } from '@tracegate/model/registers'
import type { Reading } from '@tracegate/model/telemetry'
import { createDetectionEngine } from './create-engine.ts'
import type { DetectionEngine } from './engine.ts'
import { testPoint, testProduct } from './testing.ts'

const placeKey = 'https://id.gs1.org/414/9506000134338/254/C1'
const t0 = Date.UTC(2026, 10, 23, 12)

const profile: ProductProfile = {
  id: 'vaccine',
  version: 3,
  name: { zh: '疫苗', en: 'Vaccine' },
  quantity: 'temperature',
  unit: 'Cel',
  low: 2,
  high: 8,
  deadBand: 0.5,
  onDelayMs: 30_000,
  offDelayMs: 20_000,
  degreeMinutesMax: 60,
  meanKineticWindowMs: 86_400_000,
  recordingIntervalMaxMs: 120_000,
  source: 'test'
}
const place: Place = {
  key: placeKey,
  point: 'store',
  name: { zh: '一号库', en: 'Chamber 1' },
  kind: 'chamber',
  profile: 'vaccine',
  watches: [
    { device: 'plc', metric: 'c1.t1', quantity: 'temperature', unit: 'Cel' },
    { device: 'plc', metric: 'c1.t2', quantity: 'temperature', unit: 'Cel' }
  ]
}
const product: Product = { ...testProduct, profile: 'vaccine' }

function engine(): DetectionEngine {
  const made = createDetectionEngine()
  made.configure({
    places: [place],
    profiles: [profile],
    products: [product],
    points: [
      testPoint('store', 'bondedStore', '9506000134338', 31.2, 121.5),
      testPoint('dock', 'dock', '9506000134352', 31.2, 121.5),
      testPoint('shop', 'shop', '9506000134345', 39.9, 116.4)
    ]
  })
  return made
}

function reading(seconds: number, value: number, metric = 'c1.t1', quality: Reading['quality'] = 1): Reading {
  return { point: 'store', device: 'plc', metric, unit: 'Cel', timeMs: t0 + seconds * 1_000, value, quality }
}

function feed(to: DetectionEngine, readings: readonly Reading[]): Anomaly[] {
  return readings.flatMap((one) => to.onReadings([one], one.timeMs))
}

test('an excursion opens after the on-delay with the onset of the first reading out, and closes after the off-delay', () => {
  const found = feed(engine(), [
    reading(0, 5),
    reading(10, 8.2),
    reading(20, 8.6),
    reading(40, 9.4),
    reading(50, 7.9),
    reading(60, 7.4),
    reading(70, 7.3),
    reading(80, 7.2)
  ])
  const [opened] = found
  const closed = found.at(-1)
  assert.equal(opened?.type, 'excursion')
  assert.equal(opened.place, placeKey)
  assert.equal(opened.onsetMs, t0 + 10_000)
  assert.equal(opened.openedMs, t0 + 40_000)
  assert.equal(opened.rule.version, 3)
  assert.equal(closed?.id, opened.id)
  assert.equal(closed.status, 'closed')
  assert.equal(closed.closedMs, t0 + 80_000)
  assert.equal(closed.figures['peak'], 9.4)
  assert.ok((closed.figures['degreeMinutes'] ?? 0) > 0.3)
})

test('a crossing shorter than the on-delay raises nothing, nor does one within the dead band open twice', () => {
  assert.deepEqual(feed(engine(), [reading(0, 5), reading(10, 8.2), reading(30, 7.9), reading(40, 8.3), reading(60, 7.9)]), [])
  const to = engine()
  const found = feed(to, [reading(0, 9), reading(30, 9), reading(40, 7.8), reading(90, 7.8), reading(100, 8.4), reading(140, 8.4)])
  assert.equal(new Set(found.map((one) => one.id)).size, 1)
  assert.ok(found.every((one) => one.status === 'open'))
})

test('two sensors of one chamber make one anomaly that closes when both are back', () => {
  const to = engine()
  const found = feed(to, [
    ...[0, 30, 40, 60].flatMap((seconds) => [reading(seconds, 9), reading(seconds, 9.5, 'c1.t2')]),
    ...[70, 100].flatMap((seconds) => [reading(seconds, 5), reading(seconds, 9.5, 'c1.t2')])
  ])
  assert.equal(new Set(found.map((one) => one.id)).size, 1)
  assert.equal(found.at(-1)?.status, 'open')
  const rest = feed(to, [reading(110, 5, 'c1.t2'), reading(140, 5, 'c1.t2')])
  assert.equal(rest.at(-1)?.status, 'closed')
})

test('readings that failed or are missing neither open nor close an excursion', () => {
  assert.deepEqual(
    feed(engine(), [reading(0, 50, 'c1.t1', 4), reading(40, 50, 'c1.t1', 4), reading(80, Number.NaN, 'c1.t1', 9)]).filter(
      (one) => one.category === 'product'
    ),
    []
  )
})

test('the same readings given again raise nothing new, and a restored snapshot goes on where it was', () => {
  const readings = [reading(0, 9), reading(30, 9), reading(33, 9)]
  const first = engine()
  const opened = feed(first, readings)
  assert.equal(opened.length, 1)
  assert.deepEqual(feed(first, readings), [])
  const second = engine()
  const snapshot: unknown = JSON.parse(JSON.stringify(first.snapshot()))
  assert.equal(second.restore(snapshot).ok, true)
  const closed = feed(second, [reading(50, 5), reading(80, 5)])
  assert.equal(closed.at(-1)?.id, opened[0]?.id)
  assert.equal(closed.at(-1)?.status, 'closed')
})

test('restore() takes a snapshot of the version before, when readings and events were one state: what was open can close', () => {
  const first = engine()
  const [opened] = feed(first, [reading(0, 9), reading(30, 9)])
  const [gap] = first.onTick(t0 + 100_000)
  assert.ok(opened !== undefined && gap !== undefined)
  const flat: Anomaly = { ...opened, id: 'flat', type: 'flatLine', category: 'device' }
  const meanKinetic = { slice: -1, weight: [0], duration: [0] }
  const sensor = { lastMs: t0 + 30_000, lastValue: 9, outSinceMs: t0, alarm: true, degreeMinutes: 0, meanKinetic }
  const before = {
    version: 1,
    trace: {},
    places: { [placeKey]: { sensors: { 'store/plc/c1.t1': sensor }, open: opened, emittedMs: 0 } },
    series: {
      'store/plc/c1.t1': { lastMs: t0, lastValue: 9, flatSinceMs: t0, flatLow: 9, flatHigh: 9, flatCount: 2, open: { flatLine: flat } }
    },
    devices: { 'store/plc': { point: 'store', device: 'plc', lastMs: t0, seenAtMs: t0, intervalMs: 1_000, gapMaxMs: 120_000, open: gap } }
  }
  const second = engine()
  assert.equal(second.restore(JSON.parse(JSON.stringify(before))).ok, true)
  const closed = feed(second, [reading(150, 5), reading(151, 5.1), reading(180, 5.2)]).filter((one) => one.status === 'closed')
  assert.deepEqual(new Set(closed.map((one) => one.id)), new Set([opened.id, gap.id, 'flat']))
})

test('restore() refuses what is no snapshot and starts empty', () => {
  const result = engine().restore({ version: 99 })
  assert.equal(result.ok, false)
  assert.match(result.message, /expected/)
})

test('a value no such sensor can see is one fault, grossRange, however many tests it fails, and closes with the next good reading', () => {
  const found = feed(engine(), [reading(0, 5), reading(1, 200), reading(2, 5), reading(10, 5.1)])
  assert.deepEqual(
    found
      .filter((one) => one.status === 'open')
      .map((one) => one.type)
      .sort(),
    ['grossRange']
  )
  assert.ok(found.every((one) => one.category === 'device'))
  assert.equal(found.filter((one) => one.status === 'closed').length, 1)
})

test('a sensor that repeats itself to the last digit is flat, and is well again when it moves', () => {
  const to = engine()
  const flat = feed(
    to,
    Array.from({ length: 40 }, (_, index) => reading(index * 10, 5.25))
  )
  assert.deepEqual(
    flat.map((one) => [one.type, one.status, one.onsetMs]),
    [['flatLine', 'open', t0]]
  )
  assert.equal(feed(to, [reading(410, 5.26)])[0]?.status, 'closed')
})

test('silence longer than five intervals opens a gap that the next reading closes', () => {
  const to = engine()
  feed(to, [reading(0, 5), reading(1, 5.1), reading(2, 5)])
  assert.deepEqual(to.onTick(t0 + 9_000), [])
  const [gap] = to.onTick(t0 + 14_000)
  assert.equal(gap?.type, 'gap')
  assert.equal(gap.onsetMs, t0 + 2_000)
  assert.deepEqual(to.onTick(t0 + 15_000), [])
  const closed = feed(to, [reading(20, 5)])
  assert.equal(closed[0]?.id, gap.id)
})

test('a reading from an hour ahead opens nothing and does not keep the right ones after it from being judged', () => {
  const to = engine()
  const nowMs = t0 + 10_000
  assert.deepEqual(to.onReadings([reading(0, 5), reading(3_600, 30), reading(1, 5.1)], nowMs), [])
  assert.deepEqual(
    feed(to, [reading(10, 9), reading(40, 9.1), reading(41, 9.2)]).map((one) => [one.type, one.onsetMs]),
    [['excursion', t0 + 10_000]]
  )
})
