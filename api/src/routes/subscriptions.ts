/** `/api/v1/subscriptions`: how webhook subscriptions are doing, and what to do about those whose receiver failed too long. */
import { Type } from 'typebox'
import {
  DeadDelivery,
  DeadDeliveryPage,
  ResumeAnswer,
  SubscriptionStatus,
  SubscriptionStatusPage
} from '@tracegate/model/epcis/subscription'
import { PageQuery } from '@tracegate/model/http'
import { answers, Empty, Id, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../epcis/subscriptions/caller.ts'
import { deadAnswer, statusAnswer } from '../epcis/subscriptions/answers.ts'
import { resumeDead } from '../epcis/subscriptions/resume.ts'
import type { HttpServer } from '../schema-types.ts'

const tags = ['subscriptions']
const Params = Type.Object({ id: Id })
const Query = Type.Object({ ...PageQuery.properties, queryName: Type.Optional(Type.String({ maxLength: 256 })) })

export function subscriptionStatusRoutes(app: HttpServer, context: ApiContext): void {
  const { office } = context.subscriptions
  app.get(
    '/api/v1/subscriptions',
    {
      schema: {
        tags,
        summary: 'Webhook subscriptions and how they are doing, oldest first',
        querystring: Query,
        response: answers(SubscriptionStatusPage)
      }
    },
    async (request) => {
      await office.ready()
      const { queryName, cursor, limit = limitDefault } = request.query
      const rows = office.all(queryName)
      const start = cursor === undefined ? 0 : rows.findIndex(({ id }) => id === cursor) + 1
      const items = rows.slice(start, start + limit).map((row) => statusAnswer(row, office.dead.countOf(row.id)))
      const last = items.at(-1)
      return { items, ...(last !== undefined && start + limit < rows.length ? { next: last.subscriptionID } : {}) }
    }
  )
  app.get(
    '/api/v1/subscriptions/:id',
    { schema: { tags, summary: 'How one of them is doing', params: Params, response: answers(SubscriptionStatus) } },
    async (request) => {
      await office.ready()
      const row = office.get(request.params.id)
      return statusAnswer(row, office.dead.countOf(row.id))
    }
  )
  app.post(
    '/api/v1/subscriptions/:id/resume',
    {
      config: { right: 'administer' },
      schema: { tags, summary: 'Let one that stopped go on where it stopped', params: Params, response: answers(SubscriptionStatus) }
    },
    async (request) => {
      await office.ready()
      const { id } = request.params
      await office.resume(id)
      context.subscriptions.events.changed({ what: 'subscription', action: 'resumed', id, by: callerOf(request.principal) })
      return statusAnswer(office.get(id), office.dead.countOf(id))
    }
  )
  deadRoutes(app, context)
  deadWorkRoutes(app, context)
}

function deadRoutes(app: HttpServer, context: ApiContext): void {
  const { office } = context.subscriptions
  app.get(
    '/api/v1/dead-deliveries',
    {
      schema: {
        tags,
        summary: 'Deliveries that no receiver took, newest first',
        querystring: Type.Object({ ...Query.properties, subscriptionID: Type.Optional(Id) }),
        response: answers(DeadDeliveryPage)
      }
    },
    async (request) => {
      await office.ready()
      const { queryName, subscriptionID, cursor, limit = limitDefault } = request.query
      const page = office.dead.page({
        limit,
        ...(queryName === undefined ? {} : { queryName }),
        ...(subscriptionID === undefined ? {} : { subscriptionID }),
        ...(cursor === undefined ? {} : { after: cursor })
      })
      return { ...page, items: page.items.map(deadAnswer) }
    }
  )
  app.get(
    '/api/v1/dead-deliveries/:id',
    { schema: { tags, summary: 'One of them', params: Params, response: answers(DeadDelivery) } },
    async (request) => {
      await office.ready()
      return deadAnswer(office.dead.get(request.params.id))
    }
  )
}

function deadWorkRoutes(app: HttpServer, context: ApiContext): void {
  const { office, events } = context.subscriptions
  app.post(
    '/api/v1/dead-deliveries/:id/resume',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Try one again',
        description:
          'A stopped subscription goes on where it stopped. A single event is sent once more, with the same Idempotency-Key, behind what ' +
          'was delivered since; when it is refused again, it stays.',
        params: Params,
        response: answers(ResumeAnswer)
      }
    },
    async (request) => {
      await office.ready()
      const answer = await resumeDead(context.subscriptions, request.params.id)
      events.changed({ what: 'deadLetter', action: answer.outcome, id: answer.id, by: callerOf(request.principal) })
      return answer
    }
  )
  app.delete(
    '/api/v1/dead-deliveries/:id',
    {
      config: { right: 'administer' },
      schema: { tags, summary: 'Let the dead letter of one event go', params: Params, response: { ...answers(Empty), 204: Empty } }
    },
    async (request, reply) => {
      await office.ready()
      const { id } = request.params
      office.dead.get(id)
      await office.dead.remove(id)
      events.changed({ what: 'deadLetter', action: 'removed', id, by: callerOf(request.principal) })
      return reply.code(204).send(null)
    }
  )
}
