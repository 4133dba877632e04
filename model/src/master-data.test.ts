/** The hierarchy and the attributes of master data. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributeName, createMasterDataLookup, descendantsMax, type MasterDataEntry } from './master-data.ts'

const site = 'https://id.gs1.org/414/9506000134338'
const entry = (key: string, change: Partial<MasterDataEntry> = {}): MasterDataEntry => ({ key, attributes: {}, children: [], ...change })

test('descendants() gives the key and everything below it, by children, parent and extension alike', () => {
  const lookup = createMasterDataLookup([
    entry(site, { children: ['urn:dock'] }),
    entry(`${site}/254/HALL`),
    entry(`${site}/254/CH1`, { parent: `${site}/254/HALL` }),
    entry('urn:dock', { children: ['urn:door'] })
  ])
  assert.deepEqual(lookup.descendants(site), [site, 'urn:dock', `${site}/254/HALL`, 'urn:door', `${site}/254/CH1`])
  assert.deepEqual(lookup.descendants(`${site}/254/HALL`), [`${site}/254/HALL`, `${site}/254/CH1`])
  assert.deepEqual(lookup.descendants('urn:nobody'), ['urn:nobody'])
})

test('descendants() ends in a circle, and at its limit', () => {
  const circle = createMasterDataLookup([entry('urn:a', { children: ['urn:b'] }), entry('urn:b', { children: ['urn:a', 'urn:b'] })])
  assert.deepEqual(circle.descendants('urn:b'), ['urn:b', 'urn:a'])
  const many = Array.from({ length: descendantsMax + 5 }, (_, index) => `urn:${index}`)
  assert.equal(createMasterDataLookup([entry('urn:top', { children: many })]).descendants('urn:top').length, descendantsMax)
})

test('attributes are found under every spelling of their name', () => {
  for (const name of ['urn:epcglobal:cbv:mda#city', 'urn:epcglobal:cbv:mda:city', 'cbvmda:city', 'city'])
    assert.equal(attributeName(name), 'city')
  assert.equal(attributeName('https://example.com/ns/city'), 'https://example.com/ns/city')
  const lookup = createMasterDataLookup([
    entry('urn:a', { attributes: { 'urn:epcglobal:cbv:mda#city': ['Bergen'], 'urn:x': [] } }),
    entry('urn:a', { attributes: { 'cbvmda:city': ['Oslo', 'Bergen'] } }),
    entry('urn:b', { attributes: { city: ['Oslo'] } })
  ])
  assert.deepEqual(lookup.withAttribute('cbvmda:city'), ['urn:a', 'urn:b'])
  assert.deepEqual(lookup.withAttribute('city', 'Bergen'), ['urn:a'])
  assert.deepEqual(lookup.withAttribute('urn:x'), ['urn:a'])
  assert.deepEqual(lookup.withAttribute('constructor'), [])
  assert.deepEqual(lookup.attributesOf('urn:a'), { city: ['Bergen', 'Oslo'], 'urn:x': [] })
  assert.deepEqual(lookup.attributesOf('urn:c'), {})
})
