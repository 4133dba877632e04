/**
 * People who decide, over the public HTTP interface of a running product: one by the service key, one signed in with the first account, as
 * no step of a grave warning may be taken by one person alone. It starts and ends nothing.
 */
import assert from 'node:assert/strict'
import { compileValidator } from '@tracegate/model/codec'
import { AssessmentView, EvaluationView, WarningRow, WarningView } from '@tracegate/model/http-warnings'
import type { Static, TSchema } from 'typebox'
import { bootstrapKey } from './product.ts'

export interface Person {
  ask(path: string, body?: unknown, type?: string): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>
  /** 200 and an answer of the schema, or the test ends. */
  get<Schema extends TSchema>(schema: Schema, path: string): Promise<Static<Schema>>
  post<Schema extends TSchema>(schema: Schema, path: string, body: object): Promise<Static<Schema>>
}

function personOf(url: string, headers: Readonly<Record<string, string>>): Person {
  const ask: Person['ask'] = async (path, body, type = 'application/json') => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000)
    })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const read = async <Schema extends TSchema>(schema: Schema, path: string, body?: object): Promise<Static<Schema>> => {
    const { status, text } = await ask(path, body)
    assert.ok(status === 200 || status === 201, `${path}: ${status} ${text.slice(0, 2_000)}`)
    const checked = compileValidator(schema).check(JSON.parse(text))
    assert.ok(checked.ok, checked.ok ? '' : `${path}${checked.reason.pointer}: ${checked.reason.message}`)
    return checked.value
  }
  return { ask, get: (schema, path) => read(schema, path), post: read }
}

export interface People {
  /** Everybody: no key. */
  readonly anybody: Person
  readonly first: Person
  readonly second: Person
}

export async function peopleOf(url: string, signIn: { readonly name: string; readonly password: string } | undefined): Promise<People> {
  assert.ok(signIn, 'this start made the first account')
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(signIn)
  })
  assert.equal(answer.status, 200)
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return {
    anybody: personOf(url, {}),
    first: personOf(url, { authorization: `Bearer ${bootstrapKey}` }),
    second: personOf(url, { cookie, origin: url })
  }
}

export const text = (en: string) => ({ zh: `${en}（中文）`, en })

/** 1 × 1/50 × 1/10 = 1/500 at severity 4: serious. */
export const scenario = {
  title: text('It harms somebody'),
  severity: 4,
  steps: [
    { text: text('The thing is as it should not be'), probability: 1, basis: 'evidence' },
    { text: text('Somebody uses it'), probability: '1/50', basis: 'register' },
    { text: text('It does harm'), probability: 0.1, basis: 'literature' }
  ]
}

/** From the draft to publication: assessed by one, approved by the other. Gives the case as published. */
export async function publish({ first, second }: People, id: string, content: object): Promise<WarningRow> {
  const opened = await first.post(AssessmentView, '/api/v1/assessments', { warning: id, why: 'a draft came' })
  await first.post(AssessmentView, `/api/v1/assessments/${opened.id}/revise`, { why: 'the scenario', scenarios: [scenario] })
  const assessed = await first.post(AssessmentView, `/api/v1/assessments/${opened.id}/complete`, { why: 'complete' })
  assert.equal(assessed.result.risk, 'serious')
  assert.ok(assessed.result.sensitivity.length > 0)
  await first.post(WarningRow, `/api/v1/warnings/${id}/assess`, { why: 'assessed', assessment: opened.id, content })
  const same = await first.ask(`/api/v1/warnings/${id}/approve`, { why: 'in a hurry' })
  assert.equal(same.status, 409, 'who assessed it does not approve it')
  await second.post(WarningRow, `/api/v1/warnings/${id}/approve`, { why: 'approved' })
  return first.post(WarningRow, `/api/v1/warnings/${id}/publish`, { why: 'published' })
}

/** Evaluated by one with the verdict to lift, lifted by the other. */
export async function lift({ first, second }: People, id: string): Promise<WarningRow> {
  const early = await second.ask(`/api/v1/warnings/${id}/lift`, { why: 'no evaluation', evaluation: 'E-0000' })
  assert.ok(early.status === 409 || early.status === 404, early.text)
  const opened = await first.post(EvaluationView, '/api/v1/evaluations', { warning: id, why: 'measures are done' })
  await first.post(EvaluationView, `/api/v1/evaluations/${opened.id}/complete`, { why: 'nothing is left to do', verdict: 'lift' })
  return second.post(WarningRow, `/api/v1/warnings/${id}/lift`, { why: 'over', evaluation: opened.id })
}

export async function journalOf({ first }: People, id: string): Promise<string[]> {
  const { journal = [] } = await first.get(WarningView, `/api/v1/warnings/${id}`)
  return journal.map(({ action }) => action)
}
