/** How readings are judged for the screen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '@tracegate/model/registers'
import { barRange, judgeReading, staleAfter, viewWatches } from './reading-state.ts'

const rule = { limits: { low: 2, high: 8 }, staleAfterMs: 15_000 }

test('judgeReading() compares with the limits; the limit itself is inside', () => {
  assert.equal(judgeReading({ value: 8, quality: 1, ageMs: 0 }, rule), 'inside')
  assert.equal(judgeReading({ value: 8.1, quality: 1, ageMs: 0 }, rule), 'above')
  assert.equal(judgeReading({ value: 1.9, quality: 1, ageMs: 0 }, rule), 'below')
})

test('judgeReading() never shows an old value as live', () => {
  assert.equal(judgeReading({ value: 12, quality: 1, ageMs: 15_001 }, rule), 'stale')
})

test('judgeReading() tells missing, suspect and never seen apart', () => {
  assert.equal(judgeReading({ value: null, quality: 9, ageMs: 0 }, rule), 'missing')
  assert.equal(judgeReading({ value: 5, quality: 3, ageMs: 0 }, rule), 'suspect')
  assert.equal(judgeReading(undefined, rule), 'none')
})

test('staleAfter() waits for three intervals of a slow sensor', () => {
  assert.equal(staleAfter(60_000), 180_000)
  assert.equal(staleAfter(undefined), 15_000)
})

test('barRange() holds limits and value with room beside them', () => {
  const range = barRange({ low: 2, high: 8 }, 14)
  assert.ok(range.from < 2 && range.to > 14)
})

test('viewWatches() takes the newer of the answer and the stream', () => {
  const place: Place = {
    key: 'https://id.gs1.org/414/9506000134338',
    point: 'store',
    name: { zh: '库', en: 'Chamber' },
    kind: 'chamber',
    watches: [{ device: 'plc', metric: 't1', quantity: 'temperature', unit: 'Cel' }]
  }
  const latest = [{ series: 'store/plc/t1', unit: 'Cel', timeMs: 1_000, value: 4, quality: 1 as const }]
  const [view] = viewWatches({ place, devices: [], latest, live: new Map([['store/plc/t1', ['store/plc/t1', 2_000, 5, 1]]]), nowMs: 3_000 })
  assert.equal(view?.value, 5)
  const [older] = viewWatches({ place, devices: [], latest, live: new Map([['store/plc/t1', ['store/plc/t1', 500, 9, 1]]]), nowMs: 3_000 })
  assert.equal(older?.value, 4)
})

test('viewWatches() holds a steady value while its device speaks, and calls a silent temperature stale', () => {
  const place: Place = {
    key: 'https://id.gs1.org/414/9506000134338',
    point: 'store',
    name: { zh: '库', en: 'Chamber' },
    kind: 'chamber',
    watches: [
      { device: 'plc', metric: 'door', quantity: 'door', unit: '1' },
      { device: 'plc', metric: 't1', quantity: 'temperature', unit: 'Cel' }
    ]
  }
  const old = (metric: string) => ({ series: `store/plc/${metric}`, unit: '1', timeMs: 0, value: 0, quality: 1 as const })
  const states = (live: ReadonlyMap<string, [string, number, number, 1]>) =>
    viewWatches({ place, devices: [], latest: [old('door'), old('t1')], live, nowMs: 60_000 }).map((view) => view.state)
  assert.deepEqual(states(new Map([['store/plc/t2', ['store/plc/t2', 59_000, 5, 1]]])), ['held', 'stale'])
  assert.deepEqual(states(new Map()), ['stale', 'stale'])
})
