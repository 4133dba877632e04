/** Versions of the policy over HTTP: added, checked, compared, never changed; and a decision made again under the version it used. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { judgeAssessment } from '@tracegate/model/assessment-judge'
import { AssessmentView, WarningRow } from '@tracegate/model/http-warnings'
import { PolicyDiff, PolicyVersionList } from '@tracegate/model/http-policy'
import { PolicyVersion } from '@tracegate/model/policy/policy'
import { levelOfFigures } from '@tracegate/model/risk'
import { anomalyOf, chamber, createWorld, itemOf, raise, startMs, traceEvent, vaccine } from '../harness.ts'
import { createTriggerEngine } from '../trigger.ts'
import { createOffice } from '../warnings/harness.ts'
import { createPolicyBook } from './policy-book.ts'

let now = startMs + 3_780_000
const nowMs = () => now
const Findings = Type.Object({ code: Type.String(), findings: Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() })) })

test('a version is added for a time to come, compared, and changes none before it', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const { ok, ask } = await createOffice(world)
  const versions = '/api/v1/policy/versions'
  const change = { grading: { harmUnknown: 3 } }
  const effectiveFromMs = now + 60_000
  const added = await ok(PolicyVersion, 'configurer', {
    url: versions,
    payload: { change, why: 'two recalls', effectiveFromMs, expectedVersion: 1 }
  })
  assert.deepEqual([added.version, added.by, added.why, added.policy.grading.harmUnknown], [2, 'configurer', 'two recalls', 3])
  assert.equal((await ok(PolicyVersion, 'assessor', { url: '/api/v1/policy' })).version, 1)
  assert.equal((await ok(PolicyVersion, 'assessor', { url: `/api/v1/policy?at=${new Date(effectiveFromMs).toISOString()}` })).version, 2)
  now = effectiveFromMs
  assert.equal((await ok(PolicyVersion, 'assessor', { url: '/api/v1/policy' })).version, 2)
  assert.equal((await ok(PolicyVersion, 'assessor', { url: `${versions}/1` })).policy.grading.harmUnknown, 2)
  const { items } = await ok(PolicyVersionList, 'assessor', { url: versions })
  assert.deepEqual(
    items.map((version) => [version.version, version.current]),
    [
      [1, false],
      [2, true]
    ]
  )
  const { differences } = await ok(PolicyDiff, 'assessor', { url: '/api/v1/policy/diff?from=1&to=2' })
  assert.deepEqual(differences, [
    {
      path: '/grading/harmUnknown',
      label: { zh: '分级 › 未登记产品的危害', en: 'grading › harm unknown' },
      change: 'changed',
      before: 2,
      after: 3
    }
  ])
  assert.equal((await ask('configurer', 'POST', versions, { change, why: 'x', expectedVersion: 1 })).status, 409)
  assert.equal((await ask('configurer', 'POST', versions, { change, why: 'x', effectiveFromMs: now - 1 })).status, 400)
  assert.equal((await ask('assessor', 'POST', versions, { change, why: 'x' })).status, 403)
  assert.equal((await world.cases.journal('audit', 'refused:assessor')).length, 1)
  assert.equal((await ask('assessor', 'GET', `${versions}/3`)).status, 404)
  const schema = await ask('assessor', 'GET', '/api/v1/policy/schema')
  assert.match(JSON.stringify(schema.body), /"\$schema":"https:\/\/json-schema\.org/)

  const [kept] = await world.cases.journal('audit', 'policy')
  assert.equal(kept?.by, 'configurer')
  assert.deepEqual(
    (await createPolicyBook({ cases: world.cases, nowMs }).versions()).map((version) => version.version),
    [1, 2]
  )
})

test('a policy that is wrong is refused with pointers, a table that is not monotone with the counterexample', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const { ask, ok } = await createOffice(world)
  const findingsOf = async (change: object) => {
    const { status, body } = await ask('configurer', 'POST', '/api/v1/policy/check', { change })
    assert.equal(status, 422)
    return findingsIn(body).map((finding) => finding.pointer)
  }
  assert.deepEqual(await findingsOf({ grading: { harmUnknown: 9 } }), ['/grading/harmUnknown'])
  assert.deepEqual(
    await findingsOf({
      grading: {
        rows: [
          { level: 'II', harmAtLeast: 1, spreadAtLeast: 2 },
          { level: 'III', harmAtLeast: 4, spreadAtLeast: 3 },
          { level: 'I', harmAtLeast: 1 }
        ]
      }
    }),
    ['/grading/rows']
  )
  const checked = await ok(Type.Object({ differences: Type.Array(Type.Unknown()) }), 'configurer', {
    url: '/api/v1/policy/check',
    payload: { change: { grading: { harmUnknown: 3 } } }
  })
  assert.equal(checked.differences.length, 1)
  assert.equal((await world.context.policy.versions()).length, 1)
})

const problems = compileValidator(Findings)

function findingsIn(body: unknown) {
  const read = problems.check(body)
  assert.ok(read.ok, JSON.stringify(body))
  return read.value.findings
}

test('a decision made again under the version it stored comes to the same, whatever the policy is now', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const { ok, assessment } = await createOffice(world)
  await world.trace.capture([
    traceEvent({ id: 'in', atMs: startMs, objects: [itemOf(vaccine, 1)], bizStep: 'storing', bizLocation: chamber })
  ])
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  const id = (await world.cases.heads({ kind: 'warning', limit: 1 })).heads[0]?.id ?? ''
  const assessmentId = await assessment(id)
  await ok(PolicyVersion, 'configurer', {
    url: '/api/v1/policy/versions',
    payload: {
      why: 'nothing is grave any more',
      change: { grading: { rows: [{ level: 'IV', harmAtLeast: 1 }] }, assessment: { harmOf: { serious: 3 } } }
    }
  })
  const warning = await ok(WarningRow, 'assessor', { url: `/api/v1/warnings/${id}` })
  const assessed = await ok(AssessmentView, 'assessor', { url: `/api/v1/assessments/${assessmentId}` })
  const { figures, level } = warning.proposal
  assert.ok(figures)
  const used = await world.context.policy.version(warning.policyVersion)
  assert.equal(levelOfFigures(figures, used.policy.grading), level)
  assert.deepEqual(judgeAssessment(assessed, (await world.context.policy.version(assessed.policyVersion)).policy), assessed.result)
  const current = (await world.context.policy.current()).policy
  assert.equal(levelOfFigures(figures, current.grading), 'IV')
  assert.notDeepEqual(judgeAssessment(assessed, current), assessed.result)
})
