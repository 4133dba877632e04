/** The part of the telemetry suite about units, and about readings that come in columns. */
import assert from 'node:assert/strict'
import { RefusedReadings } from './errors.ts'
import type { ReadingColumns } from './telemetry-store.ts'
import { readingAt, rows, series, withCode, type Scene } from './telemetry-suite-model.ts'

export function unitScenes(scene: Scene): void {
  scene(
    'a series keeps the unit it came with first, and readings in another unit of its quantity are converted',
    async ({ store, settle }) => {
      await store.append([readingAt(1, 1)])
      await store.append([readingAt(2, 275.15, { unit: 'K' }), readingAt(3, 37.4, { unit: '[degF]' }), readingAt(4, NaN, { unit: 'K' })])
      for (let round = 0; round < 2; round++) {
        const found = await store.range({ series, fromMs: 0, toMs: 9 })
        assert.deepEqual([found.unit, Array.from(found.value)], ['Cel', [1, 2, 3, NaN]])
        assert.deepEqual([(await store.latest(''))[0]?.unit, (await store.series(''))[0]?.unit], ['Cel', 'Cel'])
        await settle?.()
      }
    }
  )
  scene(
    'readings whose unit does not convert are refused for good by their places, and nothing of the batch is stored',
    async ({ store }) => {
      const source = { log: 'outbox', upTo: 1 }
      const other = { metric: 'humidity', unit: '%' }
      await store.append([readingAt(1, 1)])
      const batch = [readingAt(2, 2), readingAt(3, 3, { unit: '%' }), readingAt(2, 50, other), readingAt(4, 3, { unit: 'no-unit' })]
      await assert.rejects(store.append(batch, source), (error) => {
        assert.ok(error instanceof RefusedReadings && withCode('STORE_REFUSED_READINGS')(error))
        assert.deepEqual(error.refused?.map(({ index }) => index), [1, 3]) // prettier-ignore
        return true
      })
      assert.deepEqual([await store.appendedUpTo('outbox'), (await store.series('')).length], [-1, 1])
      await assert.rejects(
        store.append([readingAt(2, 50, other), readingAt(3, 1, { ...other, unit: 'Cel' })]),
        withCode('STORE_REFUSED_READINGS')
      )
      await store.append([readingAt(2, 2), readingAt(2, 50, other)], source)
      assert.deepEqual([await store.appendedUpTo('outbox'), (await store.series('')).length], [1, 2])
    }
  )
}

export function columnScenes(scene: Scene): void {
  scene('appendColumns() stores what append() would of the same readings', async ({ store, settle }) => {
    const part = { point: 'port-1', device: 'plc' }
    const columns: ReadingColumns = {
      series: [{ ...part, metric: 'temperature', unit: 'Cel' }, { ...part, metric: 'humidity', unit: '%' }], // prettier-ignore
      seriesAt: Uint32Array.of(0, 1, 0, 0, 1),
      timeMs: Float64Array.of(20, 10, 10, 30, 10),
      value: Float64Array.of(2, 50, -0, NaN, 51),
      quality: Uint8Array.of(1, 1, 3, 2, 1)
    }
    await store.appendColumns(columns, { log: 'l', upTo: 3 })
    await store.appendColumns({ ...columns, value: new Float64Array(5) }, { log: 'l', upTo: 3 })
    await store.appendColumns({ series: [{ ...part, metric: 'temperature', unit: 'K' }], seriesAt: Uint32Array.of(0), timeMs: Float64Array.of(40), value: Float64Array.of(274.15), quality: Uint8Array.of(1) }) // prettier-ignore
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(rows(await store.range({ series, fromMs: 0, toMs: 99 })), [[10, 0, 3], [20, 2, 1], [30, NaN, 9], [40, 1, 1]]) // prettier-ignore
      assert.deepEqual(rows(await store.range({ series: 'port-1/plc/humidity', fromMs: 0, toMs: 99 })), [[10, 51, 1]])
      assert.equal(await store.appendedUpTo('l'), 3)
      await settle?.()
    }
    const bad: Partial<ReadingColumns>[] = [{ timeMs: Float64Array.of(1) }, { seriesAt: new Uint32Array(5).fill(2) }, { quality: new Uint8Array(5) }, { timeMs: new Float64Array(5).fill(-1) }] // prettier-ignore
    for (const part of bad) await assert.rejects(store.appendColumns({ ...columns, ...part }), withCode('STORE_QUERY'))
  })
}
