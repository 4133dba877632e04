/** Frozen goods read back from a journal: proved against their hash, and the keys that hold them. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import type { RecallCase } from './recall-case.ts'
import { frozenGoods, holdKeysOf } from './recall-goods.ts'
import { reduceRecall } from './recall-reducer.ts'
import type { RecallStep, RecallStepType } from './recall-steps.ts'
import { fittingStep, toy } from './recall-testing.ts'

const path = ['reported', 'planned', 'scopeFrozen', 'noticePublished', 'started'] as const

function played(names: readonly RecallStepType[]): { state: RecallCase; journal: { data: RecallStep }[] } {
  let state: RecallCase | undefined
  const journal: { data: RecallStep }[] = []
  for (const [at, name] of names.entries()) {
    const step = fittingStep(name, state, 1_000 * (at + 1))
    state = reduceRecall(state, step, { id: 'R-1', atMs: 1_000 * (at + 1), by: 'me', why: '' })
    journal.push({ data: step })
  }
  assert.ok(state !== undefined)
  return { state, journal }
}

describe('frozenGoods()', () => {
  test('gives the goods that were frozen', () => {
    const { state, journal } = played(path)
    assert.equal(frozenGoods(state, journal, 1).length, state.scope?.goods)
  })

  test('finds a good that was put in, taken out or given to another holder', () => {
    const { state, journal } = played(path)
    const tamperings: ((part: { holder: string; tails: string[] }) => { holder: string; tails: string[] })[] = [
      (part) => ({ ...part, tails: [...part.tails, 'FORGED'] }),
      (part) => ({ ...part, tails: part.tails.slice(1) }),
      (part) => ({ ...part, holder: 'somebody else' })
    ]
    for (const tamper of tamperings) {
      const forged = journal.map(({ data }) =>
        data.type === 'scopeFrozen'
          ? { data: { ...data, manifest: data.manifest.map((part, at) => (at === 0 ? { ...part, ...tamper(part) } : part)) } }
          : { data }
      )
      assert.throws(() => frozenGoods(state, forged, 1), /has the hash/)
    }
    assert.throws(() => frozenGoods(state, journal, 2), /no scope version 2/)
  })
})

test('holdKeysOf() holds a product as a whole while the recall runs, and nothing for a drill or before', () => {
  const { state, journal } = played(path)
  const goods = frozenGoods(state, journal, 1)
  assert.deepEqual(holdKeysOf(state, goods), [toy])
  assert.deepEqual(holdKeysOf({ ...state, drill: true }, goods), [])
  assert.deepEqual(holdKeysOf({ ...state, status: 'planned' }, goods), [])
})
