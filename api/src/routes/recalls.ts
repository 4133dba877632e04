/** `/api/v1/recalls`: report, investigation, plan or order, scope, start and end of a recall; each changing call is one step of its journal. */
import { Type } from 'typebox'
import {
  DeclineBody,
  EvidenceBody,
  FindingBody,
  InvestigationBody,
  OrderBody,
  PlanBody,
  RecallDetail,
  RecallPage,
  RecallReportBody,
  RouteBody,
  SignedBody
} from '@tracegate/model/http-recalls'
import { answers, limitDefault } from '../answers.ts'
import { caseStates } from '../case-pages.ts'
import type { ApiContext } from '../context.ts'
import { foundKnowledge } from '../recalls/knowledge.ts'
import { foodAmong } from '../recalls/recall-office.ts'
import type { HttpServer } from '../schema-types.ts'
import { detailOf, principalOf, RecallParams, schemaOf, signedIn, signedOf, stepTaker } from './recall-steps.ts'

export function recallRoutes(app: HttpServer, context: ApiContext): void {
  const { recalls } = context
  readingRoutes(app, context)
  app.post(
    '/api/v1/recalls',
    {
      config: signedIn,
      schema: {
        tags: ['recalls'],
        summary: 'Report a defect: by the company (respond) or the authority (order)',
        body: RecallReportBody,
        response: answers(RecallDetail)
      }
    },
    async (request) => {
      const { knowledge = [], why, role, origin = {}, drill = false, ...report } = request.body
      const kept = await recalls.report({
        principal: principalOf(request),
        ...signedOf({ ...(why === undefined ? {} : { why }), ...(role === undefined ? {} : { role }) }),
        async make({ policy, role: taken }) {
          // What the register calls food is food, whatever the report says of it.
          const food = (await foodAmong(context.registers, report.products)) === undefined ? {} : { regime: 'food' as const }
          const whole = { ...report, ...food, drill, origin: { warnings: [], anomalies: [], reports: [], assessments: [], ...origin } }
          return {
            type: 'reported',
            report: whole,
            role: taken,
            knowledge: [...knowledge, ...(await foundKnowledge(context, whole))],
            reportWithinMs: policy.policy.recalls.reportWithinMs,
            policyVersion: policy.version
          }
        }
      })
      return detailOf(kept)
    }
  )
  stepRoutes(app, context)
}

function readingRoutes(app: HttpServer, { recalls }: ApiContext): void {
  const query = Type.Object({
    state: Type.Optional(Type.Enum(caseStates)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    cursor: Type.Optional(Type.String())
  })
  app.get(
    '/api/v1/recalls',
    { schema: { tags: ['recalls'], summary: 'Recalls, open ones first, newest first', querystring: query, response: answers(RecallPage) } },
    (request) => recalls.book.page({ ...request.query, limit: request.query.limit ?? limitDefault })
  )
  app.get(
    '/api/v1/recalls/:id',
    { schema: { tags: ['recalls'], summary: 'A recall with its journal', params: RecallParams, response: answers(RecallDetail) } },
    async (request) => {
      const [kept, journal] = await Promise.all([recalls.book.get(request.params.id), recalls.book.journal(request.params.id)])
      return {
        ...detailOf(kept),
        journal: journal.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash }))
      }
    }
  )
}

function stepRoutes(app: HttpServer, context: ApiContext): void {
  const take = stepTaker(context)
  const root = '/api/v1/recalls/:id'
  app.post(
    `${root}/company-report`,
    { config: signedIn, schema: schemaOf('The company reports what another one reported before it', SignedBody) },
    (request) => take(request, 'companyReported', ({ policy }) => ({ type: 'companyReported', policyVersion: policy.version }))
  )
  app.post(
    `${root}/evidence`,
    {
      config: signedIn,
      schema: schemaOf('Time stamps that prove since when the company knew; concealment is computed from them', EvidenceBody)
    },
    (request) =>
      take(request, 'evidenceAdded', ({ policy }) => ({
        type: 'evidenceAdded',
        knowledge: request.body.knowledge,
        policyVersion: policy.version
      }))
  )
  app.post(`${root}/investigation`, { config: signedIn, schema: schemaOf('Open the investigation', InvestigationBody) }, (request) =>
    take(request, 'investigationOpened', ({ policy, atMs }) => ({
      type: 'investigationOpened',
      question: request.body.question,
      dueMs: atMs + policy.policy.recalls.investigateWithinMs,
      policyVersion: policy.version
    }))
  )
  app.post(`${root}/investigation/end`, { config: signedIn, schema: schemaOf('End it: a defect, or none', FindingBody) }, (request) =>
    take(request, 'investigationEnded', ({ policy, atMs, state }) => {
      const { verdict, findings, evidence } = request.body
      const withinMs = policy.policy.recalls.planWithinMs[state.harm - 1] ?? 0
      const due = verdict === 'defect' ? { planDueMs: atMs + withinMs } : {}
      return { type: 'investigationEnded', verdict, findings, evidence, ...due, policyVersion: policy.version }
    })
  )
  app.post(
    `${root}/route`,
    { config: signedIn, schema: schemaOf('Hand food over to the procedure of the food-safety law that the policy names', RouteBody) },
    (request) =>
      take(request, 'routed', ({ policy }) => {
        const { reference } = request.body
        const { procedure, authority } = policy.policy.publication.food
        const to = { zh: `${authority.zh}（${procedure.zh}）`, en: `${authority.en} (${procedure.en})` }
        return { type: 'routed', to, ...(reference === undefined ? {} : { reference }), policyVersion: policy.version }
      })
  )
  planRoutes(app, context)
}

function planRoutes(app: HttpServer, context: ApiContext): void {
  const take = stepTaker(context)
  const root = '/api/v1/recalls/:id'
  app.post(
    `${root}/plan/decline`,
    { config: signedIn, schema: schemaOf('The company declines to plan voluntarily', DeclineBody) },
    (request) =>
      take(request, 'planDeclined', ({ policy }) => ({ type: 'planDeclined', reason: request.body.reason, policyVersion: policy.version }))
  )
  app.post(
    `${root}/order`,
    { config: signedIn, schema: schemaOf('The authority orders the recall: no voluntary plan came in time, or harm is grave', OrderBody) },
    (request) =>
      take(request, 'ordered', ({ policy, atMs }) => {
        const { authority, basis, urgent } = request.body
        const { orderedPlanWithinMs, orderAtOnceFromHarm } = policy.policy.recalls
        return {
          type: 'ordered',
          authority,
          basis,
          planDueMs: atMs + orderedPlanWithinMs,
          ...(urgent === undefined ? {} : { urgent }),
          orderAtOnceFromHarm,
          policyVersion: policy.version
        }
      })
  )
  app.post(`${root}/plan`, { config: signedIn, schema: schemaOf('The plan: voluntary, or as ordered', PlanBody) }, (request) =>
    take(request, 'planned', ({ policy, role }) => {
      const { remediesAtLeast, completeWithinMs } = policy.policy.recalls
      return { type: 'planned', plan: request.body.plan, role, remediesAtLeast, completeWithinMs, policyVersion: policy.version }
    })
  )
  app.post(
    `${root}/start`,
    { config: signedIn, schema: schemaOf('Start it: plan, scope and notice must be there', SignedBody) },
    (request) => take(request, 'started', ({ policy }) => ({ type: 'started', policyVersion: policy.version }))
  )
}
