/** `/api/v1/assessments`: hazard, scenarios, severity and probability, evidence, and the criteria that people correct (task 6). */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Assessment } from '@tracegate/model/assessment'
import {
  AssessmentOpenRequest,
  AssessmentPage,
  AssessmentQuery,
  AssessmentReviseRequest,
  AssessmentView,
  QualityIndex,
  QualityQuery,
  SignRequest
} from '@tracegate/model/http-warnings'
import { answers, Id, limitDefault } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { qualityIndex } from '../assessments/quality.ts'
import { journalEntries, nameOf } from './case-answers.ts'

const Params = Type.Object({ id: Id })
const tags = ['assessments']
const right = { right: 'assess' } as const

const viewOf = ({ state, length }: KeptCase<Assessment>) => ({ ...state, length })

type Signed = Pick<FastifyRequest, 'principal'> & {
  readonly params: { readonly id: string }
  readonly body: { readonly why: string; readonly expectedLength?: number }
}

function signatureOf(request: Signed) {
  const { why, expectedLength } = request.body
  return { id: request.params.id, by: nameOf(request), why, ...(expectedLength === undefined ? {} : { expectedLength }) }
}

export function assessmentRoutes(app: HttpServer, context: ApiContext): void {
  const { book } = context.assessments
  app.get(
    '/api/v1/assessments',
    { schema: { tags, summary: 'Assessments, open ones first', querystring: AssessmentQuery, response: answers(AssessmentPage) } },
    async (request) => {
      const { warning, status, limit = limitDefault, ...query } = request.query
      const page = await book.page({ ...query, limit })
      const fits = (one: Assessment) =>
        (warning === undefined || one.warning === warning) && (status === undefined || one.status === status)
      return { ...page, items: page.items.filter(fits) }
    }
  )
  app.get(
    '/api/v1/assessments/:id',
    { schema: { tags, summary: 'An assessment with its journal', params: Params, response: answers(AssessmentView) } },
    async (request) => {
      const [kept, journal] = await Promise.all([book.get(request.params.id), book.journal(request.params.id)])
      return { ...viewOf(kept), journal: journalEntries(journal) }
    }
  )
  app.get(
    '/api/v1/quality-index',
    {
      schema: {
        tags,
        summary: 'Index of the quality of goods by heading, origin, brand or manufacturer, from what assessments found (task 7)',
        querystring: QualityQuery,
        response: answers(QualityIndex)
      }
    },
    (request) => qualityIndex(context, request.query)
  )
  assessmentStepRoutes(app, context)
}

function assessmentStepRoutes(app: HttpServer, context: ApiContext): void {
  const office = context.assessments
  app.post(
    '/api/v1/assessments',
    {
      config: right,
      schema: {
        tags,
        summary: 'Open an assessment: harm, urgency, scope and evidence are proposed from the data',
        body: AssessmentOpenRequest,
        response: answers(AssessmentView)
      }
    },
    async (request) => viewOf(await office.open(request.body, nameOf(request)))
  )
  app.post(
    '/api/v1/assessments/:id/revise',
    {
      config: right,
      schema: {
        tags,
        summary: 'Write scenarios and evidence, and correct a criterion with the reason; risk, level and sensitivity follow',
        params: Params,
        body: AssessmentReviseRequest,
        response: answers(AssessmentView)
      }
    },
    async (request) => viewOf(await office.revise(request.body, signatureOf(request)))
  )
  app.post(
    '/api/v1/assessments/:id/complete',
    {
      config: right,
      schema: {
        tags,
        summary: 'Complete it: from then on a warning may rest on it',
        params: Params,
        body: SignRequest,
        response: answers(AssessmentView)
      }
    },
    async (request) => viewOf(await office.complete(signatureOf(request)))
  )
  app.post(
    '/api/v1/assessments/:id/withdraw',
    {
      config: right,
      schema: { tags, summary: 'Withdraw it, with the reason', params: Params, body: SignRequest, response: answers(AssessmentView) }
    },
    async (request) => viewOf(await office.withdraw(signatureOf(request)))
  )
}
