/** The QARTOD tests against vectors of others, and their own edges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatLine, grossRange, rateOfChange, timeGap } from './qartod.ts'

test('grossRange() counts both ends of a span as inside', () => {
  assert.deepEqual(grossRange([9.99, 10, 20, 40, 50, 50.01, null], { failSpan: [10, 50], suspectSpan: [20, 40] }), [4, 3, 1, 1, 3, 4, 9])
})

test('grossRange() refuses a suspect span that is not within the fail span', () => {
  assert.throws(() => grossRange([1], { failSpan: [1, 2], suspectSpan: [0, 2] }), /suspectSpan is \[0, 2\]/)
})

test('rateOfChange() cannot judge the first value nor one after a missing one', () => {
  const times = [0, 1_000, 2_000, 3_000]
  assert.deepEqual(rateOfChange([0, 10, null, 50], times, { suspect: 5, fail: 20 }), [1, 3, 9, 1])
})

test('flatLine() with tolerance 0 never fires, since the range must be strictly less', () => {
  const times = [0, 1_000, 2_000, 3_000]
  assert.deepEqual(flatLine([5, 5, 5, 5], times, { suspectSeconds: 2, failSeconds: 3, tolerance: 0 }), [1, 1, 1, 1])
  assert.deepEqual(flatLine([5, 5, 5, 5], times, { suspectSeconds: 2, failSeconds: 3, tolerance: 0.1 }), [1, 1, 3, 4])
})

test('timeGap() gives the first row the flag of the second', () => {
  assert.deepEqual(timeGap([0, 10_000, 11_000], 5_000), [4, 4, 1])
  assert.deepEqual(timeGap([0], 5_000), [2])
  assert.deepEqual(timeGap([0, null, 11_000], 5_000), [2, 9, 2])
})
