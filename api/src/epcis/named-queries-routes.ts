/** `/epcis/v2/queries`: named queries and their events (EPCIS 2.0 REST binding). Subscriptions to them are in `subscriptions/routes.ts`. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { NamedQuery } from '@tracegate/model/epcis/subscription'
import { digestOf, readEventsPage } from './event-pages.ts'
import { queryBodyOf } from './bodies.ts'
import { sendEvents } from './event-answers.ts'
import { jsonType, jsonTypes } from './headers.ts'
import { queryError } from './query-errors.ts'
import { listParameters } from './query-parameters.ts'
import { addQueryOptions, queriesPath, queryParameters, requireQuery } from './query-paths.ts'
import { operationSchema } from './route-schema.ts'
import { listPageOf, parametersOf, pathValue, setNextPage, type EpcisScope } from './scope.ts'
import { callerOf } from './subscriptions/caller.ts'
import { socketArguments } from './subscriptions/request.ts'
import { openSockets, socketHandlers } from './subscriptions/socket-route.ts'
import { queryBytesMax } from './subscriptions/settings.ts'
import { subscriptionRoutes } from './subscriptions/routes.ts'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'

export async function namedQueryRoutes(scope: EpcisScope): Promise<void> {
  await scope.app.register(async (app) => {
    const own = { ...scope, app }
    app.addHook('onRequest', async (request) => {
      const length = Number(request.headers['content-length'] ?? 0)
      if (length > queryBytesMax) throw queryError('EPCIS_QUERY_BODY_TOO_LARGE', { limitBytes: queryBytesMax })
      const type = request.headers['content-type']
      // The scope around it takes XML, too; a query has a form in XML, a subscription has none.
      const isQuery = request.method === 'POST' && request.routeOptions.url === queriesPath
      if (!isQuery && type !== undefined && /^\s*(application|text)\/xml\b/i.test(type))
        throw apiError('MEDIA_TYPE_UNSUPPORTED', { type: type.slice(0, 64), wanted: jsonTypes.join(' or ') })
      await scope.context.subscriptions.office.ready()
    })
    await openSockets(own)
    listRoute(own)
    makeRoute(own)
    queryRoutes(own)
    eventRoutes(own)
    subscriptionRoutes(own)
  })
}

function listRoute(scope: EpcisScope): void {
  const { app, context, tokens } = scope
  const { queries } = context.subscriptions
  addQueryOptions(scope, { path: queriesPath, methods: ['GET', 'POST'] })
  app.get(
    queriesPath,
    {
      schema: operationSchema({
        summary: 'Named queries, by name',
        ask: 'discover',
        query: listParameters,
        good: {
          status: 200,
          description: 'A page of them',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: Type.Array(NamedQuery) }
        },
        refuses: [400]
      })
    },
    async (request, reply) => {
      const { perPage, token } = listPageOf(request)
      const digest = digestOf('queries')
      const after = token === undefined ? undefined : tokens.read(token, digest).cursor
      const page = queries.page({ after, limit: perPage })
      if (page.next !== undefined) setNextPage(request, reply, tokens.write(digest, { cursor: page.next, given: 0 }))
      return reply.type(jsonType).send(JSON.stringify(page.queries))
    }
  )
}

function makeRoute({ app, context }: EpcisScope): void {
  const { queries, events } = context.subscriptions
  app.post(
    queriesPath,
    {
      config: { produces: 'nothing' },
      schema: operationSchema({
        summary: 'Keep a query under a name',
        description:
          'The body is `{ name, query }`; `query` holds the parameters of `GET /events` with JSON types, lists as arrays. ' +
          'A query never changes: delete it and make another. A body that is the bare query, or a Poll in XML, gets a name made of its content.',
        ask: 'write',
        takes: NamedQuery,
        good: { status: 201, description: 'Kept; it is at Location', headers: ['Location'] },
        refuses: [400, 409, 413, 415, 503]
      }),
      bodyLimit: queryBytesMax
    },
    async (request, reply) => {
      const by = callerOf(request.principal)
      const { name } = await queries.add(queryBodyOf(request), { by, extensions: request.wishes.extensions })
      events.changed({ what: 'query', action: 'made', id: name, by })
      return reply
        .code(201)
        .header('location', `${queriesPath}/${encodeURIComponent(name)}`)
        .send()
    }
  )
}

function queryRoutes(scope: EpcisScope): void {
  const { app, context } = scope
  const { queries, office, sockets, events } = context.subscriptions
  const path = `${queriesPath}/:queryName`
  addQueryOptions(scope, { path, methods: ['GET', 'DELETE'], parameters: queryParameters, headersOf: requireQuery(scope) })
  app.get(
    path,
    {
      schema: operationSchema({
        summary: 'A named query',
        ask: 'discover',
        path: queryParameters,
        good: { status: 200, description: 'Name and parameters', body: { schema: NamedQuery } },
        refuses: [404]
      })
    },
    async (request, reply) => reply.type(jsonType).send(JSON.stringify(queries.get(pathValue(request, 'queryName'))))
  )
  app.delete(
    path,
    {
      config: { produces: 'nothing' },
      schema: operationSchema({
        summary: 'Delete a query and end every subscription to it',
        ask: 'none',
        path: queryParameters,
        good: { status: 204, description: 'Deleted; deliveries have ended' },
        refuses: [404]
      })
    },
    async (request, reply) => {
      const name = pathValue(request, 'queryName')
      // The query goes first: what a kill in between leaves of its subscriptions is removed at the next start.
      await queries.remove(name)
      sockets.closeOf(name)
      await office.removeAllOf(name)
      events.changed({ what: 'query', action: 'removed', id: name, by: callerOf(request.principal) })
      return reply.code(204).send()
    }
  )
}

function eventRoutes(scope: EpcisScope): void {
  const { app, context, tokens, prefixes } = scope
  const path = `${queriesPath}/:queryName/events`
  addQueryOptions(scope, { path, methods: ['GET'], parameters: queryParameters, headersOf: requireQuery(scope) })
  app.route({
    method: 'GET',
    url: path,
    config: { produces: 'jsonAndXml' },
    schema: operationSchema({
      summary: 'Events of a named query; with Upgrade: websocket a subscription to it',
      description:
        'Upgraded, each message is an EPCISQueryDocument, sent whenever an event is stored that matches (`stream=true`) or by a schedule ' +
        '(`second` … `dayOfWeek`). Without Upgrade only perPage and nextPageToken are taken.',
      ask: 'read',
      path: queryParameters,
      query: Type.Object({
        ...listParameters.properties,
        ...Object.fromEntries(socketArguments.map((name) => [name, Type.Optional(Type.String({ description: 'With Upgrade: websocket' }))]))
      }),
      switches: { description: 'The subscription is open', headers: ['GS1-Query-Min-Record-Time'] },
      good: {
        status: 200,
        description: 'EPCISQueryDocument',
        headers: ['Link', 'GS1-Next-Page-Token-Expires'],
        body: { schema: Type.Unknown(), xml: true }
      },
      refuses: [400, 404, 413, 414]
    }),
    handler: async (request, reply) => {
      const name = pathValue(request, 'queryName')
      const query = await context.subscriptions.queries.read(name)
      refuseSocketArguments(request)
      const { perPage, token } = listPageOf(request)
      const asked = { ...query, perPage, ...(token === undefined ? {} : { nextPageToken: token }) }
      const page = await readEventsPage({ trace: context.trace, tokens }, asked, `queries/${name}`)
      if (page.next !== undefined) setNextPage(request, reply, page.next)
      return sendEvents(reply, { events: page.json, queryName: name, wishes: request.wishes, prefixes, nowMs: context.nowMs() })
    },
    ...socketHandlers(scope)
  })
}

function refuseSocketArguments(request: FastifyRequest): void {
  const names = Object.keys(parametersOf(request)).filter((name) => socketArguments.some((argument) => argument === name))
  if (names.length === 0) return
  const findings = names.map((name) => ({
    code: 'EPCIS_SUBSCRIPTION_INVALID',
    pointer: `/${name}`,
    message: `${name} is given without Upgrade: websocket, expected a WebSocket or perPage and nextPageToken only`
  }))
  throw new FindingsError(queryError('EPCIS_SUBSCRIPTION_INVALID', { count: findings.length }), findings)
}
