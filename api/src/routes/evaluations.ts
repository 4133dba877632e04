/** `/api/v1/evaluations`: what a warning and its measures brought about, with figures from the data and the verdict of a person (task 11). */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Evaluation } from '@tracegate/model/evaluation'
import {
  EvaluationCompleteRequest,
  EvaluationOpenRequest,
  EvaluationPage,
  EvaluationQuery,
  EvaluationView,
  SignRequest
} from '@tracegate/model/http-warnings'
import { answers, Id, limitDefault } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { journalEntries, nameOf } from './case-answers.ts'

const Params = Type.Object({ id: Id })
const tags = ['evaluations']
const right = { right: 'assess' } as const

const viewOf = ({ state, length }: KeptCase<Evaluation>) => ({ ...state, length })

type Signed = Pick<FastifyRequest, 'principal'> & {
  readonly params: { readonly id: string }
  readonly body: { readonly why: string; readonly expectedLength?: number }
}

function signatureOf(request: Signed) {
  const { why, expectedLength } = request.body
  return { id: request.params.id, by: nameOf(request), why, ...(expectedLength === undefined ? {} : { expectedLength }) }
}

export function evaluationRoutes(app: HttpServer, context: ApiContext): void {
  const { book } = context.evaluations
  app.get(
    '/api/v1/evaluations',
    { schema: { tags, summary: 'Evaluations, open ones first', querystring: EvaluationQuery, response: answers(EvaluationPage) } },
    async (request) => {
      const { warning, status, limit = limitDefault, ...query } = request.query
      const page = await book.page({ ...query, limit })
      const fits = (one: Evaluation) =>
        (warning === undefined || one.warning === warning) && (status === undefined || one.status === status)
      return { ...page, items: page.items.filter(fits) }
    }
  )
  app.get(
    '/api/v1/evaluations/:id',
    { schema: { tags, summary: 'An evaluation with its journal', params: Params, response: answers(EvaluationView) } },
    async (request) => {
      const [kept, journal] = await Promise.all([book.get(request.params.id), book.journal(request.params.id)])
      return { ...viewOf(kept), journal: journalEntries(journal) }
    }
  )
  evaluationStepRoutes(app, context)
}

function evaluationStepRoutes(app: HttpServer, context: ApiContext): void {
  const office = context.evaluations
  app.post(
    '/api/v1/evaluations',
    {
      config: right,
      schema: {
        tags,
        summary: 'Open the evaluation of a published warning: measures, readings, recalls and a proposed verdict come from the data',
        body: EvaluationOpenRequest,
        response: answers(EvaluationView)
      }
    },
    async (request) => viewOf(await office.open({ ...request.body, by: nameOf(request) }))
  )
  app.post(
    '/api/v1/evaluations/:id/refresh',
    {
      config: right,
      schema: { tags, summary: 'Take the figures as they are now', params: Params, body: SignRequest, response: answers(EvaluationView) }
    },
    async (request) => viewOf(await office.refresh(signatureOf(request)))
  )
  app.post(
    '/api/v1/evaluations/:id/complete',
    {
      config: right,
      schema: {
        tags,
        summary: 'Give the verdict: raise, keep, lower or lift',
        params: Params,
        body: EvaluationCompleteRequest,
        response: answers(EvaluationView)
      }
    },
    async (request) => viewOf(await office.complete(signatureOf(request), request.body.verdict))
  )
  app.post(
    '/api/v1/evaluations/:id/withdraw',
    {
      config: right,
      schema: { tags, summary: 'Withdraw it, with the reason', params: Params, body: SignRequest, response: answers(EvaluationView) }
    },
    async (request) => viewOf(await office.withdraw(signatureOf(request)))
  )
}
