/** `/epcis/v2`: capture, simple query and discovery of EPCIS 2.0. Stored events are joined as text, never parsed and written again. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { textAnswers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { createCaptures, type CaptureJob, type Captures } from './capture.ts'
import { behaviourOf, captureBytesMax, checkEpcisHeaders, setEpcisHeaders } from './headers.ts'
import { perPageDefault, perPageMax, readQuery, writeToken, type SimpleQuery } from './query.ts'

const root = '/epcis/v2'
const jsonType = 'application/json; charset=utf-8'
const epcisContext = '["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]'
/** Pages looked through to see whether maxEventCount is passed. */
const countPageSize = 10_000
const collections = ['events', 'eventTypes', 'epcs', 'bizSteps', 'bizLocations', 'readPoints', 'dispositions', 'capture', 'queries']
const tags = ['EPCIS 2.0']

export async function epcisRoutes(app: HttpServer, context: ApiContext): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      ['application/json', 'application/ld+json'],
      { parseAs: 'string', bodyLimit: captureBytesMax },
      (_request, body, done) => {
        try {
          done(null, body === '' ? undefined : JSON.parse(String(body)))
        } catch (error) {
          done(apiError('BODY_NOT_JSON', { detail: error instanceof Error ? error.message : '' }, error))
        }
      }
    )
    scope.addHook('onRequest', async (request, reply) => {
      setEpcisHeaders(request, reply)
      checkEpcisHeaders(request)
    })
    // Answers are text already.
    scope.setSerializerCompiler(() => (data: unknown) => (typeof data === 'string' ? data : JSON.stringify(data)))
    discoveryRoutes(scope)
    const captures = createCaptures(context)
    captureRoutes(scope, captures)
    jobRoutes(scope, captures)
    eventRoutes(scope, context)
  })
}

function discoveryRoutes(app: HttpServer): void {
  for (const path of [root, `${root}/`])
    app.get(
      path,
      { schema: { tags, summary: 'What is here', hide: path !== root, response: textAnswers(200, 'The collections') } },
      async (_request, reply) =>
        reply.type(jsonType).send(`{"@context":${epcisContext},"type":"Collection","member":${JSON.stringify(collections)}}`)
    )
  const allowed: Readonly<Record<string, string>> = {
    [root]: 'GET, HEAD, OPTIONS',
    [`${root}/capture`]: 'GET, HEAD, POST, OPTIONS',
    [`${root}/capture/:captureID`]: 'GET, HEAD, OPTIONS',
    [`${root}/events`]: 'GET, HEAD, POST, OPTIONS',
    [`${root}/events/:eventID`]: 'GET, HEAD, OPTIONS'
  }
  for (const [path, methods] of Object.entries(allowed))
    app.options(path, { schema: { hide: true } }, async (_request, reply) => reply.code(204).header('allow', methods).send(''))
  for (const name of collections.filter((collection) => collection !== 'events' && collection !== 'capture'))
    for (const path of [`${root}/${name}`, `${root}/${name}/*`])
      app.route({
        method: ['GET', 'POST', 'DELETE', 'OPTIONS'],
        url: path,
        schema: { hide: true },
        handler: () => {
          throw apiError('EPCIS_NOT_SERVED', { path: `${root}/${name}` })
        }
      })
}

function captureRoutes(app: HttpServer, captures: Captures): void {
  app.post(
    `${root}/capture`,
    {
      bodyLimit: captureBytesMax,
      config: { right: 'capture' },
      schema: {
        tags,
        summary: 'Capture an EPCISDocument or EPCISQueryDocument; the job is at Location',
        body: Type.Unknown(),
        response: textAnswers(202, 'Taken; the job is at Location')
      }
    },
    async (request, reply) => {
      const behaviour = behaviourOf(request)
      const job = captures.begin(request.body, behaviour)
      return reply
        .code(202)
        .headers({ location: `${root}/capture/${job.captureID}`, 'GS1-Capture-Error-Behaviour': behaviour })
        .type(jsonType)
        .send('')
    }
  )
  app.post(
    `${root}/events`,
    {
      bodyLimit: captureBytesMax,
      config: { right: 'capture' },
      schema: {
        tags,
        summary: 'Capture one event and wait for it',
        body: Type.Unknown(),
        response: textAnswers(201, 'The event as it is stored')
      }
    },
    async (request, reply) => {
      const event = await captures.one(request.body)
      return reply
        .code(201)
        .header('location', `${root}/events/${encodeURIComponent(event.eventID)}`)
        .type(jsonType)
        .send(event.json)
    }
  )
}

function jobRoutes(app: HttpServer, captures: Captures): void {
  app.get(
    `${root}/capture`,
    {
      config: { right: 'signedIn' },
      schema: { tags, summary: 'Capture jobs, newest first', response: textAnswers(200, 'EPCISCaptureJob, a list') }
    },
    async (request, reply) => {
      const { perPage, start } = jobPage(request)
      const jobs = captures.jobs()
      if (start + perPage < jobs.length) setNext(request, reply, String(start + perPage))
      return reply.type(jsonType).send(JSON.stringify(jobs.slice(start, start + perPage).map(jobAnswer)))
    }
  )
  app.get(
    `${root}/capture/:captureID`,
    {
      // Who may only capture must hear what became of it.
      config: { right: 'signedIn' },
      schema: {
        tags,
        summary: 'A capture job',
        params: Type.Object({ captureID: Type.String({ maxLength: 64 }) }),
        response: textAnswers(200, 'EPCISCaptureJob')
      }
    },
    async (request, reply) => {
      const job = captures.job(request.params.captureID)
      if (job === undefined) throw apiError('NOT_FOUND', { what: 'capture job', id: request.params.captureID })
      return reply.type(jsonType).send(JSON.stringify(jobAnswer(job)))
    }
  )
}

function eventRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    `${root}/events`,
    {
      schema: {
        tags,
        summary: 'Events by the simple query; values of one parameter are separated by a pipe',
        response: textAnswers(200, 'EPCISQueryDocument; the next page is in the Link header')
      }
    },
    async (request, reply) => {
      const asked = readQuery(parametersOf(request))
      const page = await readPage(context, asked)
      if (page.token !== undefined) setNext(request, reply, page.token)
      return reply.type(jsonType).send(queryDocument(page.json, context.nowMs()))
    }
  )
  app.get(
    `${root}/events/:eventID`,
    {
      schema: {
        tags,
        summary: 'An event with its error declarations',
        params: Type.Object({ eventID: Type.String({ minLength: 1, maxLength: 2_048 }) }),
        response: textAnswers(200, 'EPCISQueryDocument with the event and its error declarations')
      }
    },
    async (request, reply) => {
      const versions = await context.trace.byId(request.params.eventID)
      if (versions.length === 0) throw apiError('NOT_FOUND', { what: 'event', id: request.params.eventID })
      return reply.type(jsonType).send(queryDocument(versions, context.nowMs()))
    }
  )
}

async function readPage(context: ApiContext, asked: SimpleQuery): Promise<{ json: readonly string[]; token?: string }> {
  if (asked.nothing) return { json: [] }
  const { query, cursor, maxEventCount, eventCountLimit } = asked
  if (maxEventCount !== undefined && cursor === undefined) await refuseTooMany(context, asked, maxEventCount)
  const left = eventCountLimit === undefined ? Infinity : eventCountLimit - asked.given
  if (left <= 0) return { json: [] }
  const limit = Math.min(asked.perPage, left)
  const page = await context.trace.events({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) })
  const given = asked.given + page.json.length
  const more = page.next !== undefined && (eventCountLimit === undefined || given < eventCountLimit)
  return { json: page.json, ...(more && page.next !== undefined ? { token: writeToken(asked.digest, { cursor: page.next, given }) } : {}) }
}

async function refuseTooMany(context: ApiContext, asked: SimpleQuery, max: number): Promise<void> {
  let count = 0
  let cursor: string | undefined
  do {
    const limit = Math.min(countPageSize, max + 1 - count)
    const page = await context.trace.events({ ...asked.query, limit, ...(cursor === undefined ? {} : { cursor }) })
    count += page.json.length
    cursor = page.next
    if (count > max) throw apiError('EPCIS_QUERY_TOO_LARGE', { max })
  } while (cursor !== undefined)
}

function queryDocument(events: readonly string[], nowMs: number): string {
  return (
    `{"@context":${epcisContext},"id":"urn:uuid:${randomUUID()}","type":"EPCISQueryDocument","schemaVersion":"2.0",` +
    `"creationDate":"${new Date(nowMs).toISOString()}","epcisBody":{"queryResults":{"queryName":"SimpleEventQuery",` +
    `"resultsBody":{"eventList":[${events.join(',')}]}}}}`
  )
}

function jobAnswer(job: CaptureJob): object {
  return { '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', type: 'EPCISCaptureJob', ...job }
}

function jobPage(request: FastifyRequest): { perPage: number; start: number } {
  const parameters = parametersOf(request)
  for (const name of parameters.keys())
    if (name !== 'perPage' && name !== 'nextPageToken')
      throw apiError('EPCIS_PARAMETER_UNKNOWN', { name: name.slice(0, 64), nearest: '; this takes perPage and nextPageToken' })
  const perPage = Number(parameters.get('perPage') ?? perPageDefault)
  if (!Number.isSafeInteger(perPage) || perPage < 1)
    throw apiError('EPCIS_PARAMETER_INVALID', { name: 'perPage', value: parameters.get('perPage') ?? '', wanted: 'an integer from 1' })
  const start = Number(parameters.get('nextPageToken') ?? 0)
  if (!Number.isSafeInteger(start) || start < 0) throw apiError('CURSOR_INVALID')
  return { perPage: Math.min(perPage, perPageMax), start }
}

/** Page tokens do not expire: they name a place in the order, not a state of the server. */
function setNext(request: FastifyRequest, reply: FastifyReply, token: string): void {
  const parameters = parametersOf(request)
  parameters.set('nextPageToken', token)
  const path = request.url.split('?')[0] ?? request.url
  reply.header('link', `<${path}?${parameters.toString()}>; rel="next"`)
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : request.url.slice(at + 1))
}
