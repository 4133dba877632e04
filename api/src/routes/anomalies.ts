/** `/api/v1/anomalies`: what detectors saw, and what people do about it: acknowledge, shelve, unshelve, comment (ISA-18.2). */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { HandlingAct } from '@tracegate/model/anomaly-handling'
import {
  AcknowledgeRequest,
  AnomalyChatter,
  AnomalyCounts,
  AnomalyHistory,
  AnomalyListed,
  AnomalyListPage,
  AnomalyQuery,
  HandledAnswer,
  ShelveRequest
} from '@tracegate/model/http-anomalies'
import { answers, Id } from '../answers.ts'
import { createAnomalyDesk, type AnomalyDesk } from '../anomalies/anomaly-desk.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const root = '/api/v1/anomalies'
const tags = ['anomalies']
const Params = Type.Object({ id: Id })
const dayMs = 86_400_000
/** A long excursion has many steps: the first ones and the newest tell its story. */
const stepsShown = 500

export function anomalyRoutes(app: HttpServer, context: ApiContext): void {
  const desk = createAnomalyDesk({ cases: context.cases, journal: context.anomalies, policy: context.policy, nowMs: context.nowMs })
  listRoutes(app, desk)
  app.get(`${root}/:id`, { schema: { tags, summary: 'An anomaly', params: Params, response: answers(AnomalyListed) } }, async (request) => {
    const found = await context.anomalies.find(request.params.id)
    if (found === undefined) throw apiError('NOT_FOUND', { what: 'anomaly', id: request.params.id })
    return desk.listed(found.anomaly)
  })
  app.get(
    `${root}/:id/journal`,
    { schema: { tags, summary: 'What the detectors and people did, step by step', params: Params, response: answers(AnomalyHistory) } },
    async (request) => {
      const journal = await context.cases.journal('anomaly', request.params.id)
      if (journal.length === 0) throw apiError('NOT_FOUND', { what: 'anomaly', id: request.params.id })
      const truncated = journal.length > 2 * stepsShown
      const shown = truncated ? [...journal.slice(0, stepsShown), ...journal.slice(-stepsShown)] : journal
      const items = shown.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash }))
      return { items, length: journal.length, truncated }
    }
  )
  handlingRoutes(app, desk)
}

function listRoutes(app: HttpServer, desk: AnomalyDesk): void {
  app.get(
    root,
    {
      schema: {
        tags,
        summary: 'Anomalies, open ones first, newest first',
        description: 'A page that is filtered may hold fewer than asked for and still tell where to go on.',
        querystring: AnomalyQuery,
        response: answers(AnomalyListPage)
      }
    },
    (request) => desk.page(request.query)
  )
  app.get(`${root}/counts`, { schema: { tags, summary: 'How many there are, by state and kind', response: answers(AnomalyCounts) } }, () =>
    desk.counts()
  )
  app.get(
    `${root}/chatter`,
    {
      schema: {
        tags,
        summary: 'Which rules and devices say something most often, and where more opens than people can follow',
        querystring: Type.Object({ windowMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 90 * dayMs })) }),
        response: answers(AnomalyChatter)
      }
    },
    (request) => desk.chatter(request.query.windowMs)
  )
}

function handlingRoutes(app: HttpServer, desk: AnomalyDesk): void {
  const schema = { tags, params: Params, response: answers(HandledAnswer) }
  const config = { right: 'assess' } as const
  const take = (
    request: FastifyRequest<{ Params: { id: string } }>,
    { why, expectedLength }: { why: string; expectedLength?: number },
    act: HandlingAct
  ) => desk.act({ id: request.params.id, by: request.principal?.name ?? 'unknown', why, expectedLength, act })
  app.post(`${root}/:id/acknowledge`, { config, schema: { ...schema, summary: 'Take note of it', body: AcknowledgeRequest } }, (request) =>
    take(request, request.body, { type: 'acknowledged' })
  )
  app.post(
    `${root}/:id/shelve`,
    {
      config,
      schema: {
        ...schema,
        summary: 'Put it on the shelf until a time: it is still followed, and drafts no warning unless the policy says so',
        body: ShelveRequest
      }
    },
    (request) => take(request, request.body, { type: 'shelved', untilMs: request.body.untilMs })
  )
  app.post(
    `${root}/:id/unshelve`,
    { config, schema: { ...schema, summary: 'Take it off the shelf', body: AcknowledgeRequest } },
    (request) => take(request, request.body, { type: 'unshelved' })
  )
  app.post(
    `${root}/:id/comment`,
    { config, schema: { ...schema, summary: 'Write a comment into its journal', body: AcknowledgeRequest } },
    (request) => take(request, request.body, { type: 'commented' })
  )
}
