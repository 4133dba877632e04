/** Makes check digits and pairs, and breaks them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkDigitOf, checkMod10, checkPair, checkPairOf, withCheckDigit } from './check-digit.ts'

test('a number with its check digit is right, with any other it is not', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,17}$/), fc.integer({ min: 1, max: 9 }), (digits, off) => {
      assert.ok(checkMod10(withCheckDigit(digits)).ok)
      assert.ok(!checkMod10(digits + String((Number(checkDigitOf(digits)) + off) % 10)).ok)
    })
  )
})

test('a check digit finds every single wrong digit', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{13}$/), fc.nat(12), fc.integer({ min: 1, max: 9 }), (digits, at, off) => {
      const wrong = digits.slice(0, at) + String((Number(digits[at]) + off) % 10) + digits.slice(at + 1)
      assert.ok(!checkMod10(wrong + checkDigitOf(digits)).ok)
    })
  )
})

test('a text with its check pair is right', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{0,23}$/), (text) => {
      assert.ok(checkPair(text + checkPairOf(text)).ok)
    })
  )
})

test('checkMod10() and checkPair() name the fault and its place', () => {
  assert.deepEqual(checkMod10('12345678901232'), { ok: false, error: 'INCORRECT_CHECK_DIGIT', at: [13, 14] })
  assert.deepEqual(checkMod10('12 4'), { ok: false, error: 'NON_DIGIT_CHARACTER', at: [2, 3] })
  assert.deepEqual(checkPair('1987654Ad4X4bL5ttr2310cXK'), { ok: false, error: 'INCORRECT_CHECK_PAIR', at: [23, 25] })
})
