/** The ledger's ranges against a model that remembers every single number. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { emptyStream, noteSequence } from '../stream-state.ts'
import { countOf, missingOf, reconcile, type Jump, type OpenGap, type Range } from './gap-rows.ts'

const options = { nowMs: 0, gapGiveUpMs: 1_000, startGiveUpMs: 100 }

function numbersOf(ranges: readonly Range[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

describe('reconcile()', () => {
  it('TG-906: the open gaps together are what is missing, whatever comes in whatever order', () => {
    const batches = fc.array(fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }), { maxLength: 30 })
    fc.assert(
      fc.property(batches, (sequence) => {
        let state = emptyStream
        let gaps: OpenGap[] = []
        const there = new Set<number>()
        for (const batch of sequence) {
          const jumps: Jump[] = []
          for (const seq of batch) {
            const highest = state.above.at(-1)?.[1] ?? state.upTo
            if (seq > highest + 1) jumps.push({ fromSeq: highest + 1, toSeq: seq - 1, sinceMs: 1, untilMs: 2 })
            state = noteSequence(state, seq, options).state
            there.add(seq)
          }
          const { opened, changed } = reconcile(gaps, missingOf(state), jumps)
          for (const { id, missing } of changed) gaps = gaps.map((gap) => (gap.id === id ? { ...gap, missing } : gap))
          gaps = gaps.filter(({ missing }) => missing.length > 0)
          gaps.push(
            ...opened.map(({ fromSeq, toSeq, missing }, index) => ({
              id: gaps.length * 1_000 + index + there.size,
              fromSeq,
              toSeq,
              missing
            }))
          )
          const highest = Math.max(...there)
          const missing = Array.from({ length: highest }, (_, seq) => seq).filter((seq) => !there.has(seq))
          assert.deepEqual(
            numbersOf(gaps.flatMap((gap) => gap.missing)).toSorted((a, b) => a - b),
            missing
          )
        }
      })
    )
  })

  it('keeps one row for one gap that is filled piece by piece', () => {
    const jump: Jump = { fromSeq: 3, toSeq: 9, sinceMs: 100, untilMs: 200 }
    const [opened] = reconcile([], [[3, 9]], [jump]).opened
    assert.deepEqual(opened, { ...jump, missing: [[3, 9]] })
    const row = { id: 1, fromSeq: 3, toSeq: 9, missing: [[3, 9]] } satisfies OpenGap & { missing: Range[] }
    assert.deepEqual(
      reconcile(
        [{ ...row, missing: [[3, 9]] }],
        [
          [3, 4],
          [6, 9]
        ],
        []
      ).changed,
      [
        {
          id: 1,
          missing: [
            [3, 4],
            [6, 9]
          ]
        }
      ]
    )
    assert.deepEqual(reconcile([row], [], []), { opened: [], changed: [{ id: 1, missing: [] }] })
  })

  it('opens a row for what the bounds of the stream state add to the missing', () => {
    const { opened } = reconcile([{ id: 1, fromSeq: 3, toSeq: 4, missing: [[3, 4]] }], [[3, 8]], [])
    assert.deepEqual(opened, [{ fromSeq: 5, toSeq: 8, sinceMs: undefined, untilMs: undefined, missing: [[5, 8]] }])
    assert.equal(countOf([[5, 8]]), 4)
  })
})
