/** The watermark of the host: a prefix, whatever the order, and a hole that stays is given up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createWatermarks } from './watermark.ts'

const at = (seq: number, boot = 'b') => ({ point: 'p', device: 'd', boot, seq })

test('a watermark never passes a number that has not come', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), (seqs) => {
      const watermarks = createWatermarks(1_000)
      watermarks.note(at(0), 0)
      const came = new Set([0])
      for (const seq of seqs) {
        watermarks.note(at(seq), 0)
        came.add(seq)
        const upTo = watermarks.take(0)[0]?.upTo ?? 0
        for (let number = 0; number <= upTo; number += 1) assert.ok(came.has(number))
        assert.ok(!came.has(upTo + 1))
      }
    })
  )
})

test('a hole is given up after a while, and each boot counts for itself', () => {
  const watermarks = createWatermarks(1_000)
  for (const seq of [5, 6, 9]) watermarks.note(at(seq), 0)
  watermarks.note(at(0, 'other'), 0)
  assert.deepEqual(
    watermarks.take(10).map(({ boot, upTo }) => [boot, upTo]),
    [
      ['b', 6],
      ['other', 0]
    ]
  )
  assert.deepEqual(watermarks.take(500), [])
  assert.equal(watermarks.take(1_001)[0]?.upTo, 9)
  assert.equal(watermarks.published('b'), 9)
})

test('a message that comes again has its watermark published again', () => {
  const watermarks = createWatermarks(1_000)
  for (const seq of [0, 1]) watermarks.note(at(seq), 0)
  assert.equal(watermarks.take(0)[0]?.upTo, 1)
  watermarks.note(at(0), 0)
  assert.equal(watermarks.take(0)[0]?.upTo, 1)
})
