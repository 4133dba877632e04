/** People with rights of their own and the way of a warning from draft to lifting, for tests. Nothing of the product imports it. */
import assert from 'node:assert/strict'
import { compileValidator } from '@tracegate/model/codec'
import { AssessmentView, EvaluationView, WarningRow } from '@tracegate/model/http-warnings'
import type { Static, TSchema } from 'typebox'
import type { Right } from '../accounts.ts'
import { createCheckedServer, type World } from '../harness.ts'

const people = {
  assessor: ['read', 'assess'],
  approver: ['read', 'approve'],
  publisher: ['read', 'publish', 'assess'],
  stateCouncil: ['read', 'publish', 'publishLevelI', 'assess'],
  configurer: ['read', 'configure']
} as const satisfies Readonly<Record<string, readonly Right[]>>
export type PersonName = keyof typeof people

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export async function createOffice(world: World) {
  for (const [name, rights] of Object.entries(people)) await world.accounts.ensureServiceKey(name, `key-of-${name}-0123456789`, rights)
  const app = await createCheckedServer(world)

  async function ask(who: PersonName, method: 'GET' | 'POST', url: string, payload?: object): Promise<Answer> {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer key-of-${who}-0123456789` },
      ...(payload === undefined ? {} : { payload })
    })
    const body: unknown = answer.json()
    return { status: answer.statusCode, body }
  }
  async function ok<Schema extends TSchema>(
    schema: Schema,
    who: PersonName,
    request: { readonly url: string; readonly payload?: object }
  ): Promise<Static<Schema>> {
    const { status, body } = await ask(who, request.payload === undefined ? 'GET' : 'POST', request.url, request.payload)
    assert.equal(status, 200, JSON.stringify(body).slice(0, 2_000))
    const read = compileValidator(schema).check(body)
    assert.ok(read.ok, read.ok ? '' : `${read.reason.pointer}: ${read.reason.message}`)
    return read.value
  }
  const step = (who: PersonName, id: string, name: string, payload: object = {}) =>
    ok(WarningRow, who, { url: `/api/v1/warnings/${id}/${name}`, payload: { why: `test: ${name}`, ...payload } })

  /** A completed assessment of the warning whose criteria are those of the draft. */
  async function assessment(id: string, corrections: object = {}): Promise<string> {
    const opened = await ok(AssessmentView, 'assessor', { url: '/api/v1/assessments', payload: { warning: id, why: 'test' } })
    const payload = {
      why: 'test',
      scenarios: [scenario],
      evidence: [...opened.evidence, { type: 'document', ref: 'test report' }],
      corrections
    }
    await ok(AssessmentView, 'assessor', { url: `/api/v1/assessments/${opened.id}/revise`, payload })
    await ok(AssessmentView, 'assessor', { url: `/api/v1/assessments/${opened.id}/complete`, payload: { why: 'test' } })
    return opened.id
  }
  async function evaluation(warning: string, verdict: string, who: PersonName = 'assessor'): Promise<string> {
    const opened = await ok(EvaluationView, who, { url: '/api/v1/evaluations', payload: { warning, why: 'test' } })
    await ok(EvaluationView, who, { url: `/api/v1/evaluations/${opened.id}/complete`, payload: { why: 'test', verdict } })
    return opened.id
  }
  /** From draft to publication at level II or less grave, as an operators' notice. */
  async function publish(id: string, content: object = {}) {
    const written = { kind: 'operatorNotice', audience: { operators: ['9506000134352'] }, level: 'II', ...content }
    await step('assessor', id, 'assess', { assessment: await assessment(id), content: written })
    await step('approver', id, 'approve')
    return step('publisher', id, 'publish')
  }
  return { app, ask, ok, step, assessment, evaluation, publish }
}

/** 1 × 1/50 × 1/10 = 1/500 at severity 4: serious. */
const scenario = {
  title: { zh: '疫苗失效', en: 'Spoilt vaccine' },
  severity: 4,
  steps: [
    { text: { zh: '超温', en: 'It was too warm' }, probability: 1, basis: 'readings' },
    { text: { zh: '接种', en: 'It is given' }, probability: '1/50', basis: 'register' },
    { text: { zh: '无保护', en: 'It does not protect' }, probability: 0.1 }
  ]
}
