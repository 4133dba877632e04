/** The journals of a whole story: replayed they give the case, and whoever changes one entry is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { reduceAssessment, AssessmentStep } from '@tracegate/model/assessment-reducer'
import { compileValidator } from '@tracegate/model/codec'
import { EvaluationStep, reduceEvaluation } from '@tracegate/model/evaluation'
import { WarningRow } from '@tracegate/model/http-warnings'
import { readWarningStep, reduceWarning } from '@tracegate/model/warning-reducer'
import type { JournalStep } from '@tracegate/store/case-store'
import { verifyJournal } from '@tracegate/store/journal'
import { createWorld, startMs } from '../harness.ts'
import { createOffice } from './harness.ts'

/** The value with one leaf of it changed; which one follows from `at`. */
function tampered(value: unknown, at: number): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'string') return `${value}x`
  if (typeof value === 'boolean') return !value
  if (typeof value !== 'object' || value === null) return 'x'
  const entries = Object.entries(value)
  if (entries.length === 0) return { x: 1 }
  const name = entries[at % entries.length]?.[0]
  const changed = entries.map(([key, member]): [string, unknown] => [
    key,
    key === name ? tampered(member, Math.floor(at / entries.length)) : member
  ])
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed)
}

const members = ['atMs', 'by', 'action', 'why', 'data', 'hash', 'previousHash'] as const
const assessmentSteps = compileValidator(AssessmentStep)
const evaluationSteps = compileValidator(EvaluationStep)

/** Folds a journal by the reducer of its kind. */
function replayed<Step, State>(
  journal: readonly JournalStep[],
  id: string,
  {
    read,
    reduce
  }: {
    read: (data: unknown) => { ok: true; value: Step } | { ok: false }
    reduce: (before: State | undefined, step: Step, context: { id: string; atMs: number; by: string; why: string }) => State
  }
): State | undefined {
  let state: State | undefined
  for (const { atMs, by, why, data } of journal) {
    const step = read(data)
    assert.ok(step.ok)
    state = reduce(state, step.value, { id, atMs, by, why })
  }
  return state
}

test('replaying the journals gives the same cases, and a change of any entry is found', async () => {
  const world = await createWorld({ nowMs: () => startMs, withAccount: false })
  const office = await createOffice(world)
  const payload = {
    why: 'seen in the market',
    title: { zh: '玩具小零件', en: 'Small parts of a toy' },
    matters: { zh: '可致儿童窒息', en: 'Children may choke' },
    range: { regions: ['CN'], hsPrefixes: ['9503'], brands: ['Toy'] }
  }
  const { id } = await office.ok(WarningRow, 'assessor', { url: '/api/v1/warnings', payload })
  const published = await office.publish(id)
  await office.step('publisher', id, 'amend', { content: { matters: { zh: '改', en: 'amended' } } })
  const evaluation = await office.evaluation(id, 'lift')
  await office.step('publisher', id, 'lift', { evaluation })

  const { cases } = world
  const journals = {
    warning: { id, journal: await cases.journal('warning', id) },
    assessment: { id: published.assessment ?? '', journal: await cases.journal('assessment', published.assessment ?? '') },
    evaluation: { id: evaluation, journal: await cases.journal('evaluation', evaluation) }
  }
  const headOf = async (kind: keyof typeof journals) => (await cases.head(kind, journals[kind].id))?.state
  const { warning, assessment } = journals
  assert.deepEqual(replayed(warning.journal, id, { read: readWarningStep, reduce: reduceWarning }), await headOf('warning'))
  const byAssessment = { read: (data: unknown) => assessmentSteps.check(data), reduce: reduceAssessment }
  assert.deepEqual(replayed(assessment.journal, assessment.id, byAssessment), await headOf('assessment'))
  const byEvaluation = { read: (data: unknown) => evaluationSteps.check(data), reduce: reduceEvaluation }
  assert.deepEqual(replayed(journals.evaluation.journal, evaluation, byEvaluation), await headOf('evaluation'))

  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(journals)),
      fc.nat(),
      fc.constantFrom(...members),
      fc.nat(),
      ({ journal }, which, member, at) => {
        assert.ok(verifyJournal(journal).ok)
        const index = which % journal.length
        const changed = journal.map((step, place) => (place === index ? { ...step, [member]: tampered(step[member], at) } : step))
        assert.equal(verifyJournal(changed).ok, false)
        // A journal cut at its end is still a chain: the length in the head tells of that.
        if (index < journal.length - 1) assert.equal(verifyJournal(journal.toSpliced(index, 1)).ok, false)
      }
    ),
    { numRuns: 200 }
  )
})
