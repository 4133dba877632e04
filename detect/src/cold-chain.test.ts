/** Mean kinetic temperature and degree-minutes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { activationKelvin, addTemperature, degreeMinutes, emptyMeanKinetic, meanKineticTemperature } from './cold-chain.ts'

const dayMs = 86_400_000

function kineticOf(temperatures: readonly number[], durationMs = 60_000): number {
  const state = emptyMeanKinetic()
  temperatures.forEach((celsius, index) =>
    addTemperature(state, celsius, { timeMs: (index + 1) * durationMs, durationMs, windowMs: dayMs })
  )
  return meanKineticTemperature(state)
}

test('a constant temperature is its own mean kinetic temperature', () => {
  fc.assert(
    fc.property(fc.double({ min: -80, max: 60, noNaN: true }), fc.integer({ min: 1, max: 50 }), (celsius, count) => {
      assert.ok(Math.abs(kineticOf(Array.from({ length: count }, () => celsius)) - celsius) < 1e-6)
    })
  )
})

test('the mean kinetic temperature is never below the mean', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -40, max: 50, noNaN: true }), { minLength: 1, maxLength: 60 }), (temperatures) => {
      const mean = temperatures.reduce((sum, one) => sum + one, 0) / temperatures.length
      assert.ok(kineticOf(temperatures) >= mean - 1e-6)
    })
  )
})

test('the mean kinetic temperature is the one of the formula written out', () => {
  const kelvin = [278.15, 278.15, 298.15]
  const expected =
    activationKelvin / -Math.log(kelvin.reduce((sum, one) => sum + Math.exp(-activationKelvin / one), 0) / kelvin.length) - 273.15
  assert.ok(Math.abs(kineticOf([5, 5, 25]) - expected) < 1e-6)
})

test('what lies before the window is forgotten', () => {
  const state = emptyMeanKinetic()
  addTemperature(state, 40, { timeMs: dayMs, durationMs: 60_000, windowMs: dayMs })
  addTemperature(state, 5, { timeMs: dayMs * 3, durationMs: 60_000, windowMs: dayMs })
  assert.ok(Math.abs(meanKineticTemperature(state) - 5) < 1e-6)
})

test('degreeMinutes() takes the mean exceedance of both ends, on either side of the limits', () => {
  assert.equal(degreeMinutes(9, 11, 60_000, { low: 2, high: 8 }), 2)
  assert.equal(degreeMinutes(1, 0, 120_000, { low: 2, high: 8 }), 3)
  assert.equal(degreeMinutes(5, 6, 60_000, { low: 2, high: 8 }), 0)
})
