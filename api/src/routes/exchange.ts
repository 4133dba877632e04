/** `/api/v1/exchange`: declarations in, control instructions out, their receipts and feedback, and what was not taken. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ExchangeMessage, exchangeStatuses } from '@tracegate/model/exchange'
import { exchangeSchemas, FeedbackBody, ReceiptBody } from '@tracegate/model/exchange-messages'
import { ExchangeDetail, ExchangePage, ExchangeReceipt, SchemaNames } from '@tracegate/model/http-exchange'
import { PageQuery } from '@tracegate/model/http'
import { answers, Id, limitDefault } from '../answers.ts'
import { caseStates } from '../case-pages.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { partnerPrincipal } from '../exchange/partners.ts'
import { publicationError } from '../publication/errors.ts'
import type { HttpServer } from '../schema-types.ts'

const tags = ['exchange']
const Params = Type.Object({ id: Id })
const Query = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(caseStates, { description: 'open: somebody or something still has to act' })),
  status: Type.Optional(Type.Enum(exchangeStatuses, { description: 'Of those of the page' }))
})

export function exchangeRoutes(app: HttpServer, context: ApiContext): void {
  declarationRoute(app, context)
  listRoutes(app, context)
  answerRoutes(app, context)
  schemaRoutes(app)
}

/** A partner speaks for itself only; who administers may speak for any. */
function requirePartner(context: ApiContext, request: FastifyRequest, partner: string): string {
  const { principal } = request
  const { partners } = context.exchange.office
  const mayAll = principal?.rights.includes('administer') === true
  if (principal?.name === partnerPrincipal(partner) || (mayAll && partners.some(({ id }) => id === partner))) return partner
  // Without configured partners an office of its own can still hand declarations in by hand.
  if (mayAll && partners.length === 0) return partner
  throw publicationError('EXCHANGE_PARTNER', { partner, partners: mayAll ? partners.map(({ id }) => id).join(', ') : 'your own' })
}

function declarationRoute(app: HttpServer, context: ApiContext): void {
  app.post(
    '/api/v1/exchange/:partner/declarations',
    {
      config: { right: 'respond' },
      schema: {
        tags,
        summary: 'A declaration of the single window',
        description:
          'One message of schema declaration-1.0 or declaration-1.1. It is kept and answered with a receipt whether it is accepted or rejected; the same message again gets the same answer.',
        params: Type.Object({ partner: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }) }),
        body: Type.Unknown(),
        response: answers(ExchangeReceipt)
      }
    },
    async (request, reply) => {
      const partner = requirePartner(context, request, request.params.partner)
      const { kept, repeated } = await context.exchange.office.receive(partner, request.body)
      const { id, messageId, schemaVersion, status, atMs, consignment, findings } = kept.state
      return reply.code(200).send({
        receipt: id,
        messageId,
        schemaVersion,
        status: status === 'rejected' ? 'rejected' : 'accepted',
        repeated,
        receivedAtMs: atMs,
        ...(consignment === undefined ? {} : { consignment }),
        ...(findings === undefined ? {} : { findings })
      })
    }
  )
}

function listRoutes(app: HttpServer, context: ApiContext): void {
  const { office } = context.exchange
  app.get(
    '/api/v1/exchange/messages',
    {
      schema: {
        tags,
        summary: 'Messages in and out, those that need somebody first, newest first',
        querystring: Query,
        response: answers(ExchangePage)
      }
    },
    async ({ query: { status, limit = limitDefault, ...rest } }) => {
      const { items, next } = await office.book.page({ ...rest, limit })
      const shown = items.filter((one) => status === undefined || one.status === status)
      const listed = await Promise.all(
        shown.map(async (one) => {
          const { content: _content, ...message } = one
          return { ...message, overdue: await office.isOverdue(one) }
        })
      )
      return { items: listed, ...(next === undefined ? {} : { next }) }
    }
  )
  app.get(
    '/api/v1/exchange/messages/:id',
    { schema: { tags, summary: 'A message with its content, receipts and feedback', params: Params, response: answers(ExchangeDetail) } },
    async (request) => {
      const { state } = await office.book.get(request.params.id)
      return { ...state, overdue: await office.isOverdue(state) }
    }
  )
  app.post(
    '/api/v1/exchange/messages/:id/replay',
    {
      config: { right: 'configure' },
      schema: {
        tags,
        summary: 'Judge a rejected message again, or send one again',
        params: Params,
        response: answers(ExchangeMessage)
      }
    },
    async (request) => (await office.replay(request.params.id, request.principal?.name ?? 'unknown')).state
  )
}

function answerRoutes(app: HttpServer, context: ApiContext): void {
  const { office } = context.exchange
  const own = async (request: FastifyRequest, id: string) => {
    const found = await office.book.find(id)
    if (found === undefined) throw apiError('NOT_FOUND', { what: 'message', id })
    return requirePartner(context, request, found.state.partner)
  }
  app.post(
    '/api/v1/exchange/messages/:id/receipt',
    {
      config: { right: 'respond' },
      schema: {
        tags,
        summary: 'The partner has an instruction, applies it or refuses it',
        params: Params,
        body: ReceiptBody,
        response: answers(ExchangeMessage)
      }
    },
    async (request) => (await office.receipt(request.params.id, request.body, await own(request, request.params.id))).state
  )
  app.post(
    '/api/v1/exchange/messages/:id/feedback',
    {
      config: { right: 'respond' },
      schema: { tags, summary: 'What came of an instruction', params: Params, body: FeedbackBody, response: answers(ExchangeMessage) }
    },
    async (request) => (await office.feedback(request.params.id, request.body, await own(request, request.params.id))).state
  )
}

const names = Object.keys(exchangeSchemas)

function schemaRoutes(app: HttpServer): void {
  const config = { access: 'public' } as const
  app.get(
    '/api/v1/exchange/schemas',
    { config, schema: { tags, summary: 'The schemas of the exchange', security: [], response: answers(SchemaNames) } },
    async () => ({ schemas: names.map((name) => ({ name, path: `/api/v1/exchange/schemas/${name}` })) })
  )
  app.get(
    '/api/v1/exchange/schemas/:id',
    { config, schema: { tags, summary: 'A JSON Schema of the exchange', security: [], params: Params, response: answers(Type.Unknown()) } },
    async (request) => {
      const schema = Object.entries(exchangeSchemas).find(([name]) => name === request.params.id)?.[1]
      if (schema === undefined) throw apiError('NOT_FOUND', { what: 'schema', id: request.params.id })
      return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }
    }
  )
}
