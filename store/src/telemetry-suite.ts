/** What every telemetry store must do; each adapter's test runs it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '@tracegate/model/telemetry'
import type { TelemetryStore } from './telemetry-store.ts'
import {
  baseMs,
  readingAt,
  rows,
  runTelemetryModelTest,
  series,
  withCode,
  withStore,
  type Scene,
  type TelemetrySuiteOptions
} from './telemetry-suite-model.ts'
import { readScenes } from './telemetry-suite-reads.ts'
import { retentionScenes } from './telemetry-suite-retention.ts'
import { columnScenes, unitScenes } from './telemetry-suite-units.ts'

export function runTelemetrySuite(options: TelemetrySuiteOptions): void {
  const scene: Scene = (name, body) => {
    void test(`${options.name}: ${name}`, () => withStore(options, body))
  }
  orderScenes(scene)
  valueScenes(scene)
  unitScenes(scene)
  columnScenes(scene)
  rangeScenes(scene)
  bucketScenes(scene)
  listScenes(scene)
  readScenes(scene)
  retentionScenes(scene, options)
  sourceScenes(scene)
  lifeScenes(scene)
  runTelemetryModelTest(options)
}

function orderScenes(scene: Scene): void {
  scene('readings come back in order of time, whatever order they came in', async ({ store, settle }) => {
    await store.append([readingAt(30, 3), readingAt(10, 1)])
    await settle?.()
    await store.append([readingAt(40, 4), readingAt(20, 2)])
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(rows(await store.range({ series, fromMs: 0, toMs: 100 })), [
        [10, 1, 1],
        [20, 2, 1],
        [30, 3, 1],
        [40, 4, 1]
      ])
      await settle?.()
    }
  })
  scene('of several readings of one series and time the last stored wins', async ({ store, settle }) => {
    await store.append([readingAt(10, 1), readingAt(10, 2), readingAt(20, 1)])
    await settle?.()
    await store.append([readingAt(20, 5, { quality: 3 })])
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(rows(await store.range({ series, fromMs: 0, toMs: 100 })), [
        [10, 2, 1],
        [20, 5, 3]
      ])
      assert.equal((await store.series(''))[0]?.count, 2)
      await settle?.()
    }
    assert.deepEqual(await store.latest(''), [{ series, unit: 'Cel', timeMs: 20, value: 5, quality: 3 }])
  })
  scene('a reading from far ahead is kept and does not stay the latest', async ({ store, settle }) => {
    const nowMs = Date.now()
    await store.append([readingAt(nowMs, 1), readingAt(nowMs + 3_600_000, 2)])
    assert.equal((await store.latest(''))[0]?.value, 2)
    await settle?.()
    await store.append([readingAt(nowMs + 1, 3), readingAt(nowMs - 1, 4)])
    assert.equal((await store.latest(''))[0]?.value, 3)
    const kept = await store.range({ series, fromMs: 0, toMs: nowMs + 3_600_000 })
    assert.deepEqual(Array.from(kept.value), [4, 1, 3, 2])
  })
  scene('late readings older than all before are found in their place', async ({ store, settle }) => {
    const late = 3_000
    await store.append(Array.from({ length: 5_000 }, (_, index) => readingAt(baseMs + index * 1_000, index)))
    await settle?.()
    await store.append(Array.from({ length: late }, (_, index) => readingAt(baseMs - 10_000_000 + index * 1_000, -index)))
    await store.append(Array.from({ length: late }, (_, index) => readingAt(baseMs + index * 1_000 + 500, 0.5)))
    await settle?.()
    const all = await store.range({ series, fromMs: 0, toMs: baseMs * 2 })
    assert.equal(all.timeMs.length, 5_000 + 2 * late)
    assert.ok(all.timeMs.every((timeMs, index) => index === 0 || timeMs > (all.timeMs[index - 1] ?? 0)))
    assert.equal((await store.latest(''))[0]?.value, 4_999)
  })
}

function valueScenes(scene: Scene): void {
  scene('missing values are NaN with quality 9, booleans are 1 and 0', async ({ store, settle }) => {
    await store.append([readingAt(1, NaN, { quality: 9 }), readingAt(2, NaN), readingAt(3, 7, { quality: 9 })])
    await store.append([readingAt(4, Number(true)), readingAt(5, Number(false)), readingAt(6, -0)])
    for (let round = 0; round < 2; round++) {
      const found = rows(await store.range({ series, fromMs: 1, toMs: 6 }))
      assert.deepEqual(found, [
        [1, NaN, 9],
        [2, NaN, 9],
        [3, NaN, 9],
        [4, 1, 1],
        [5, 0, 1],
        [6, 0, 1]
      ])
      await settle?.()
    }
  })
  scene('append() refuses a time that is none and a batch past the limit, and stores nothing of it', async ({ store }) => {
    await assert.rejects(store.append([readingAt(1, 1), readingAt(1.5, 1)]), withCode('STORE_QUERY'))
    await assert.rejects(store.append([readingAt(NaN, 1)]), withCode('STORE_QUERY'))
    const many = new Array<Reading>(100_001).fill(readingAt(1, 1))
    await assert.rejects(store.append(many), withCode('STORE_TOO_MUCH'))
    assert.deepEqual(await store.series(''), [])
    await store.append([])
  })
}

function rangeScenes(scene: Scene): void {
  scene('range() includes both ends, cuts at the limit and says so', async ({ store, settle }) => {
    await store.append(Array.from({ length: 100 }, (_, index) => readingAt(index * 10, index)))
    for (let round = 0; round < 2; round++) {
      const found = await store.range({ series, fromMs: 100, toMs: 200 })
      assert.deepEqual([found.timeMs[0], found.timeMs.at(-1), found.timeMs.length, found.truncated], [100, 200, 11, false])
      const cut = await store.range({ series, fromMs: 100, toMs: 200, limit: 10 })
      assert.deepEqual([cut.timeMs.at(-1), cut.timeMs.length, cut.truncated], [190, 10, true])
      assert.equal((await store.range({ series, fromMs: 100, toMs: 200, limit: 11 })).truncated, false)
      await settle?.()
    }
  })
  scene('range() of an unknown series or an empty time is empty', async ({ store }) => {
    await store.append([readingAt(10, 1)])
    for (const query of [
      { series: 'no/such/series', fromMs: 0, toMs: 100 },
      { series, fromMs: 11, toMs: 100 },
      { series, fromMs: 0, toMs: 9 }
    ]) {
      const found = await store.range(query)
      assert.deepEqual([found.timeMs.length, found.value.length, found.quality.length, found.truncated], [0, 0, 0, false])
      assert.equal((await store.buckets({ ...query, buckets: 3 })).count.length, 0)
    }
  })
  scene('a query that is none is refused with STORE_QUERY', async ({ store }) => {
    await assert.rejects(store.range({ series, fromMs: 2, toMs: 1 }), withCode('STORE_QUERY'))
    await assert.rejects(store.range({ series, fromMs: NaN, toMs: 1 }), withCode('STORE_QUERY'))
    await assert.rejects(store.range({ series, fromMs: 0, toMs: 1, limit: 0 }), withCode('STORE_QUERY'))
    await assert.rejects(store.buckets({ series, fromMs: 0, toMs: 1, buckets: 0 }), withCode('STORE_QUERY'))
    await assert.rejects(store.buckets({ series, fromMs: 0, toMs: 1, buckets: 10_001 }), withCode('STORE_QUERY'))
  })
}

function bucketScenes(scene: Scene): void {
  scene('buckets() leaves out failed and missing readings and empty buckets', async ({ store, settle }) => {
    await store.append([readingAt(0, 1), readingAt(1, 3), readingAt(2, 100, { quality: 4 }), readingAt(3, NaN, { quality: 9 })])
    await store.append([readingAt(10, 1_000, { quality: 4 }), readingAt(25, 5, { quality: 3 })])
    for (let round = 0; round < 2; round++) {
      const found = await store.buckets({ series, fromMs: 0, toMs: 29, buckets: 3 })
      assert.deepEqual(
        [found.startMs, found.min, found.max, found.mean].map((column) => Array.from(column)),
        [
          [0, 20],
          [1, 5],
          [3, 5],
          [2, 5]
        ]
      )
      assert.deepEqual([...found.count], [2, 1])
      await settle?.()
    }
  })
  scene('a day at 1 Hz comes down to 300 buckets that agree with the readings', async ({ store, settle }) => {
    const readings = Array.from({ length: 86_400 }, (_, index) =>
      readingAt(baseMs + index * 1_000, Math.round(400 * Math.sin(index / 700)) / 100)
    )
    await store.append(readings)
    await settle?.()
    const found = await store.buckets({ series, fromMs: baseMs, toMs: baseMs + 86_400_000 - 1, buckets: 300 })
    assert.equal(found.count.length, 300)
    assert.ok(found.count.every((count) => count === 288))
    const bucket = readings.slice(288, 576).map((reading) => reading.value)
    assert.equal(found.min[1], Math.min(...bucket))
    assert.equal(found.max[1], Math.max(...bucket))
    const whole = await store.buckets({ series, fromMs: baseMs - 1, toMs: baseMs + 86_400_000, buckets: 1 })
    assert.equal(whole.count[0], 86_400)
  })
}

function listScenes(scene: Scene): void {
  scene('latest() and series() answer by prefix, sorted by name', async ({ store, settle }) => {
    const parts = ['port-1/b', 'port-1/a', 'port-10/a', 'port-2/a']
    for (const [index, part] of parts.entries()) {
      const [point = '', device = ''] = part.split('/')
      await store.append([readingAt(index + 1, index, { point, device }), readingAt(0, -1, { point, device })])
    }
    for (let round = 0; round < 2; round++) {
      const names = ['port-1/a/temperature', 'port-1/b/temperature']
      assert.deepEqual(
        (await store.latest('port-1/')).map((latest) => latest.series),
        names
      )
      assert.deepEqual(await store.series('port-1/'), [
        { series: names[0], unit: 'Cel', firstMs: 0, lastMs: 2, count: 2 },
        { series: names[1], unit: 'Cel', firstMs: 0, lastMs: 1, count: 2 }
      ])
      assert.equal((await store.latest('')).length, 4)
      await settle?.()
    }
  })
  scene('10,000 series live side by side', async ({ store, settle }) => {
    const at = (timeMs: number) =>
      Array.from({ length: 10_000 }, (_, index) => readingAt(timeMs, index, { device: `d${index % 100}`, metric: `m${index}` }))
    await store.append(at(baseMs))
    await settle?.()
    await store.append(at(baseMs + 1_000))
    await settle?.()
    assert.equal((await store.latest('port-1/')).length, 10_000)
    const found = await store.series('port-1/d7/')
    assert.equal(found.length, 100)
    assert.ok(found.every((info) => info.count === 2 && info.firstMs === baseMs && info.lastMs === baseMs + 1_000))
    assert.deepEqual([...(await store.range({ series: 'port-1/d7/m9907', fromMs: 0, toMs: baseMs * 2 })).value], [9_907, 9_907])
  })
}

function sourceScenes(scene: Scene): void {
  scene('a batch at or below the offset of its log is dropped as a whole', async ({ store, settle, reopen }) => {
    assert.equal(await store.appendedUpTo('outbox'), -1)
    await store.append([readingAt(1, 1)], { log: 'outbox', upTo: 0 })
    await store.append([readingAt(2, 2)], { log: 'outbox', upTo: 10 })
    await settle?.()
    await store.append([readingAt(2, 99), readingAt(3, 99)], { log: 'outbox', upTo: 10 })
    await store.append([readingAt(3, 99)], { log: 'outbox', upTo: 9 })
    await store.append([], { log: 'outbox', upTo: 11 })
    await store.append([readingAt(4, 4)], { log: 'other', upTo: 5 })
    const check = async (opened: TelemetryStore): Promise<void> => {
      assert.equal(await opened.appendedUpTo('outbox'), 11)
      assert.equal(await opened.appendedUpTo('other'), 5)
      const found = await opened.range({ series, fromMs: 0, toMs: 9 })
      assert.deepEqual([...found.value], [1, 2, 4])
    }
    await check(store)
    if (reopen !== undefined) await check(await reopen())
  })
  scene('of concurrent appends of one batch exactly one is stored', async ({ store }) => {
    await Promise.all(Array.from({ length: 5 }, (_, index) => store.append([readingAt(index, index)], { log: 'l', upTo: 7 })))
    assert.equal((await store.series(''))[0]?.count, 1)
  })
}

function lifeScenes(scene: Scene): void {
  scene('a closed store refuses with STORE_CLOSED, and close() may come twice', async ({ store }) => {
    await store.append([readingAt(1, 1)])
    await store.close()
    await store.close()
    await assert.rejects(store.append([readingAt(1, 1)]), withCode('STORE_CLOSED'))
    await assert.rejects(store.range({ series, fromMs: 0, toMs: 1 }), withCode('STORE_CLOSED'))
    await assert.rejects(store.latest(''), withCode('STORE_CLOSED'))
  })
  scene('what was stored is there after a restart, settled or not', async ({ store, settle, reopen }) => {
    if (reopen === undefined) return
    await store.append([readingAt(10, 1), readingAt(20, 2)])
    await settle?.()
    await store.append([readingAt(15, 1.5), readingAt(30, 3, { quality: 4 })])
    const again = await reopen()
    assert.deepEqual([...(await again.range({ series, fromMs: 0, toMs: 99 })).value], [1, 1.5, 2, 3])
    assert.deepEqual(await again.latest(''), [{ series, unit: 'Cel', timeMs: 30, value: 3, quality: 4 }])
    assert.deepEqual(await again.series(''), [{ series, unit: 'Cel', firstMs: 10, lastMs: 30, count: 4 }])
  })
}
