/** `/api/v1/public/recalls`: what anybody may know of recalls that run or ran: the notice, the goods by lot, no holder. */
import { Type } from 'typebox'
import { PublicRecall, PublicRecallPage } from '@tracegate/model/http-recalls'
import type { RecallCase } from '@tracegate/model/recall-case'
import { answers, fileAnswers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'
import { sendPhoto } from './recall-pages.ts'

const listedMax = 200

export function publicRecallRoutes(app: HttpServer, { recalls, ...context }: ApiContext): void {
  const schema = { tags: ['public'], security: [] }
  const query = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: listedMax })) })
  app.get(
    '/api/v1/public/recalls',
    {
      config: publicConfig,
      schema: { ...schema, summary: 'Recalls, newest first', querystring: query, response: answers(PublicRecallPage) }
    },
    async (request) => {
      const items = (await recalls.published()).slice(0, request.query.limit ?? listedMax).flatMap((recall) => publicRecall(recall) ?? [])
      return { items }
    }
  )
  const Params = Type.Object({ id: Id })
  const one = async (id: string): Promise<RecallCase> => {
    const found = (await recalls.published()).find((recall) => recall.id === id)
    if (found === undefined) throw apiError('NOT_FOUND', { what: 'recall', id })
    return found
  }
  app.get(
    '/api/v1/public/recalls/:id',
    { config: publicConfig, schema: { ...schema, summary: 'A recall', params: Params, response: answers(PublicRecall) } },
    async (request) => {
      const found = publicRecall(await one(request.params.id))
      if (found === undefined) throw apiError('NOT_FOUND', { what: 'recall', id: request.params.id })
      return found
    }
  )
  app.get(
    '/api/v1/public/recalls/:id/photo',
    {
      config: publicConfig,
      schema: { ...schema, summary: 'The photo of the product', params: Params, response: fileAnswers('image/jpeg', 'The picture') }
    },
    async (request, reply) => sendPhoto({ recalls, ...context }, await one(request.params.id), reply)
  )
}

function publicRecall({ scope, notice, closed, ...recall }: RecallCase): PublicRecall | undefined {
  if (scope === undefined || notice === undefined) return undefined
  const { id, status, kind, title, hazard, company, startedAtMs, completeByMs, updatedAtMs } = recall
  return {
    id,
    status,
    ...(kind === undefined ? {} : { kind }),
    title,
    hazardKind: hazard,
    company: company.name,
    products: scope.products,
    lots: scope.lots,
    lotsFound: scope.lotsFound,
    goods: scope.goods,
    notice: notice.content,
    noticeVersion: notice.version,
    publishedAtMs: notice.atMs,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(completeByMs === undefined ? {} : { completeByMs }),
    ...(closed === undefined ? {} : { closedAtMs: closed.atMs }),
    scopeSha256: scope.sha256,
    updatedAtMs
  }
}
