/** The write-ahead batch gives back what it was given. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createBatch, decodeBatch, encodeBatch } from './batch.ts'

const readings = fc.array(
  fc.record({
    timeMs: fc.oneof(fc.integer({ min: 0, max: 253_402_300_799_999 }), fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 })),
    value: fc.double(),
    series: fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 9 })),
    quality: fc.constantFrom(1, 2, 3, 4, 9)
  }),
  { maxLength: 50 }
)

void test('decodeBatch() gives back exactly what encodeBatch() took, and refuses what is cut', () => {
  fc.assert(
    fc.property(readings, fc.boolean(), fc.nat(), (given, uniform, cut) => {
      const batch = createBatch(given.length)
      for (const [at, reading] of given.entries()) {
        batch.timeMs[at] = reading.timeMs
        batch.value[at] = reading.value
        batch.series[at] = reading.series
        batch.quality[at] = uniform ? 1 : reading.quality
      }
      const bytes = encodeBatch(batch)
      assert.deepEqual(decodeBatch(bytes), batch)
      assert.throws(() => decodeBatch(bytes.subarray(0, cut % bytes.length)), RangeError)
    })
  )
})
