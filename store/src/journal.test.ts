/** The hash chain of a case journal shows every change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson, chainStep, firstHashOf, verifyJournal } from './journal.ts'
import type { JournalStep } from './case-store.ts'

const of = { kind: 'warning', id: 'w1' } as const

function journalOf(datas: readonly unknown[]): JournalStep[] {
  const steps: JournalStep[] = []
  for (const [index, data] of datas.entries())
    steps.push(
      chainStep({ atMs: index, by: 'a', action: 'b', why: 'c', data }, { index, previousHash: steps.at(-1)?.hash ?? firstHashOf(of) })
    )
  return steps
}

void test('canonicalJson() does not depend on the order of members and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(JSON.parse(text)), text)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
    })
  )
  assert.equal(canonicalJson({ b: 1, a: { d: undefined, c: [true, null, 'x'] } }), '{"a":{"c":[true,null,"x"]},"b":1}')
})

void test('verifyJournal() accepts what chainStep() made, also after a trip through JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), (datas) => {
      const journal: JournalStep[] = JSON.parse(JSON.stringify(journalOf(datas)))
      assert.deepEqual(verifyJournal(journal, of), { ok: true })
    })
  )
})

void test('verifyJournal() finds a changed, a missing, a swapped and a foreign step', () => {
  const journal = journalOf([1, 2, 3, 4])
  const [first, second, third, fourth] = journal
  assert.ok(first && second && third && fourth)
  assert.equal(verifyJournal([first, { ...second, data: 5 }, third, fourth], of).ok, false)
  assert.equal(verifyJournal([first, { ...second, why: 'other' }, third, fourth], of).ok, false)
  assert.equal(verifyJournal([first, third, fourth], of).ok, false)
  assert.equal(verifyJournal([second, third, fourth], of).ok, false)
  assert.equal(verifyJournal([first, third, second, fourth], of).ok, false)
  assert.equal(verifyJournal(journal, { kind: 'warning', id: 'w2' }).ok, false)
  assert.deepEqual(verifyJournal([]), { ok: true })
})
