/** Manifests of frozen scopes: packing, hashing, comparing. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { compareManifests, manifestHash, packManifest, unpackManifest, type ManifestGood } from './recall-manifest.ts'

const good = fc.record(
  {
    key: fc
      .constantFrom('https://id.gs1.org/01/09506000134376/21/', 'https://id.gs1.org/01/09506000134376/10/', 'urn:x:')
      .chain((prefix) => fc.nat(500).map((at) => prefix + String(at))),
    state: fc.constantFrom('inStock' as const, 'sold' as const, 'inTransit' as const),
    holder: fc.constantFrom('a', 'b', 'unknown'),
    place: fc.constantFrom('p', 'q'),
    quantities: fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 99 }), uom: fc.constantFrom('KGM', 'LTR') }), { maxLength: 2 })
  },
  { requiredKeys: ['key', 'state', 'holder'] }
)
const goods = fc.uniqueArray(good, { maxLength: 60, selector: ({ key, state, holder }) => `${key} ${state} ${holder}` })
const text = (list: readonly ManifestGood[]) =>
  list.map((one) => JSON.stringify(one, ['key', 'state', 'holder', 'place', 'quantities', 'quantity', 'uom'])).sort()

describe('the manifest of a scope', () => {
  test('packs and unpacks to the same goods with the same hash, in whatever order they come', () => {
    fc.assert(
      fc.property(goods, (list) => {
        const back = unpackManifest(packManifest(list))
        assert.deepEqual(text(back), text(list))
        assert.equal(manifestHash(back), manifestHash(list.toReversed()))
      })
    )
  })

  test('changes its hash when any good changes', () => {
    fc.assert(
      fc.property(goods, fc.nat(), (list, at) => {
        const one = list[at % Math.max(1, list.length)]
        if (one === undefined) return
        const other = list.map((same) => (same === one ? { ...same, holder: 'c' } : same))
        assert.notEqual(manifestHash(other), manifestHash(list))
        assert.deepEqual(compareManifests(list, other).moved, [one.key])
        const less = list.filter(({ key }) => key !== one.key)
        assert.deepEqual(compareManifests(list, less).gone, [one.key])
        assert.deepEqual(compareManifests(less, list).added, [one.key])
      })
    )
  })

  test('is hashed as its documentation says, so that anybody can do it', () => {
    const lines = 'k1\tinStock\th\tp\t\nk2\tsold\tunknown\t\t2.5 KGM;3 -\n'
    const list: ManifestGood[] = [
      { key: 'k2', state: 'sold', holder: 'unknown', quantities: [{ quantity: 2.5, uom: 'KGM' }, { quantity: 3 }] },
      { key: 'k1', state: 'inStock', holder: 'h', place: 'p' }
    ]
    assert.equal(manifestHash(list), createHash('sha256').update(lines).digest('hex'))
  })
})
