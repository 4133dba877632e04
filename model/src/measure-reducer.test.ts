/** The journal of a measure: every transition that is allowed, and every other one refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CodedError } from './errors.ts'
import { measureNames, type MeasureCase, type MeasureOrder, measureTypes } from './measure.ts'
import { type MeasureStep, measureTransitions, reduceMeasure } from './measure-reducer.ts'

const hour = 3_600_000
const order: MeasureOrder = {
  type: 'sealDetain',
  warning: 'W-2026-000001',
  level: 'II',
  drill: false,
  addressee: { type: 'point', point: 'reefer-yard' },
  goods: ['https://id.gs1.org/01/09506000134352/10/L1'],
  followsScope: true,
  instruction: { zh: '查封', en: 'Seal them' },
  reason: { zh: '超温', en: 'Too warm' },
  deadlines: { acknowledgeMs: hour, executeMs: 2 * hour },
  policyVersion: 1
}
const proof = [{ attachment: 'a-1' }]
const steps: readonly MeasureStep[] = [
  { type: 'ordered', order },
  { type: 'acknowledged', note: 'seen' },
  { type: 'started' },
  { type: 'fedBack', text: 'found 3', proof: [], figures: { found: 3 } },
  { type: 'done', text: 'sealed', proof, proofRequired: true, evaluateByMs: 9 * hour },
  { type: 'failed', text: 'gone', proof: [], evaluateByMs: 9 * hour },
  { type: 'evaluated', verdict: 'effective', text: 'holds' },
  { type: 'withdrawn', cause: 'lifted' },
  { type: 'extended', deadlines: { acknowledgeMs: 2 * hour, executeMs: 4 * hour } },
  { type: 'exempted', keys: order.goods },
  { type: 'rescoped', goods: ['https://id.gs1.org/01/09506000134352/10/L2'] },
  { type: 'escalated', escalation: { clock: 'measureExecute', step: 0, right: 'order', to: { zh: '值', en: 'duty' }, dueMs: hour } }
]
const after = (names: readonly MeasureStep['type'][]) => {
  let state: MeasureCase | undefined
  for (const [index, name] of names.entries()) {
    const step = steps.find(({ type }) => type === name)
    assert.ok(step !== undefined)
    state = reduceMeasure(state, step, { id: 'M-1', atMs: index, by: 'x', why: 'y' })
  }
  return state
}

test('an order goes its way from ordered to evaluated, each step with who and when', () => {
  const state = after(['ordered', 'acknowledged', 'started', 'fedBack', 'done', 'evaluated'])
  assert.deepEqual(
    [state?.status, state?.acknowledged?.atMs, state?.ended?.result, state?.ended?.late, state?.evaluated?.verdict, state?.feedback.length],
    ['evaluated', 1, 'done', false, 'effective', 1]
  )
  assert.equal(state?.deadlines.evaluateMs, 9 * hour)
})

test('the nine measures carry the words of task 11', () => {
  assert.equal(
    measureTypes.map((type) => measureNames[type].zh).join('、'),
    '降低信用等级、追溯调查、缺陷召回、加严监管、限制或禁止进出口、查封扣押、退运、暂停销售、销毁'
  )
})

test('done without any proof on file is refused where the policy wants one', () => {
  const executing = after(['ordered', 'acknowledged', 'started'])
  const done: MeasureStep = { type: 'done', text: 'sealed', proof: [], proofRequired: true, evaluateByMs: 1 }
  const context = { id: 'M-1', atMs: 5, by: 'x', why: '' }
  assert.throws(() => reduceMeasure(executing, done, context), { code: 'MEASURE_PROOF_MISSING', status: 422 })
  assert.equal(reduceMeasure(executing, { ...done, proofRequired: false }, context).status, 'done')
})

test('deadlines move later only, and an order comes with deadlines ahead of it', () => {
  const ordered = after(['ordered'])
  const earlier: MeasureStep = { type: 'extended', deadlines: { acknowledgeMs: 1, executeMs: 2 } }
  assert.throws(() => reduceMeasure(ordered, earlier, { id: 'M-1', atMs: 5, by: 'x', why: '' }), { code: 'MEASURE_DEADLINE_INVALID' })
  assert.throws(() => reduceMeasure(undefined, { type: 'ordered', order }, { id: 'M-1', atMs: 9 * hour, by: 'x', why: '' }), {
    code: 'MEASURE_DEADLINE_INVALID'
  })
})

test('whatever is tried in whatever order, a step goes through exactly when the table allows it, and replaying gives the same case', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 25 }), (tried) => {
      let state: MeasureCase | undefined
      const taken: { step: MeasureStep; atMs: number }[] = []
      for (const [atMs, step] of tried.entries()) {
        const allowed = measureTransitions[step.type].includes(state?.status ?? 'none')
        try {
          state = reduceMeasure(state, step, { id: 'M-1', atMs, by: 'x', why: 'y' })
          assert.ok(allowed, `${step.type} was taken`)
          taken.push({ step, atMs })
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error))
          assert.ok(error.code !== 'MEASURE_STEP_NOT_ALLOWED' || !allowed, step.type)
        }
      }
      let again: MeasureCase | undefined
      for (const { step, atMs } of taken) again = reduceMeasure(again, step, { id: 'M-1', atMs, by: 'x', why: 'y' })
      assert.deepEqual(again, state)
    }),
    { numRuns: 200 }
  )
})
