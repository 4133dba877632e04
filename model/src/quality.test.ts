/** Combines quality flags in every order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combineFlags, qualityFlags } from './quality.ts'

test('combineFlags() gives the flag that weighs most: fail, suspect, good, not evaluated, missing', () => {
  assert.equal(combineFlags([]), 2)
  assert.equal(combineFlags([9]), 9)
  assert.equal(combineFlags([9, 2]), 2)
  assert.equal(combineFlags([2, 1]), 1)
  assert.equal(combineFlags([1, 3]), 3)
  assert.equal(combineFlags([4, 1, 9]), 4)
})

test('combineFlags() does not depend on order or repetition', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...qualityFlags), { minLength: 1 }), (flags) => {
      const combined = combineFlags(flags)
      assert.equal(combineFlags(flags.toReversed()), combined)
      assert.equal(combineFlags([...flags, ...flags]), combined)
      assert.equal(combineFlags([combined, ...flags]), combined)
    })
  )
})
