/** Which verdict the figures of an evaluation propose, and the steps of its journal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proposeVerdict, reduceEvaluation, type EvaluationFigures } from './evaluation.ts'
import { publicationDefaults } from './policy/publication.ts'

const dayMs = 86_400_000
const figures = (change: Partial<EvaluationFigures> = {}): EvaluationFigures => ({
  sinceMs: 0,
  atMs: 10 * dayMs,
  measures: { ordered: 4, done: 4, failed: 0, late: 0, underWay: 0 },
  anomalies: { since: 0, open: 0, lastMs: dayMs, truncated: false },
  readings: [],
  recalls: [{ id: 'R-1', status: 'running', closed: false, goods: 100, accounted: 97 }],
  reportsSince: 0,
  ...change
})
const verdict = (change: Partial<EvaluationFigures> = {}) => proposeVerdict(figures(change), publicationDefaults.evaluation).verdict
const anomalies = (change: Partial<EvaluationFigures['anomalies']>) => ({ anomalies: { ...figures().anomalies, ...change } })
const measures = (done: number, failed = 0) => ({ measures: { ordered: 4, done, failed, late: 0, underWay: 4 - done - failed } })

test('a quiet cause with all done is lifted, with most done lowered, with little done kept', () => {
  assert.equal(verdict(), 'lift')
  assert.equal(verdict({ recalls: [{ id: 'R-1', status: 'running', closed: false, goods: 100, accounted: 94 }] }), 'lower')
  assert.equal(verdict({ recalls: [{ id: 'R-1', status: 'closed', closed: true }] }), 'lift')
  assert.equal(verdict(measures(3)), 'keep')
  assert.equal(verdict({ measures: { ordered: 5, done: 4, failed: 0, late: 1, underWay: 1 } }), 'lower')
})

test('a cause that goes on is kept, and raised when measures fail against it', () => {
  assert.equal(verdict(anomalies({ open: 1 })), 'keep')
  assert.equal(verdict(anomalies({ lastMs: 8 * dayMs })), 'keep', 'quiet for two days only')
  assert.equal(verdict({ ...anomalies({ open: 1, since: 1 }), ...measures(2, 1) }), 'raise')
})

test('a completed evaluation does not change any more', () => {
  const at = (atMs: number) => ({ id: 'E-1', atMs, by: 'Li', why: 'test' })
  const proposal = proposeVerdict(figures(), publicationDefaults.evaluation)
  const gathered = { figures: figures(), proposal, policyVersion: 1 }
  const open = reduceEvaluation(undefined, { type: 'opened', warning: 'W-1', drill: false, ...gathered }, at(1))
  const done = reduceEvaluation(open, { type: 'completed', verdict: 'keep', policyVersion: 2 }, at(2))
  assert.deepEqual([done.status, done.verdict, done.proposal.verdict, done.policyVersion], ['completed', 'keep', 'lift', 2])
  assert.throws(() => reduceEvaluation(done, { type: 'refreshed', ...gathered }, at(3)), { code: 'EVALUATION_STEP' })
  assert.throws(() => reduceEvaluation(undefined, { type: 'withdrawn' }, at(3)), { code: 'EVALUATION_STEP' })
})
