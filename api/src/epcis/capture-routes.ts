/** `POST /capture`, `GET /capture`, `GET /capture/{captureID}`. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { CaptureJob, epcisContextUri, epcisRoot } from '@tracegate/model/http-epcis'
import { apiError } from '../errors.ts'
import { captureBodyOf } from './bodies.ts'
import type { CaptureJobs } from './capture-jobs.ts'
import type { Captures } from './capture.ts'
import { documentRoute } from './document-route.ts'
import { contentTypeOf } from './event-answers.ts'
import { digestOf } from './event-pages.ts'
import { behaviourOf, captureBytesMax, isXml } from './headers.ts'
import { createAdmission, type Admission } from './in-flight.ts'
import { listParameters } from './query-parameters.ts'
import { operationSchema } from './route-schema.ts'
import { addOptions, listPageOf, ownSecurityHeaders, pathValue, setNextPage, type EpcisScope } from './scope.ts'
import { elementsOf, xmlDocument } from './xml-text.ts'

const path = `${epcisRoot}/capture`
const captureID = { captureID: 'Of the Location header' }
/** Octets of documents that may be on their way at once, from their first octet to the end of their job. */
const inFlightBytesMax = 8 * captureBytesMax

export interface CaptureRoutes {
  readonly captures: Captures
  readonly jobs: CaptureJobs
}

export function captureRoutes(scope: EpcisScope, routes: CaptureRoutes): void {
  postRoute(scope, routes)
  listRoute(scope, routes)
  jobRoute(scope, routes)
  documentRoute(scope, routes.jobs)
  // Both are offered, whatever a single job asks for.
  addOptions(scope, { path, methods: ['GET', 'POST'], headers: { 'GS1-Capture-Error-Behaviour': 'rollback,proceed' } })
  addOptions(scope, {
    path: `${path}/:captureID`,
    methods: ['GET'],
    parameters: captureID,
    requireThere: (request) => void requireJob(routes, request)
  })
}

function postRoute({ app }: EpcisScope, { captures }: CaptureRoutes): void {
  const admission = createAdmission(inFlightBytesMax)
  const releases = new WeakMap<FastifyRequest, () => void>()
  app.post(
    path,
    {
      ...ownSecurityHeaders,
      bodyLimit: captureBytesMax,
      config: { right: 'capture', produces: 'nothing' },
      onRequest: async (request, reply) => {
        const release = admit(admission, request)
        releases.set(request, release)
        // Until the handler takes it over; also when the caller hangs up half-way.
        reply.raw.once('close', () => {
          if (releases.delete(request)) release()
        })
      },
      schema: operationSchema({
        summary: 'Capture an EPCISDocument or EPCISQueryDocument; the job is at Location',
        description:
          'With rollback, a document whose events break the standard is refused at once (400) with its first ten findings; what only ' +
          'shows while storing is in the job. With proceed, all findings are in the job. A document that comes again succeeds: events ' +
          'that are there with the same content count as captured.',
        ask: 'capture',
        takes: Type.Unknown({ description: 'EPCISDocument or EPCISQueryDocument' }),
        good: { status: 202, description: 'Taken; the job is at Location', headers: ['Location', 'GS1-Capture-Error-Behaviour'] },
        refuses: [400, 413, 415, 503]
      })
    },
    async (request, reply) => {
      const behaviour = behaviourOf(request)
      const release = releases.get(request)
      releases.delete(request)
      const document = bodyOrRelease(request, release)
      const by = request.principal?.name
      const asked = { ...document, behaviour, extensions: request.wishes.extensions, ...(by === undefined ? {} : { by }) }
      const job = await captures.begin(asked, release)
      return reply
        .code(202)
        .headers({ location: `${path}/${job.captureID}`, 'GS1-Capture-Error-Behaviour': behaviour })
        .send()
    }
  )
}

function bodyOrRelease(request: FastifyRequest, release: (() => void) | undefined) {
  try {
    return captureBodyOf(request)
  } catch (error) {
    release?.()
    throw error
  }
}

/** Throws 503 when as much as may be is on its way already. A body of unknown length counts as the longest. */
function admit(admission: Admission, request: FastifyRequest): () => void {
  const length = Number(request.headers['content-length'] ?? captureBytesMax)
  const bytes = Number.isSafeInteger(length) ? Math.min(length, captureBytesMax) : captureBytesMax
  const release = admission.admit(bytes)
  if (release === undefined) throw apiError('EPCIS_CAPTURE_FULL', { bytes: admission.bytes, max: inFlightBytesMax })
  return release
}

function listRoute({ app, tokens }: EpcisScope, { jobs }: CaptureRoutes): void {
  app.get(
    path,
    {
      // Who may only capture must hear what became of it.
      config: { right: 'signedIn' },
      schema: operationSchema({
        summary: 'Capture jobs, newest first',
        ask: 'discover',
        query: listParameters,
        good: {
          status: 200,
          description: 'A page of jobs',
          headers: ['Link', 'GS1-Next-Page-Token-Expires'],
          body: { schema: Type.Array(CaptureJob) }
        },
        refuses: [400]
      })
    },
    async (request, reply) => {
      const { perPage, token } = listPageOf(request)
      const digest = digestOf('capture')
      const from = token === undefined ? undefined : tokens.read(token, digest)
      const page = jobs.page({ limit: perPage, ...(from === undefined ? {} : { before: from.cursor }) })
      if (page.next !== undefined) {
        const given = (from?.given ?? 0) + page.jobs.length
        setNextPage(request, reply, tokens.write(digest, { cursor: page.next, given }))
      }
      return reply.type(contentTypeOf(request.wishes.mediaType)).send(JSON.stringify(page.jobs.map(jobAnswer)))
    }
  )
}

function jobRoute({ app }: EpcisScope, { jobs }: CaptureRoutes): void {
  app.get(
    `${path}/:captureID`,
    {
      ...ownSecurityHeaders,
      config: { right: 'signedIn', produces: 'jsonAndXml' },
      schema: operationSchema({
        summary: 'A capture job: whether it runs, its progress, and what was wrong',
        ask: 'discover',
        path: captureID,
        good: { status: 200, description: 'The job', headers: ['GS1-Capture-Error-Behaviour'], body: { schema: CaptureJob, xml: true } },
        refuses: [404]
      })
    },
    async (request, reply) => {
      const job = requireJob({ jobs }, request)
      const { mediaType } = request.wishes
      const text = isXml(mediaType) ? jobXml(job) : JSON.stringify(jobAnswer(job))
      return reply.header('GS1-Capture-Error-Behaviour', job.captureErrorBehaviour).type(contentTypeOf(mediaType)).send(text)
    }
  )
}

function requireJob({ jobs }: Pick<CaptureRoutes, 'jobs'>, request: FastifyRequest): CaptureJob {
  const id = pathValue(request, 'captureID')
  const job = jobs.get(id)
  if (job === undefined) throw apiError('NOT_FOUND', { what: 'capture job', id: id.slice(0, 64) })
  return job
}

function jobAnswer(job: CaptureJob): object {
  return { '@context': epcisContextUri, type: 'EPCISCaptureJob', ...job }
}

function jobXml(job: CaptureJob): string {
  const { captureID: id, createdAt, finishedAt, running, success, captureErrorBehaviour, progress, errors, warnings = [] } = job
  const members = { captureID: id, createdAt, ...(finishedAt === undefined ? {} : { finishedAt }), running, success, captureErrorBehaviour }
  const inside = elementsOf(members)
  const counts = `<progress>${elementsOf(progress)}</progress>`
  const list = (name: string, entries: readonly object[]) => entries.map((entry) => `<${name}>${elementsOf(entry)}</${name}>`).join('')
  const found = `<errors>${list('error', errors)}</errors>${warnings.length === 0 ? '' : `<warnings>${list('warning', warnings)}</warnings>`}`
  return xmlDocument(`<EPCISCaptureJob xmlns="urn:epcglobal:epcis:xsd:2">${inside}${counts}${found}</EPCISCaptureJob>`)
}
