/** The range check by declared limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRangeCheck } from './check.ts'

const check = createRangeCheck([
  { id: 'd1', kind: 'probe', name: { zh: '探头', en: 'Probe' }, metrics: [{ metric: 'temperature', unit: 'Cel', min: -40, max: 60 }] }
])
const reading = { point: 'p1', device: 'd1', metric: 'temperature', unit: 'Cel', timeMs: 0, value: 4, quality: 2 } as const

test('a value outside what its sensor can give is a fail, everything else stays as it is', () => {
  assert.equal(check(reading).quality, 2)
  assert.equal(check({ ...reading, value: 60 }).quality, 2)
  assert.equal(check({ ...reading, value: 60.1 }).quality, 4)
  assert.equal(check({ ...reading, value: -41 }).quality, 4)
  assert.equal(check({ ...reading, metric: 'other', value: 1_000 }).quality, 2)
  assert.deepEqual(check({ ...reading, value: Number.NaN, quality: 9 }), { ...reading, value: Number.NaN, quality: 9 })
})
