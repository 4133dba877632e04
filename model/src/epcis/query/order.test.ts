/** The order by an extension field: one that holds whatever the values are, and places that survive being written. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { comparePlaces, placeOf, readPlace, writePlace } from './order.ts'

const name = { prefix: 'ex', local: 'rank' }
const json = (value: unknown, eventID = 'urn:example:1'): string =>
  JSON.stringify({ eventID, ...(value === undefined ? {} : { 'ex:rank': value }) })
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('1', '1.5', 'a', 'B', 'b', '', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00+08:00', undefined),
  fc.string()
)
const event = fc.tuple(value, fc.nat(5)).map(([found, number]) => json(found, `urn:example:${number}`))

describe('the order by an extension field', () => {
  it('has numbers, times and texts in turn, and nothing last in either direction', () => {
    const given = ['b', 2, undefined, '2026-01-01T00:00:00Z', '1', 'B', '2026-01-01T00:00:00+08:00', -1]
    const sorted = (order: 'ascending' | 'descending') =>
      given.toSorted((a, b) => comparePlaces(placeOf(json(a), name), placeOf(json(b), name), order))
    const ascending = [-1, '1', 2, '2026-01-01T00:00:00+08:00', '2026-01-01T00:00:00Z', 'B', 'b', undefined]
    assert.deepEqual(sorted('ascending'), ascending)
    assert.deepEqual(sorted('descending'), [...ascending.slice(0, -1).toReversed(), undefined])
  })

  it('is one order, and the same after a place was written and read', () => {
    fc.assert(
      fc.property(event, event, event, fc.constantFrom('ascending', 'descending'), (a, b, c, order) => {
        const [first, second, third] = [placeOf(a, name), placeOf(b, name), placeOf(c, name)]
        const compared = comparePlaces(first, second, order)
        assert.ok(Math.sign(compared) + Math.sign(comparePlaces(second, first, order)) === 0)
        if (compared <= 0 && comparePlaces(second, third, order) <= 0) assert.ok(comparePlaces(first, third, order) <= 0)
        assert.deepEqual(readPlace(writePlace(first)), first)
      })
    )
  })

  it('reads nothing as a place that is none', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readPlace(text)))
    for (const text of ['', '[]', '[9,1,1]', '[0,"a",1]', '[2,1,1]', '[0,1]', '{"kind":1}']) assert.equal(readPlace(text), undefined, text)
  })
})
