/** What becomes of the mail of a holder, by the entries of the journal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecallCase } from './recall-case.ts'
import { mergeContacts, noticeMailOf } from './recall-contacts.ts'
import { reduceRecall } from './recall-reducer.ts'
import type { ContactEntry } from './recall-steps.ts'
import { fittingStep } from './recall-testing.ts'

const id = '0000000000000001'
const holder = { id, contact: { email: 'a@example.org' } }
const facts = { hasServer: true, drills: false }

test('a mail waits, fails, dies, is tried anew by a word, and once sent stays sent', () => {
  let recall: RecallCase | undefined
  for (const [at, type] of (['reported', 'planned', 'scopeFrozen', 'noticePublished'] as const).entries())
    recall = reduceRecall(recall, fittingStep(type, recall, at + 1), { id: 'R-1', atMs: at + 1, by: 'x', why: '' })
  assert.ok(recall !== undefined)
  const planned = recall
  let state: RecallCase = { ...planned, status: 'running' }
  const told = () => noticeMailOf(state, holder, facts)
  const tell = (entry: Omit<ContactEntry, 'holder' | 'channel'>, channel = 'email') => {
    state = { ...state, contacts: mergeContacts(state, [{ ...entry, holder: id, channel }]) }
    return told()
  }
  assert.deepEqual(noticeMailOf(planned, holder, facts), { state: 'notRunning' })
  assert.deepEqual(noticeMailOf(state, { id }, facts), { state: 'noAddress' })
  assert.deepEqual(told(), { state: 'waiting' })
  assert.deepEqual(tell({ status: 'failed', atMs: 5 }, 'telephone'), { state: 'waiting' }, 'another channel says nothing of the mail')
  assert.deepEqual(tell({ status: 'failed', atMs: 10, failure: 'away', dead: false }), { state: 'failed', atMs: 10, failure: 'away' })
  assert.deepEqual(tell({ status: 'failed', atMs: 20, failure: 'gone', dead: true }), { state: 'dead', atMs: 10, failure: 'gone' })
  assert.deepEqual(tell({ status: 'failed', atMs: 30, dead: false }), { state: 'failed', atMs: 30 })
  assert.deepEqual(tell({ status: 'sent', atMs: 40 }), { state: 'sent', atMs: 40 })
  assert.deepEqual(tell({ status: 'failed', atMs: 50, dead: true }), { state: 'sent', atMs: 40 })
  assert.ok(state.notice !== undefined)
  state = { ...state, notice: { ...state.notice, version: 2 } }
  assert.deepEqual(told(), { state: 'waiting' }, 'a new notice goes to everybody')
})
