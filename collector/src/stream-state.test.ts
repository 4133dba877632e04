/** Deduplication never loses a message and stays within its bounds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { emptyStream, holesMax, intervalsAboveMax, noteSequence, type StreamState } from './stream-state.ts'

const options = { nowMs: 0, gapGiveUpMs: 1_000, startGiveUpMs: 100 }

function noteAll(sequence: readonly number[], how = options): { state: StreamState; fresh: number[] } {
  let state = emptyStream
  const fresh: number[] = []
  for (const seq of sequence) {
    const noted = noteSequence(state, seq, how)
    state = noted.state
    if (noted.isNew) fresh.push(seq)
  }
  return { state, fresh }
}

describe('noteSequence()', () => {
  it('needs one number for a stream that comes in order', () => {
    const { state } = noteAll(Array.from({ length: 1_000 }, (_, seq) => seq))
    assert.deepEqual(state, { upTo: 999, above: [], holes: [], gapSinceMs: 0 })
  })

  it('TG-903: takes every message once, whatever the order and the repeats', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 200 }), (sequence) => {
        const { state, fresh } = noteAll(sequence)
        assert.deepEqual(
          fresh.toSorted((a, b) => a - b),
          [...new Set(sequence)].toSorted((a, b) => a - b)
        )
        const there = new Set(sequence)
        let contiguous = -1
        while (there.has(contiguous + 1)) contiguous += 1
        assert.equal(state.upTo, contiguous)
      })
    )
  })

  it('never takes a new message for a duplicate, even past its bounds', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5_000), { minLength: 100, maxLength: 600 }), (sequence) => {
        const { state, fresh } = noteAll(sequence)
        assert.deepEqual(fresh, sequence)
        assert.ok(state.above.length <= intervalsAboveMax && state.holes.length <= holesMax)
      })
    )
  })

  it('TG-902: gives a gap up after its time, and still takes its messages', () => {
    const first = noteAll([0, 5, 6]).state
    assert.equal(first.upTo, 0)
    const later = noteSequence(first, 7, { ...options, nowMs: 2_000 })
    assert.equal(later.state.upTo, 7)
    assert.equal(later.givenUp, 4)
    const late = noteSequence(later.state, 3, { ...options, nowMs: 2_000 })
    assert.ok(late.isNew)
    assert.ok(!noteSequence(late.state, 3, options).isNew)
    assert.ok(!noteSequence(late.state, 5, options).isNew)
  })

  it('waits less for what is missing before the first message, and a repeat ends the wait too', () => {
    const first = noteAll([5_000, 5_001]).state
    assert.equal(first.upTo, -1)
    const again = noteSequence(first, 5_001, { ...options, nowMs: 100 })
    assert.deepEqual([again.isNew, again.state.upTo, again.givenUp], [false, 5_001, 5_000])
    assert.ok(noteSequence(again.state, 0, options).isNew, 'the first ones are still welcome')
  })

  it('stays quick and within its bounds with every second of 130,000 messages missing', () => {
    const startMs = performance.now()
    const { state, fresh } = noteAll(Array.from({ length: 65_000 }, (_, at) => at * 2))
    assert.equal(fresh.length, 65_000)
    assert.ok(state.above.length <= intervalsAboveMax && state.holes.length <= holesMax)
    assert.ok(performance.now() - startMs < 5_000)
  })
})
