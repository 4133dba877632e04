/** The mean kinetic temperature against figures worked out by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kelvinScaleOf, kineticWeightOf, meanKineticTemperatureOf } from './mean-kinetic-temperature.ts'

function mktOf(values: readonly number[], unit: string): number {
  const scale = kelvinScaleOf(unit)
  assert.ok(scale !== undefined)
  return meanKineticTemperatureOf(
    values.reduce((sum, value) => sum + kineticWeightOf(value, scale), 0),
    values.length
  )
}
const near = (found: number, wanted: number): void => assert.ok(Math.abs(found - wanted) < 5e-4, `${found}, expected ${wanted}`)

void test('a constant temperature is its own mean kinetic temperature, in whatever unit it came', () => {
  near(mktOf([5, 5, 5], 'Cel'), 5)
  near(mktOf([278.15], 'K'), 5)
  near(mktOf([41, 41], '[degF]'), 5)
  near(mktOf([5], '°C'), 5)
})

void test('the mean kinetic temperature lies above the mean, by the formula of USP <1079>', () => {
  // 9,999.9134 / -ln((e^(-9,999.9134/298.15) + e^(-9,999.9134/308.15)) / 2) = 304.371 K.
  near(mktOf([25, 35], 'Cel'), 31.221)
  assert.ok(mktOf([2, 8], 'Cel') > 5)
  near(mktOf([-196, -196], 'Cel'), -196)
})

void test('a unit that is no temperature has no scale, and no reading has no mean kinetic temperature', () => {
  assert.equal(kelvinScaleOf('%'), undefined)
  assert.equal(kelvinScaleOf('[degRe]'), undefined)
  assert.ok(Number.isNaN(meanKineticTemperatureOf(0, 0)))
})
