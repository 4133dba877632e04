/**
 * The top-level resources: what values there are (of what was captured), what is under one of them, and its events. /epcs holds every
 * EPC and class that any event names, in whatever role; identifiers are found in any syntax and listed as Digital Links.
 */
import type { FastifyRequest } from 'fastify'
import { canonicalKey } from '@tracegate/model/gs1/key'
import { epcisContextUri, epcisRoot, Collection } from '@tracegate/model/http-epcis'
import { bareTerm } from '@tracegate/model/epcis/vocabulary'
import { formatEvent } from '@tracegate/model/epcis/format'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { VocabularyName } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import { contentTypeOf, sendEvents } from './event-answers.ts'
import { digestOf, readEventsPage } from './event-pages.ts'
import { readEventQuery } from './event-query.ts'
import { queryDocumentSchema, type EventRoutes } from './event-routes.ts'
import type { Wishes } from './headers.ts'
import { eventQueryParameters, listParameters } from './query-parameters.ts'
import { operationSchema } from './route-schema.ts'
import { addOptions, listPageOf, ownSecurityHeaders, pathValue, setNextPage, type EpcisScope } from './scope.ts'

interface Resource {
  /** Name of the collection in the path. */
  readonly name: string
  /** Name of the path parameter. */
  readonly value: string
  readonly vocabulary: VocabularyName
  /** The value as the store knows it. */
  readonly read: (text: string) => string
  /** The query parameters that ask for the value. */
  readonly parameters: readonly string[]
  readonly filter: (value: string) => Partial<EventFilter>
  /** A member of an event that holds such a value, so that it can be written in the asked form. */
  readonly member?: 'bizStep' | 'disposition' | 'epc'
}

const keyOf = (text: string) => canonicalKey(text) ?? text

const resources: readonly Resource[] = [
  {
    name: 'eventTypes',
    value: 'eventType',
    vocabulary: 'eventType',
    read: (text) => text.replace(/^(https?:\/\/\S*[#/]|epcis:)/, ''),
    parameters: ['eventType'],
    filter: (value) => ({ eventTypes: [value] })
  },
  {
    name: 'epcs',
    value: 'epc',
    vocabulary: 'epc',
    read: keyOf,
    parameters: ['MATCH_anyEPC', 'MATCH_anyEPCClass'],
    filter: (value) => ({ anyKeys: [value] }),
    member: 'epc'
  },
  {
    name: 'bizSteps',
    value: 'bizStep',
    vocabulary: 'bizStep',
    read: (text) => bareTerm('bizStep', text),
    parameters: ['EQ_bizStep'],
    filter: (value) => ({ bizSteps: [value] }),
    member: 'bizStep'
  },
  {
    name: 'bizLocations',
    value: 'bizLocation',
    vocabulary: 'bizLocation',
    read: keyOf,
    parameters: ['EQ_bizLocation'],
    filter: (value) => ({ bizLocations: [value] }),
    member: 'epc'
  },
  {
    name: 'readPoints',
    value: 'readPoint',
    vocabulary: 'readPoint',
    read: keyOf,
    parameters: ['EQ_readPoint'],
    filter: (value) => ({ readPoints: [value] }),
    member: 'epc'
  },
  {
    name: 'dispositions',
    value: 'disposition',
    vocabulary: 'disposition',
    read: (text) => bareTerm('disposition', text),
    parameters: ['EQ_disposition'],
    filter: (value) => ({ dispositions: [value] }),
    member: 'disposition'
  }
]

export function resourceRoutes(scope: EpcisScope, routes: EventRoutes): void {
  for (const resource of resources) {
    const path = `${epcisRoot}/${resource.name}`
    const parameters = { [resource.value]: 'The value in any of its forms, percent-encoded' }
    listRoute(scope, resource)
    valueRoute(scope, resource, parameters)
    eventsRoute(scope, { resource, routes, parameters })
    addOptions(scope, { path, methods: ['GET'] })
    const requireThere = (request: FastifyRequest) =>
      requireKnown(scope.context.trace, resource, resource.read(pathValue(request, resource.value)))
    addOptions(scope, { path: `${path}/:${resource.value}`, methods: ['GET'], parameters, requireThere })
    addOptions(scope, { path: `${path}/:${resource.value}/events`, methods: ['GET'], parameters, requireThere })
  }
}

function listRoute({ app, context, tokens, prefixes }: EpcisScope, resource: Resource): void {
  app.get(
    `${epcisRoot}/${resource.name}`,
    {
      ...ownSecurityHeaders,
      schema: operationSchema({
        summary: `The ${resource.name} of the captured events`,
        ask: 'read',
        query: listParameters,
        good: {
          status: 200,
          description: 'A page of the values',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: Collection }
        },
        refuses: [400, 414]
      })
    },
    async (request, reply) => {
      const { perPage, token } = listPageOf(request)
      const digest = digestOf(resource.name)
      const from = token === undefined ? undefined : tokens.read(token, digest)
      const at = from === undefined ? {} : { after: from.cursor }
      const { values, next } = await context.trace.vocabulary({ name: resource.vocabulary, limit: perPage, ...at })
      if (next !== undefined) setNextPage(request, reply, tokens.write(digest, { cursor: next, given: (from?.given ?? 0) + values.length }))
      const member = values.map((value) => written(value, { resource, wishes: request.wishes, prefixes }))
      return reply.type(contentTypeOf(request.wishes.mediaType)).send(collectionText(member))
    }
  )
}

/** A value in the form that the caller asks for, by way of an event that holds it. */
function written(value: string, asked: { resource: Resource; wishes: Wishes; prefixes: EpcisScope['prefixes'] }): string {
  const { resource, wishes, prefixes } = asked
  if (resource.member === undefined || (wishes.epcFormat === 'No_Preference' && wishes.cbvFormat === 'No_Preference')) return value
  const event = resource.member === 'epc' ? { epcList: [value] } : { [resource.member]: value }
  const formatted = formatEvent(event, { epc: wishes.epcFormat, cbv: wishes.cbvFormat, prefixes })
  const [found]: unknown[] = typeof formatted === 'object' && formatted !== null ? Object.values(formatted).flat() : []
  return typeof found === 'string' ? found : value
}

function valueRoute({ app, context }: EpcisScope, resource: Resource, parameters: Readonly<Record<string, string>>): void {
  app.get(
    `${epcisRoot}/${resource.name}/:${resource.value}`,
    {
      ...ownSecurityHeaders,
      schema: operationSchema({
        summary: `What is known under one of the ${resource.name}`,
        ask: 'read',
        path: parameters,
        query: listParameters,
        good: { status: 200, description: 'The resources under the value', body: { schema: Collection } },
        refuses: [400, 404, 414]
      })
    },
    async (request, reply) => {
      listPageOf(request)
      await requireKnown(context.trace, resource, resource.read(pathValue(request, resource.value)))
      return reply.type(contentTypeOf(request.wishes.mediaType)).send(collectionText(['events']))
    }
  )
}

function eventsRoute(
  { app, context, tokens, prefixes }: EpcisScope,
  { resource, routes, parameters }: { resource: Resource; routes: EventRoutes; parameters: Readonly<Record<string, string>> }
): void {
  app.get(
    `${epcisRoot}/${resource.name}/:${resource.value}/events`,
    {
      ...ownSecurityHeaders,
      config: { produces: 'jsonAndXml' },
      schema: operationSchema({
        summary: `Events of one of the ${resource.name}`,
        description: 'As GET /events, with the value of the path as one more condition.',
        ask: 'read',
        path: parameters,
        query: eventQueryParameters,
        good: {
          status: 200,
          description: 'The events',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: queryDocumentSchema, xml: true }
        },
        refuses: [400, 404, 413, 414]
      })
    },
    async (request, reply) => {
      const value = resource.read(pathValue(request, resource.value))
      const { masterData } = await routes.masterData()
      const read = readEventQuery(request, {
        fixed: { names: resource.parameters, filter: resource.filter(value) },
        ...(masterData === undefined ? {} : { masterData })
      })
      const page = await readEventsPage({ trace: context.trace, tokens }, read, `${resource.name}/${value}`)
      if (page.json.length === 0) await requireKnown(context.trace, resource, value)
      if (page.next !== undefined) setNextPage(request, reply, page.next)
      return sendEvents(reply, { events: page.json, wishes: request.wishes, prefixes, nowMs: context.nowMs() })
    }
  )
}

async function requireKnown(trace: EpcisScope['context']['trace'], resource: Resource, value: string): Promise<void> {
  const { json } = await trace.events({ ...resource.filter(value), order: 'descending', orderBy: 'eventTime', limit: 1 })
  if (json.length === 0) throw apiError('NOT_FOUND', { what: resource.value, id: value.slice(0, 256) })
}

export function collectionText(member: readonly string[]): string {
  return `{"@context":"${epcisContextUri}","type":"Collection","member":${JSON.stringify(member)}}`
}
