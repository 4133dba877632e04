/** The part of the telemetry suite about answers made of many readings: buckets with times, grids, gaps, pages, roll-ups, as-of. */
import assert from 'node:assert/strict'
import type { SeriesColumns } from './telemetry-store.ts'
import { baseMs, collect, near, readingAt, rows, series, withCode, type Scene } from './telemetry-suite-model.ts'

export function readScenes(scene: Scene): void {
  bucketTimeScenes(scene)
  alignedScenes(scene)
  asOfScenes(scene)
  gapScenes(scene)
  pageScenes(scene)
  rollupScenes(scene)
}

function bucketTimeScenes(scene: Scene): void {
  scene(
    'a bucket tells its first, last, lowest and highest reading with their times, the earliest of equals',
    async ({ store, settle }) => {
      await store.append([readingAt(12, 5), readingAt(10, 7), readingAt(14, 5), readingAt(16, 9), readingAt(17, 9), readingAt(19, 6)])
      await store.append([readingAt(11, 99, { quality: 4 }), readingAt(18, NaN, { quality: 9 }), readingAt(40, -1)])
      for (let round = 0; round < 2; round++) {
        const found = await store.buckets({ series, fromMs: 0, toMs: 49, buckets: 5 })
        const { startMs, first, firstMs, last, lastMs, min, minMs, max, maxMs } = found
        assert.deepEqual(
          [startMs, first, firstMs, last, lastMs, min, minMs, max, maxMs].map((column) => Array.from(column)),
          [
            [10, 40],
            [7, -1],
            [10, 40],
            [6, -1],
            [19, 40],
            [5, -1],
            [12, 40],
            [9, -1],
            [16, 40]
          ]
        )
        assert.equal(found.resolution, 'raw')
        await settle?.()
      }
    }
  )
}

const fiveOf = (column: number[]): number[][] => Array.from({ length: 5 }, () => column)

function alignedScenes(scene: Scene): void {
  scene('aligned() puts several series on one grid, empty buckets marked', async ({ store, settle }) => {
    await store.append([readingAt(5, 1), readingAt(6, 3), readingAt(25, 7)])
    await store.append([
      readingAt(15, 50, { metric: 'humidity', unit: '%' }),
      readingAt(26, 60, { metric: 'humidity', unit: '%', quality: 4 })
    ])
    const names = [series, 'port-1/plc/humidity', 'no/such/series', series]
    for (let round = 0; round < 2; round++) {
      const found = await store.aligned({ series: names, fromMs: 0, toMs: 29, buckets: 3 })
      assert.deepEqual(Array.from(found.startMs), [0, 10, 20])
      assert.deepEqual(
        found.series.map((one) => [
          one.series,
          one.unit,
          ...[one.min, one.max, one.mean, one.first, one.last, one.count].map((column) => Array.from(column))
        ]),
        [
          [series, 'Cel', [1, NaN, 7], [3, NaN, 7], [2, NaN, 7], [1, NaN, 7], [3, NaN, 7], [2, 0, 1]],
          ['port-1/plc/humidity', '%', ...fiveOf([NaN, 50, NaN]), [0, 1, 0]],
          ['no/such/series', '', ...fiveOf([NaN, NaN, NaN]), [0, 0, 0]],
          [series, 'Cel', [1, NaN, 7], [3, NaN, 7], [2, NaN, 7], [1, NaN, 7], [3, NaN, 7], [2, 0, 1]]
        ]
      )
      await settle?.()
    }
  })
  scene('aligned() has exactly the buckets that were asked for, and refuses too many', async ({ store }) => {
    await store.append([readingAt(0, 1)])
    const { startMs } = await store.aligned({ series: [series], fromMs: 0, toMs: 9, buckets: 4 })
    assert.deepEqual(Array.from(startMs), [0, 3, 5, 8])
    const query = { fromMs: 0, toMs: 9, buckets: 10 }
    await assert.rejects(store.aligned({ ...query, series: [] }), withCode('STORE_QUERY'))
    await assert.rejects(store.aligned({ ...query, series: new Array<string>(101).fill(series) }), withCode('STORE_QUERY'))
    await assert.rejects(store.aligned({ ...query, buckets: 10_001, series: [series] }), withCode('STORE_QUERY'))
    await assert.rejects(store.aligned({ ...query, toMs: -1, series: [series] }), withCode('STORE_QUERY'))
  })
}

function asOfScenes(scene: Scene): void {
  scene('asOf() gives the last reading of each series at or before a time, missing ones included', async ({ store, settle }) => {
    const other = { metric: 'humidity', unit: '%' }
    await store.append([readingAt(20, 2), readingAt(10, 1), readingAt(30, NaN, { quality: 9 }), readingAt(15, 50, other)])
    await settle?.()
    await store.append([readingAt(25, 2.5, { quality: 4 }), readingAt(40, 60, other), readingAt(10, 9, { point: 'port-2' })])
    for (let round = 0; round < 2; round++) {
      const at = async (atMs: number) =>
        (await store.asOf({ prefix: 'port-1/', atMs })).map(({ series, timeMs, value, quality }) => [
          series.slice(11),
          timeMs,
          value,
          quality
        ])
      assert.deepEqual(await at(9), [])
      assert.deepEqual(await at(10), [['temperature', 10, 1, 1]])
      assert.deepEqual(await at(19), [['humidity', 15, 50, 1], ['temperature', 10, 1, 1]]) // prettier-ignore
      assert.deepEqual(await at(29), [['humidity', 15, 50, 1], ['temperature', 25, 2.5, 4]]) // prettier-ignore
      assert.deepEqual(await at(1_000), [['humidity', 40, 60, 1], ['temperature', 30, NaN, 9]]) // prettier-ignore
      assert.equal((await store.asOf({ prefix: '', atMs: 30 })).length, 3)
      assert.equal((await store.asOf({ prefix: '', atMs: 30 }))[0]?.unit, '%')
      await settle?.()
    }
  })
}

function gapScenes(scene: Scene): void {
  scene('gaps() marks stretches without a value that are longer than asked, at the edges too', async ({ store, settle }) => {
    await store.append([
      readingAt(100, 1),
      readingAt(110, 1, { quality: 4 }),
      readingAt(121, 1),
      readingAt(125, NaN, { quality: 9 }),
      readingAt(140, 1)
    ])
    for (let round = 0; round < 2; round++) {
      const gapsIn = async (fromMs: number, toMs: number, gapAfterMs: number) =>
        (await store.gaps({ series, fromMs, toMs, gapAfterMs })).gaps.map((gap) => [gap.fromMs, gap.toMs])
      assert.deepEqual(await gapsIn(80, 160, 10), [[80, 100], [110, 121], [121, 140], [140, 160]]) // prettier-ignore
      assert.deepEqual(await gapsIn(80, 160, 20), [])
      assert.deepEqual(await gapsIn(90, 150, 10), [[110, 121], [121, 140]]) // prettier-ignore
      assert.deepEqual(await gapsIn(100, 120, 10), [])
      assert.deepEqual(await gapsIn(200, 300, 50), [[200, 300]])
      const cut = await store.gaps({ series, fromMs: 80, toMs: 160, gapAfterMs: 10, limit: 2 })
      assert.deepEqual([cut.gaps.length, cut.truncated, cut.resolution], [2, true, 'raw'])
      assert.equal((await store.gaps({ series, fromMs: 80, toMs: 160, gapAfterMs: 10, limit: 4 })).truncated, false)
      await settle?.()
    }
    const none = await store.gaps({ series: 'no/such/series', fromMs: 0, toMs: 10, gapAfterMs: 5 })
    assert.deepEqual(none.gaps, [{ fromMs: 0, toMs: 10 }])
    await assert.rejects(store.gaps({ series, fromMs: 0, toMs: 10, gapAfterMs: 0 }), withCode('STORE_QUERY'))
  })
}

function pageScenes(scene: Scene): void {
  scene('pages() give the whole range in order, however small they are, and say which is the last', async ({ store, settle }) => {
    const count = 5_000
    await store.append(Array.from({ length: count }, (_, index) => readingAt(baseMs + index * 1_000, index)))
    await settle?.()
    await store.append([readingAt(baseMs + 500, 0.5), readingAt(baseMs + 1_000, -1)])
    const range = { series, fromMs: baseMs, toMs: baseMs + 4_000_000 }
    const whole = rows(await store.range({ ...range, limit: 100_000 }))
    assert.equal(whole.length, 4_002)
    for (const pageReadings of [1_000, 2_001, 100_000]) {
      const pages = await collect<SeriesColumns>(store.pages({ ...range, pageReadings }))
      assert.deepEqual(pages.flatMap(rows), whole)
      assert.ok(pages.every(({ timeMs, unit }) => timeMs.length > 0 && timeMs.length <= pageReadings && unit === 'Cel'))
      assert.deepEqual(
        pages.map(({ truncated }) => truncated),
        pages.map((_, index) => index < pages.length - 1)
      )
    }
    for await (const page of store.pages({ ...range, pageReadings: 10 })) {
      assert.equal(page.timeMs.length, 10)
      break
    }
    assert.deepEqual(await collect(store.pages({ series: 'no/such/series', fromMs: 0, toMs: 1 })), [])
    await assert.rejects(async () => collect(store.pages({ ...range, pageReadings: 0 })), withCode('STORE_QUERY'))
    await assert.rejects(async () => collect(store.pages({ series, fromMs: 2, toMs: 1 })), withCode('STORE_QUERY'))
  })
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** A full hour of UTC. */
const fullHourMs = Math.ceil(baseMs / hourMs) * hourMs

function rollupScenes(scene: Scene): void {
  scene('rollups() give the minutes and hours of UTC that begin in the range', async ({ store, settle }) => {
    const at = (minute: number, value: number, rest = {}) => readingAt(fullHourMs + minute * minuteMs, value, rest)
    await store.append([
      at(0.5, 20),
      at(0, 10),
      at(0.9, 99, { quality: 4 }),
      at(1, 5),
      at(59.99, 7),
      at(60, 1),
      at(61, NaN, { quality: 9 })
    ])
    for (let round = 0; round < 2; round++) {
      const minutes = await store.rollups({ series, resolution: '1m', fromMs: fullHourMs, toMs: fullHourMs + hourMs })
      const { startMs, count, min, max, mean, first, last } = minutes
      assert.deepEqual([minutes.series, minutes.unit, minutes.resolution, minutes.truncated], [series, 'Cel', '1m', false])
      assert.deepEqual(
        [startMs.map((start) => (start - fullHourMs) / minuteMs), count, min, max, mean, first, last].map((column) => Array.from(column)),
        [
          [0, 1, 59, 60],
          [2, 1, 1, 1],
          [10, 5, 7, 1],
          [20, 5, 7, 1],
          [15, 5, 7, 1],
          [10, 5, 7, 1],
          [20, 5, 7, 1]
        ]
      )
      near(minutes.mkt[0], 16.342_66)
      near(minutes.mkt[1], 5)
      const cut = await store.rollups({ series, resolution: '1m', fromMs: fullHourMs + 1, toMs: fullHourMs + hourMs - 1, limit: 1 })
      assert.deepEqual([Array.from(cut.first), cut.truncated], [[5], true])
      const hours = await store.rollups({ series, resolution: '1h', fromMs: fullHourMs, toMs: fullHourMs + hourMs - 1 })
      assert.deepEqual(
        [Array.from(hours.count), Array.from(hours.first), Array.from(hours.last), Array.from(hours.mean)],
        [[4], [10], [7], [10.5]]
      )
      await settle?.()
    }
    const none = await store.rollups({ series: 'no/such/series', resolution: '1h', fromMs: 0, toMs: hourMs })
    assert.deepEqual([none.startMs.length, none.truncated], [0, false])
  })
  scene('rollups() follow late, repeated and replaced readings', async ({ store, settle }) => {
    const hourOf = async () => {
      const { count, mean, first, last, max } = await store.rollups({ series, resolution: '1h', fromMs: fullHourMs, toMs: fullHourMs })
      return [count[0], mean[0], first[0], last[0], max[0]]
    }
    await store.append([readingAt(fullHourMs + 10, 1), readingAt(fullHourMs + 30, 5)])
    await settle?.()
    assert.deepEqual(await hourOf(), [2, 3, 1, 5, 5])
    await store.append([readingAt(fullHourMs + 20, 9), readingAt(fullHourMs, 5), readingAt(fullHourMs + 30, 5)])
    assert.deepEqual(await hourOf(), [4, 5, 5, 5, 9])
    await settle?.()
    await store.append([readingAt(fullHourMs + 20, 1)])
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await hourOf(), [4, 3, 5, 5, 5])
      await settle?.()
    }
  })
  scene('a mean kinetic temperature is given in Cel for K and [degF] too, and for no other unit', async ({ store, settle }) => {
    const metrics = [['kelvin', 'K', 278.15], ['fahrenheit', '[degF]', 41], ['humidity', '%', 5]] as const // prettier-ignore
    for (const [metric, unit, value] of metrics) await store.append([readingAt(fullHourMs, value, { metric, unit })])
    await settle?.()
    const mktOf = async (metric: string) =>
      (await store.rollups({ series: `port-1/plc/${metric}`, resolution: '1h', fromMs: fullHourMs, toMs: fullHourMs })).mkt[0]
    near(await mktOf('kelvin'), 5)
    near(await mktOf('fahrenheit'), 5)
    assert.ok(Number.isNaN(await mktOf('humidity')))
  })
}
