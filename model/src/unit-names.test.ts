/** What devices call a unit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ucumOf } from './unit-names.ts'

test('names and codes that mean one thing become UCUM, own ones first, and others are left to be explained', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['°C', 'Cel'],
    [' deg C ', 'Cel'],
    ['Cel', 'Cel'],
    ['%RH', '%'],
    ['kWh', 'kW.h'],
    ['pH', '[pH]'],
    ['kPa', 'kPa'],
    ['1', '1'],
    ['smoot', undefined],
    ['constructor', undefined],
    ['', undefined]
  ]
  for (const [name, code] of cases) assert.equal(ucumOf(name), code, name)
  assert.equal(ucumOf('Grad', { Grad: 'Cel' }), 'Cel')
  assert.equal(ucumOf('°C', { '°C': 'K' }), 'K')
})
