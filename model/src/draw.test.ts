/** The draw against vectors made by a shell, and what must hold of every draw. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { draw, ticketOf, verifyDraw } from './draw.ts'

const candidates = Array.from({ length: 12 }, (_, at) => ({ id: `holder-${at + 1}`, stratum: at < 8 ? 'small' : 'large' }))

describe('draw()', () => {
  test('gives the tickets of its published vectors', () => {
    // printf 'tracegate\nsmall\nholder-1' | sha256sum
    assert.equal(ticketOf('tracegate', { id: 'holder-1', stratum: 'small' }), vectors.ticket)
    const { drawn, populationSha256, strata } = draw({ seed: 'tracegate', candidates, count: 4 })
    assert.deepEqual(
      drawn.map(({ id }) => id),
      vectors.drawn
    )
    assert.equal(populationSha256, vectors.population)
    assert.deepEqual(strata, [
      { stratum: 'large', candidates: 4, drawn: 1 },
      { stratum: 'small', candidates: 8, drawn: 3 }
    ])
  })

  test('does not depend on the order of its candidates, and draws no more than there are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 30 }),
        fc.string(),
        fc.nat(40),
        (ids, seed, count) => {
          const rows = ids.map((id) => ({ id, stratum: String(id.length % 3) }))
          const one = draw({ seed, candidates: rows, count })
          assert.deepEqual(draw({ seed, candidates: rows.toReversed(), count }), one)
          assert.equal(one.drawn.length, Math.min(count, rows.length))
          assert.equal(
            verifyDraw(
              { seed, candidates: rows, count },
              one.drawn.map(({ id }) => id)
            ),
            true
          )
          if (count >= one.strata.length)
            assert.ok(
              one.strata.every(({ drawn }) => drawn > 0),
              'each stratum has at least one'
            )
        }
      ),
      { numRuns: 100 }
    )
  })

  test('verifyDraw() finds a holder that was put in or left out', () => {
    const asked = { seed: 'a', candidates, count: 4 }
    const ids = draw(asked).drawn.map(({ id }) => id)
    assert.equal(verifyDraw(asked, ids), true)
    assert.equal(verifyDraw(asked, ids.slice(1)), false)
    const stranger = candidates.find(({ id }) => !ids.includes(id))?.id ?? ''
    assert.equal(verifyDraw(asked, [...ids.slice(1), stranger]), false)
    assert.equal(verifyDraw({ ...asked, seed: 'b' }, ids), false)
  })

  test('refuses a candidate that is there twice', () => {
    assert.throws(() => draw({ seed: 'a', candidates: [...candidates, ...candidates.slice(0, 1)], count: 1 }), /twice/)
  })
})

/** Made by a shell: the tickets of each stratum by `printf … | sha256sum`, sorted. */
const vectors = {
  ticket: 'daafc4868bb5d630b93f72ae0774ad180af8fc6b9699ab2172cebf7b5a546c14',
  drawn: ['holder-10', 'holder-3', 'holder-5', 'holder-8'],
  population: '50067538bd2554278a3ead538a58877a7f04ac01090fc20390179cb0c782c527'
}
