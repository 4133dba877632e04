/** `GET /events`, `GET /events/{eventID}`, `POST /events`. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { formatEventText } from '@tracegate/model/epcis/format'
import { epcisRoot } from '@tracegate/model/http-epcis'
import { apiError } from '../errors.ts'
import type { Captures } from './capture.ts'
import { captureBodyOf } from './bodies.ts'
import { contentTypeOf, sendEvents } from './event-answers.ts'
import { readEventsPage } from './event-pages.ts'
import { readEventQuery, type EventQueryOptions } from './event-query.ts'
import { captureBytesMax } from './headers.ts'
import { eventQueryParameters } from './query-parameters.ts'
import { operationSchema } from './route-schema.ts'
import { addOptions, ownSecurityHeaders, pathValue, setNextPage, type EpcisScope } from './scope.ts'

const path = `${epcisRoot}/events`
export const queryDocumentSchema = Type.Unknown({ description: 'EPCISQueryDocument' })
const eventSchema = Type.Unknown({ description: 'An EPCIS event' })
const eventID = { eventID: 'The event ID, percent-encoded' }

export interface EventRoutes {
  readonly captures: Captures
  /** What queries need to know of master data. */
  readonly masterData: () => Promise<Pick<EventQueryOptions, 'masterData'>>
}

export function eventRoutes(scope: EpcisScope, routes: EventRoutes): void {
  listRoute(scope, routes)
  postRoute(scope, routes)
  singleRoute(scope)
  addOptions(scope, { path, methods: ['GET', 'POST'] })
  addOptions(scope, {
    path: `${path}/:eventID`,
    methods: ['GET'],
    parameters: eventID,
    requireThere: async (request) => void (await requireEvents(scope, request))
  })
}

function listRoute({ app, context, tokens, prefixes }: EpcisScope, { masterData }: EventRoutes): void {
  app.get(
    path,
    {
      ...ownSecurityHeaders,
      config: { produces: 'jsonAndXml' },
      schema: operationSchema({
        summary: 'Events by the EPCIS query',
        description:
          'Values of one parameter are separated by a pipe; all parameters must hold. Names with a variable part are in the standard.',
        ask: 'read',
        query: eventQueryParameters,
        good: {
          status: 200,
          description: 'The events',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: queryDocumentSchema, xml: true }
        },
        refuses: [400, 413, 414]
      })
    },
    async (request, reply) => {
      const query = readEventQuery(request, await masterData())
      const page = await readEventsPage({ trace: context.trace, tokens }, query, 'events')
      if (page.next !== undefined) setNextPage(request, reply, page.next)
      return sendEvents(reply, { events: page.json, wishes: request.wishes, prefixes, nowMs: context.nowMs() })
    }
  )
}

function postRoute({ app, prefixes }: EpcisScope, { captures }: EventRoutes): void {
  app.post(
    path,
    {
      ...ownSecurityHeaders,
      bodyLimit: captureBytesMax,
      config: { right: 'capture', produces: 'json' },
      schema: operationSchema({
        summary: 'Capture one event and wait for it',
        description:
          'An event whose eventID is there already is a conflict, unless it declares an error. Without eventID it gets the event hash id of CBV 2.0.',
        ask: 'write',
        takes: eventSchema,
        good: { status: 201, description: 'The event as it is stored', headers: ['Location'], body: { schema: eventSchema } },
        refuses: [400, 409, 413, 415]
      })
    },
    async (request, reply) => {
      const event = await captures.one({ ...captureBodyOf(request), extensions: request.wishes.extensions })
      return reply
        .code(201)
        .header('location', `${path}/${encodeURIComponent(event.eventID)}`)
        .type(contentTypeOf(request.wishes.mediaType))
        .send(formatEventText(event.json, { epc: request.wishes.epcFormat, cbv: 'No_Preference', prefixes }))
    }
  )
}

function singleRoute({ app, context, prefixes }: EpcisScope): void {
  app.get(
    `${path}/:eventID`,
    {
      ...ownSecurityHeaders,
      config: { produces: 'jsonAndXml' },
      schema: operationSchema({
        summary: 'An event with its error declarations',
        ask: 'read',
        path: eventID,
        good: {
          status: 200,
          description: 'The event and its error declarations, these last',
          body: { schema: queryDocumentSchema, xml: true }
        },
        refuses: [404, 414]
      })
    },
    async (request, reply) => {
      const events = await requireEvents({ context }, request)
      return sendEvents(reply, { events, wishes: request.wishes, prefixes, nowMs: context.nowMs() })
    }
  )
}

async function requireEvents({ context }: Pick<EpcisScope, 'context'>, request: FastifyRequest) {
  const id = pathValue(request, 'eventID')
  const events = await context.trace.byId(id)
  if (events.length === 0) throw apiError('NOT_FOUND', { what: 'event', id: id.slice(0, 256) })
  return events
}
