/** `/epcis/v2/queries/{queryName}/subscriptions`: webhook subscriptions (EPCIS 2.0 REST binding). The secret is never given back. */
import { Type } from 'typebox'
import { Subscription, SubscriptionRequest } from '@tracegate/model/epcis/subscription'
import { digestOf } from '../event-pages.ts'
import { jsonType } from '../headers.ts'
import { listParameters } from '../query-parameters.ts'
import { addQueryOptions, queriesPath, queryParameters, requireQuery } from '../query-paths.ts'
import { operationSchema } from '../route-schema.ts'
import { listPageOf, pathValue, setNextPage, type EpcisScope } from '../scope.ts'
import { callerOf } from './caller.ts'
import { readWebhookRequest } from './request.ts'
import { queryBytesMax } from './settings.ts'
import { subscriptionAnswer } from './answers.ts'

const listPath = `${queriesPath}/:queryName/subscriptions`
const onePath = `${listPath}/:subscriptionID`
const oneParameters = { ...queryParameters, subscriptionID: 'Id that the subscription was given' } as const

export function subscriptionRoutes(scope: EpcisScope): void {
  addQueryOptions(scope, { path: listPath, methods: ['GET', 'POST'], parameters: queryParameters, headersOf: requireQuery(scope) })
  listRoute(scope)
  makeRoute(scope)
  oneRoutes(scope)
}

function listRoute({ app, context, tokens }: EpcisScope): void {
  const { queries, office } = context.subscriptions
  app.get(
    listPath,
    {
      schema: operationSchema({
        summary: 'Subscriptions to a query, oldest first',
        ask: 'discover',
        path: queryParameters,
        query: listParameters,
        good: {
          status: 200,
          description: 'A page of them',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: Type.Array(Subscription) }
        },
        refuses: [400, 404]
      })
    },
    async (request, reply) => {
      const { name } = queries.get(pathValue(request, 'queryName'))
      const { perPage, token } = listPageOf(request)
      const digest = digestOf(`subscriptions/${name}`)
      const after = token === undefined ? undefined : tokens.read(token, digest).cursor
      const rows = office.all(name).map((row) => ({ row, place: `${String(row.createdAtMs).padStart(16, '0')} ${row.id}` }))
      const rest = rows.filter(({ place }) => after === undefined || place > after)
      const last = rest.slice(0, perPage).at(-1)
      if (rest.length > perPage && last !== undefined) setNextPage(request, reply, tokens.write(digest, { cursor: last.place, given: 0 }))
      return reply.type(jsonType).send(JSON.stringify(rest.slice(0, perPage).map(({ row }) => subscriptionAnswer(row))))
    }
  )
}

function makeRoute({ app, context }: EpcisScope): void {
  const { queries, office, settings, events } = context.subscriptions
  app.post(
    listPath,
    {
      bodyLimit: queryBytesMax,
      schema: {
        callbacks: deliveryCallback,
        ...operationSchema({
          summary: 'Subscribe a webhook to a query',
          description:
            'Exactly one of `stream: true` (whenever an event is stored that matches) and `schedule`. Each delivery is a POST of an ' +
            'EPCISQueryDocument to `dest`, with `Idempotency-Key`, and with `GS1-Signature` when a `signatureToken` was given.',
          ask: 'subscribe',
          path: queryParameters,
          takes: SubscriptionRequest,
          good: { status: 201, description: 'The subscription', headers: ['Location'], body: { schema: Subscription } },
          refuses: [400, 404, 413, 415, 503]
        })
      }
    },
    async (request, reply) => {
      const { name } = queries.get(pathValue(request, 'queryName'))
      const asked = readWebhookRequest(request.body, { allowedDestination: settings.allowedDestination, nowMs: settings.nowMs() })
      const by = callerOf(request.principal)
      const row = await office.make({
        ...asked,
        queryName: name,
        createdBy: by,
        epcFormat: request.wishes.epcFormat,
        extensions: Object.entries(request.wishes.extensions)
          .map(([prefix, uri]) => `${prefix}=${uri}`)
          .join(',')
      })
      events.changed({ what: 'subscription', action: 'made', id: row.id, by })
      const location = `${queriesPath}/${encodeURIComponent(name)}/subscriptions/${row.id}`
      return reply
        .code(201)
        .header('location', location)
        .type(jsonType)
        .send(JSON.stringify(subscriptionAnswer(row)))
    }
  )
}

/** The description of what a receiver is asked, for OpenAPI; the documentation tells how to verify it. */
const deliveryCallback = {
  delivery: {
    '{$request.body#/dest}': {
      post: {
        requestBody: {
          description:
            'EPCISQueryDocument with queryName and subscriptionID. Headers: Idempotency-Key (the same at every attempt), GS1-EPCIS-Version, ' +
            'GS1-CBV-Version, GS1-EPC-Format and, with a signatureToken, GS1-Signature: t=<seconds since 1970>,v1=<hex of the HMAC-SHA-256 of ' +
            '"<t>.<body>" under the token>',
          content: { 'application/json': { schema: Type.Object({ type: Type.Literal('EPCISQueryDocument') }) } }
        },
        responses: {
          '2XX': { description: 'Taken; the next events follow' },
          410: { description: 'Gone for good: the subscription stops' },
          413: { description: 'Too large: smaller batches follow' },
          default: { description: 'Anything else: the same delivery comes again, after Retry-After where it is given' }
        }
      }
    }
  }
}

function oneRoutes(scope: EpcisScope): void {
  const { app, context } = scope
  const { office, events } = context.subscriptions
  addQueryOptions(scope, {
    path: onePath,
    methods: ['GET', 'DELETE'],
    parameters: oneParameters,
    told: ['GS1-Query-Min-Record-Time'],
    headersOf(request) {
      const { progress } = office.get(pathValue(request, 'subscriptionID'), pathValue(request, 'queryName'))
      return { 'GS1-Query-Min-Record-Time': new Date(progress.minRecordMs).toISOString() }
    }
  })
  app.get(
    onePath,
    {
      schema: operationSchema({
        summary: 'A subscription',
        ask: 'discover',
        path: oneParameters,
        good: { status: 200, description: 'Without its secret', body: { schema: Subscription } },
        refuses: [404]
      })
    },
    async (request, reply) => {
      const row = office.get(pathValue(request, 'subscriptionID'), pathValue(request, 'queryName'))
      return reply.type(jsonType).send(JSON.stringify(subscriptionAnswer(row)))
    }
  )
  app.delete(
    onePath,
    {
      config: { produces: 'nothing' },
      schema: operationSchema({
        summary: 'End a subscription',
        ask: 'none',
        path: oneParameters,
        good: { status: 204, description: 'Ended; nothing more is delivered' },
        refuses: [404]
      })
    },
    async (request, reply) => {
      const id = pathValue(request, 'subscriptionID')
      await office.remove(id, pathValue(request, 'queryName'))
      events.changed({ what: 'subscription', action: 'removed', id, by: callerOf(request.principal) })
      return reply.code(204).send()
    }
  )
}
