/** The part of the telemetry suite about what is dropped, and what dropped readings leave behind. */
import assert from 'node:assert/strict'
import type { TelemetryStore } from './telemetry-store.ts'
import { baseMs, near, readingAt, series, withCode, type Scene, type TelemetrySuiteOptions } from './telemetry-suite-model.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const startMs = Math.ceil(baseMs / dayMs) * dayMs

export function retentionScenes(scene: Scene, options: TelemetrySuiteOptions): void {
  retainScenes(scene)
  policyScenes(scene)
  if (options.supports?.rollupsOutliveReadings !== false) rollupScenes(scene)
}

function retainScenes(scene: Scene): void {
  scene('retain() drops only what is older and says how much', async ({ store, settle, reopen }) => {
    const count = 20_000
    await store.append(Array.from({ length: count }, (_, index) => readingAt(baseMs + index * 1_000, index)))
    await store.append([readingAt(baseMs, 1, { device: 'gone' })])
    await settle?.()
    const beforeMs = baseMs + 10_000_000
    const dropped = await store.retain(beforeMs)
    assert.ok(dropped > 5_000 && dropped <= 10_001, `dropped ${dropped}`)
    const check = async (opened: TelemetryStore): Promise<void> => {
      const left = await opened.range({ series, fromMs: 0, toMs: baseMs * 2 })
      assert.equal(left.timeMs.length, count + 1 - dropped)
      assert.equal((await opened.range({ series, fromMs: beforeMs, toMs: baseMs * 2 })).timeMs.length, 10_000)
      assert.deepEqual(await opened.series(''), [
        { series, unit: 'Cel', firstMs: left.timeMs[0], lastMs: baseMs + 19_999_000, count: left.timeMs.length }
      ])
      assert.equal((await opened.latest('')).length, 1)
    }
    await check(store)
    if (reopen !== undefined) await check(await reopen())
  })
}

/** Four days of a reading every 10 s. */
function fourDays(metric: string, unit: string) {
  return Array.from({ length: 4 * 8_640 }, (_, index) =>
    readingAt(startMs + index * 10_000, Math.round(1_000 * Math.sin(index / 500)) / 100, { metric, unit })
  )
}
const nowMs = startMs + 4 * dayMs

function policyScenes(scene: Scene): void {
  scene('applyRetention() drops the readings of a metric by its own policy, else by the one for all others', async ({ store, settle }) => {
    for (const metric of ['a', 'b', 'c']) await store.append(fourDays(metric, 'Cel'))
    await settle?.()
    assert.deepEqual(await store.applyRetention(nowMs), { raw: 0, minute: 0, hour: 0 })
    await store.setRetention([{ metric: 'a' }, { metric: '*', rawDays: 3 }, { metric: 'c', rawDays: 1 }])
    const { raw } = await store.applyRetention(nowMs)
    const counts = (await store.series('')).map(({ count }) => count)
    assert.equal(raw, 3 * 4 * 8_640 - counts.reduce((sum, count) => sum + count, 0))
    const [a = 0, b = 0, c = 0] = counts
    assert.equal(a, 4 * 8_640)
    assert.ok(b >= 3 * 8_640 && b < 4 * 8_640, `${b} readings are left`)
    assert.ok(c >= 8_640 && c < b, `${c} readings are left`)
    const kept = await store.range({ series: 'port-1/plc/c', fromMs: nowMs - dayMs, toMs: nowMs })
    assert.equal(kept.timeMs.length, 8_640)
    assert.equal((await store.applyRetention(nowMs)).raw, 0)
  })
  scene(
    'setRetention() refuses a metric named twice, days that are none, and a finer part kept longer than a coarser',
    async ({ store }) => {
      for (const policies of [
        [{ metric: 'a' }, { metric: 'a', rawDays: 1 }],
        [{ metric: 'a', rawDays: 0 }],
        [{ metric: 'a', rawDays: NaN }],
        [{ metric: 'a', rawDays: 2, minuteDays: 1 }],
        [{ metric: 'a', minuteDays: 2 }],
        [{ metric: 'a', rawDays: 1, hourDays: 2 }]
      ])
        await assert.rejects(store.setRetention(policies), withCode('STORE_QUERY'))
      await store.setRetention([{ metric: 'a', rawDays: 1, minuteDays: 1, hourDays: 0x7fff }])
    }
  )
}

async function answersOf(store: TelemetryStore, name: string) {
  const day = { series: name, fromMs: startMs, toMs: startMs + dayMs - 1 }
  const { resolution: minuteResolution, ...minutes } = await store.rollups({ ...day, resolution: '1m' })
  const { resolution: hourResolution, ...hours } = await store.rollups({ ...day, resolution: '1h' })
  const { resolution, ...buckets } = await store.buckets({ ...day, buckets: 24 })
  return { minuteResolution, minutes, hourResolution, hours, resolution, buckets }
}

function rollupScenes(scene: Scene): void {
  const name = 'port-1/plc/a'
  scene('minutes answer when the readings are gone, and hours when the minutes are', async ({ store, settle, reopen }) => {
    await store.append(fourDays('a', 'Cel'))
    await settle?.()
    const before = await answersOf(store, name)
    await store.setRetention([{ metric: 'a', rawDays: 2 }])
    assert.ok((await store.applyRetention(nowMs)).raw > 8_640)
    const check = async (opened: TelemetryStore, resolution: '1m' | '1h'): Promise<void> => {
      const after = await answersOf(opened, name)
      assert.equal(after.resolution, resolution)
      compareColumns(after.hours, before.hours)
      compareColumns(after.buckets, before.buckets)
      if (resolution === '1m') compareColumns(after.minutes, before.minutes)
      else assert.equal(after.minutes.startMs.length, 0)
      const kept = await opened.buckets({ series: name, fromMs: nowMs - dayMs, toMs: nowMs - 1, buckets: 7 })
      assert.equal(kept.resolution, 'raw')
      assert.deepEqual((await opened.gaps({ series: name, fromMs: startMs, toMs: nowMs, gapAfterMs: hourMs })).gaps, [])
      const [info] = await opened.series('')
      assert.ok((info?.firstMs ?? Infinity) < startMs + minuteMs)
    }
    await check(store, '1m')
    assert.equal((await store.asOf({ prefix: '', atMs: startMs + 10 * minuteMs - 1 }))[0]?.timeMs, startMs + 10 * minuteMs - 10_000)
    await store.setRetention([{ metric: '*', rawDays: 2, minuteDays: 2 }])
    assert.ok((await store.applyRetention(nowMs)).minute >= 1_440)
    await check(store, '1h')
    if (reopen !== undefined) await check(await reopen(), '1h')
  })
  scene('readings that come after their time was dropped still count in its minutes and hours', async ({ store, settle }) => {
    await store.append(fourDays('a', 'Cel'))
    await settle?.()
    const { hours } = await answersOf(store, name)
    await store.setRetention([{ metric: 'a', rawDays: 1, minuteDays: 2 }])
    await store.applyRetention(nowMs)
    const late = { metric: 'a', unit: 'Cel' }
    await store.append([readingAt(startMs + 5, 1_000, late), readingAt(startMs + hourMs + 5, -1_000, late)])
    for (let round = 0; round < 3; round++) {
      const after = (await answersOf(store, name)).hours
      assert.deepEqual([after.count[0], after.max[0], after.count[1], after.min[1]], [361, 1_000, 361, -1_000])
      assert.deepEqual([after.first[0], after.last[1]], [hours.first[0], hours.last[1]])
      if (round === 0) await settle?.()
      else await store.applyRetention(nowMs)
    }
  })
  scene('hours are dropped last, and then nothing is left of a series', async ({ store, settle }) => {
    await store.append(fourDays('a', '%'))
    await settle?.()
    await store.setRetention([{ metric: '*', rawDays: 1, minuteDays: 1, hourDays: 2 }])
    await store.applyRetention(nowMs)
    assert.ok(((await store.series(''))[0]?.firstMs ?? 0) >= startMs + dayMs)
    await store.applyRetention(nowMs + 4 * dayMs)
    assert.deepEqual(await store.series(''), [])
    assert.deepEqual(await store.latest(''), [])
    assert.equal((await store.buckets({ series: name, fromMs: 0, toMs: nowMs, buckets: 3 })).count.length, 0)
  })
}

function compareColumns(found: object, expected: object): void {
  const wanted = new Map<string, unknown>(Object.entries(expected))
  for (const [name, column] of Object.entries(found)) {
    const other = wanted.get(name)
    if (!(column instanceof Float64Array && other instanceof Float64Array)) assert.deepEqual(column, other, name)
    else {
      assert.equal(column.length, other.length, name)
      for (const [index, value] of column.entries()) near(value, other[index] ?? NaN, 1e-9, name)
    }
  }
}
