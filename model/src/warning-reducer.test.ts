/** The journal of a warning and the case it makes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWarningStep, reduceWarning, type WarningStep } from './warning-reducer.ts'
import type { UpdatedContent } from './warning-steps.ts'

const changeable = {
  title: { zh: '题', en: 'title' },
  hazard: 'biological',
  regime: 'general',
  proposal: {
    level: 'II',
    criteria: {
      harm: { value: 4, reason: { zh: '一', en: 'a' } },
      urgency: { value: 2, reason: { zh: '二', en: 'b' } },
      scope: { value: 1, reason: { zh: '三', en: 'c' } }
    },
    table: { id: 't', version: 1, source: '[ours]' },
    reason: { zh: '因', en: 'reason' }
  },
  scope: { exposed: [], products: [], lots: [], holdings: [], total: 0, truncated: false, asOfMs: 1 },
  matters: { zh: '事', en: 'matters' }
} satisfies UpdatedContent

const drafted: WarningStep = { type: 'drafted', content: { ...changeable, anomaly: 'a-1', startMs: 1, draftedAtMs: 2, draftedAfterMs: 3 } }
const updated: WarningStep = { type: 'updated', content: { ...changeable, title: { zh: '新', en: 'new' } } }

const at = (atMs: number) => ({ id: 'W-1', atMs, by: 'tracegate/trigger', why: 'test' })

test('a draft and its update give the case, with the draft kept where the update is silent', () => {
  const draft = reduceWarning(undefined, drafted, at(2))
  assert.equal(draft.status, 'draft')
  const after = reduceWarning(draft, updated, at(9))
  assert.deepEqual(after, { ...draft, title: { zh: '新', en: 'new' }, updatedAtMs: 9 })
})

test('a second draft and an update of nothing are refused', () => {
  const draft = reduceWarning(undefined, drafted, at(2))
  assert.throws(() => reduceWarning(draft, drafted, at(3)), { code: 'WARNING_STEP' })
  assert.throws(() => reduceWarning(undefined, updated, at(3)), { code: 'WARNING_STEP' })
})

test('readWarningStep() takes what was stored and refuses anything else', () => {
  assert.deepEqual(readWarningStep(JSON.parse(JSON.stringify(drafted))), { ok: true, value: drafted })
  assert.equal(readWarningStep({ type: 'published' }).ok, false)
})
