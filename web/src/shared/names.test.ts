/** Names by key. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyNameBook, indexNames, productKeyOf } from './names.ts'

const product = {
  gtin: '09506000134352',
  key: 'https://id.gs1.org/01/09506000134352',
  name: { zh: '疫苗', en: 'Vaccine' },
  brand: 'B',
  hsCode: '300241',
  manufacturer: '9506000100000',
  regime: 'general',
  harm: 4,
  hazard: 'health',
  inspectionRequired: true
} as const

test('of() names goods by their product, lot and serial', () => {
  const names = indexNames({ ...emptyNameBook, products: [product] })
  assert.equal(names.of('https://id.gs1.org/01/09506000134352/10/LOT7', 'en'), 'Vaccine · LOT7')
  assert.equal(names.of('https://id.gs1.org/01/09506000134352/10/LOT7/21/4711', 'zh'), '疫苗 · LOT7 · 4711')
})

test('of() writes an unknown key as GS1 prints it', () => {
  const names = indexNames(emptyNameBook)
  assert.equal(names.of('https://id.gs1.org/00/095060001343500018', 'en'), '(00) 095060001343500018')
  assert.equal(names.knows('https://id.gs1.org/00/095060001343500018'), false)
})

test('productKeyOf() finds nothing in a logistic unit', () => {
  assert.equal(productKeyOf('https://id.gs1.org/00/095060001343500018'), undefined)
})
