/** Known conversions, the way there and back, and what must not be converted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { convertUnit, ucumCodeOf } from './units.ts'

test('convertUnit() gives the values of the textbooks', () => {
  const known = [
    [32, '[degF]', 'Cel', 0],
    [-40, '[degF]', 'Cel', -40],
    [98.6, '[degF]', 'Cel', 37],
    [46.4, 'degF', 'Cel', 8],
    [0, 'K', 'Cel', -273.15],
    [-18, 'Cel', 'K', 255.15],
    [14.695_948_775_5, '[psi]', 'kPa', 101.325],
    [1, 'atm', 'mbar', 1_013.25],
    [55, '%RH', '%', 55],
    [0.55, '1', '%', 55],
    [2, 'kW.h', 'MJ', 7.2],
    [36, 'km/h', 'm/s', 10],
    [1, 'lb', 'kg', 0.453_592_37],
    [1_500, '{rpm}/min', 'Hz', 25]
  ] as const
  for (const [value, from, to, wanted] of known) {
    const got = convertUnit(value, from, to) ?? Number.NaN
    assert.ok(Math.abs(got - wanted) < 1e-9, `${value} ${from} is ${got} ${to}, expected ${wanted}`)
  }
})

test('convertUnit() refuses other quantities and unknown codes', () => {
  assert.equal(convertUnit(1, 'Cel', 'kPa'), undefined)
  assert.equal(convertUnit(1, 'furlong', 'm'), undefined)
  assert.equal(convertUnit(1, 'Cel', 'furlong'), undefined)
  assert.equal(convertUnit(7, 'furlong', 'furlong'), 7)
})

test('ucumCodeOf() leaves annotations out, and looks nothing up that is not its own', () => {
  assert.equal(ucumCodeOf('toString'), 'toString')
  assert.deepEqual(['%{RH}', '{count}', '°C', 'Cel'].map(ucumCodeOf), ['%', '1', 'Cel', 'Cel'])
})

test('convertUnit() there and back gives the value again', () => {
  const pairs = fc.constantFrom(['Cel', '[degF]'], ['K', '[degF]'], ['bar', '[psi]'], ['m3/h', 'L/min'], ['kW.h', 'MJ'])
  fc.assert(
    fc.property(pairs, fc.double({ min: -1e6, max: 1e6, noNaN: true }), ([from = '', to = ''], value) => {
      const there = convertUnit(value, from, to) ?? Number.NaN
      const back = convertUnit(there, to, from) ?? Number.NaN
      return Math.abs(back - value) <= 1e-6 + Math.abs(value) * 1e-9
    })
  )
})
