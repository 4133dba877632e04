/** `/api/v1/exports/evidence`: sealed bundles of evidence, made as jobs, and the public keys of their seals. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { EvidenceQuestion } from '@tracegate/model/evidence'
import { EvidenceJob, EvidenceJobList, EvidenceKeys } from '@tracegate/model/http-exports'
import { answers, fileAnswers } from '../answers.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { EvidenceOffice } from '../exports/evidence-office.ts'
import type { EvidenceAsk } from '../exports/evidence-scope.ts'
import { placeOfText } from '../exports/question.ts'
import { keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'

const root = '/api/v1/exports/evidence'
const Params = Type.Object({ id: Type.String({ format: 'uuid' }) })
/** How long a POST waits for its bundle before it answers with the job. */
const waitMs = 10_000
const zip = 'application/zip'

export function evidenceRoutes(app: HttpServer, context: ApiContext): void {
  orderRoute(app, context)
  jobRoutes(app, context)
  keyRoutes(app, context)
}

function officeOf({ evidence }: ApiContext): EvidenceOffice {
  if (evidence === undefined) throw apiError('EXPORTS_ABSENT')
  return evidence
}

function orderRoute(app: HttpServer, context: ApiContext): void {
  const file = { schema: Type.Unknown() }
  app.post(
    root,
    {
      schema: {
        tags: ['exports'],
        summary: 'A sealed bundle of evidence',
        description: `Events, readings, anomalies, journals, trace answers, summary, manifest and signature in one ZIP. The answer is the bundle when it is made within ${waitMs / 1_000} s, and otherwise, or with \`Prefer: respond-async\`, 202 with the job.`,
        body: EvidenceQuestion,
        response: {
          ...answers(EvidenceJob),
          200: { description: 'The bundle', content: { [zip]: file } },
          202: { description: 'The job, still at work', content: { 'application/json': { schema: EvidenceJob } } }
        }
      }
    },
    async (request, reply) => {
      const office = officeOf(context)
      const { principal } = request
      if (principal === undefined) throw apiError('SIGN_IN_REQUIRED')
      const job = await office.order({
        question: request.body,
        ask: await knownCase(context, askOf(request.body, context.nowMs())),
        by: principal
      })
      reply.header('location', `${root}/${job.id}`)
      const isAsync = /\brespond-async\b/i.test(String(request.headers['prefer'] ?? ''))
      const now = isAsync ? job : await office.settled(job.id, waitMs)
      if (now?.state === 'ready') return sendBundle(reply, office, now)
      if (now?.state === 'failed') throw apiError('EVIDENCE_FAILED', { id: job.id, detail: now.detail ?? '' })
      return reply
        .code(202)
        .header('retry-after', 1)
        .send(now ?? job)
    }
  )
}

/** Throws `EXPORT_QUESTION` unless exactly one thing is asked. */
function askOf(question: EvidenceQuestion, nowMs: number): EvidenceAsk {
  const { of, anomaly, warning, place, from, to, knownAt } = question
  const given = [of, anomaly, warning, place].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw apiError('EXPORT_QUESTION', { detail: `${given.length} of of, anomaly, warning and place are given, expected one` })
  const knownAtMs = knownAt === undefined ? nowMs : Math.min(Date.parse(knownAt), nowMs)
  if (of !== undefined) return { of: keyOfText(of), knownAtMs }
  if (anomaly !== undefined) return { anomaly, knownAtMs }
  if (warning !== undefined) return { warning, knownAtMs }
  if (place === undefined || from === undefined || to === undefined)
    throw apiError('EXPORT_QUESTION', { detail: 'a place needs from and to' })
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
  return { place: placeOfText(place), fromMs, toMs, knownAtMs }
}

/** A case that is not there is said at once, not by a job that fails. */
async function knownCase({ cases }: ApiContext, ask: EvidenceAsk): Promise<EvidenceAsk> {
  for (const kind of ['anomaly', 'warning'] as const) {
    const id = kind === 'anomaly' ? ('anomaly' in ask ? ask.anomaly : undefined) : 'warning' in ask ? ask.warning : undefined
    if (id !== undefined && (await cases.head(kind, id)) === undefined) throw apiError('NOT_FOUND', { what: kind, id })
  }
  return ask
}

async function sendBundle(reply: FastifyReply, office: EvidenceOffice, { id, sha256 = '' }: EvidenceJob): Promise<FastifyReply> {
  const path = office.pathOf(id)
  const { size } = await stat(path)
  return reply
    .type(zip)
    .header('content-length', size)
    .header('content-disposition', `attachment; filename="evidence-${id}.zip"`)
    .header('repr-digest', `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
    .send(createReadStream(path))
}

function jobRoutes(app: HttpServer, context: ApiContext): void {
  const find = async (id: string) => {
    const job = await officeOf(context).job(id)
    if (job === undefined) throw apiError('NOT_FOUND', { what: 'evidence bundle', id })
    return job
  }
  app.get(
    root,
    { schema: { tags: ['exports'], summary: 'Bundles that are made or kept, newest first', response: answers(EvidenceJobList) } },
    async () => ({
      items: [...(await officeOf(context).jobs())]
    })
  )
  app.get(
    `${root}/:id`,
    { schema: { tags: ['exports'], summary: 'How far a bundle is', params: Params, response: answers(EvidenceJob) } },
    (request) => find(request.params.id)
  )
  app.get(
    `${root}/:id/bundle`,
    { schema: { tags: ['exports'], summary: 'The bundle', params: Params, response: fileAnswers(zip, 'The bundle') } },
    async (request, reply) => {
      const job = await find(request.params.id)
      if (job.state !== 'ready') throw apiError('EVIDENCE_NOT_READY', { id: job.id, state: job.state })
      const trail = createAuditTrail(context.cases, context.nowMs)
      const by = request.principal?.name ?? ''
      await trail.append(`exports:${new Date(context.nowMs()).toISOString().slice(0, 7)}`, {
        by,
        action: 'export evidence taken',
        state: { id: job.id }
      })
      return sendBundle(reply, officeOf(context), job)
    }
  )
  app.delete(
    `${root}/:id`,
    {
      schema: {
        tags: ['exports'],
        summary: 'Removes a bundle that is made',
        params: Params,
        response: { ...answers(EvidenceJob), 204: Type.Null() }
      }
    },
    async (request, reply) => {
      const job = await find(request.params.id)
      if (!(await officeOf(context).remove(job.id, request.principal?.name ?? '')))
        throw apiError('EVIDENCE_NOT_READY', { id: job.id, state: job.state })
      return reply.code(204).send(null)
    }
  )
}

function keyRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    `${root}/key`,
    {
      schema: {
        tags: ['exports'],
        summary: 'The public keys that seals are checked with',
        description: 'The one that signs now and all before it. `Accept: application/x-pem-file` gives the current one as PEM.',
        response: {
          ...answers(EvidenceKeys),
          200: {
            description: 'The keys',
            content: { 'application/json': { schema: EvidenceKeys }, 'application/x-pem-file': { schema: Type.Unknown() } }
          }
        }
      }
    },
    async (request, reply) => {
      const keys = await officeOf(context).keys.published()
      if (!/application\/x-pem-file/i.test(request.headers.accept ?? '')) return reply.type('application/json; charset=utf-8').send(keys)
      const current = keys.keys.find(({ keyId }) => keyId === keys.current)
      return reply.type('application/x-pem-file').send(Buffer.from(current?.publicKeyPem ?? ''))
    }
  )
  app.post(
    `${root}/key/rotation`,
    {
      config: { right: 'administer' },
      schema: { tags: ['exports'], summary: 'Seals with a new key from now on', response: answers(EvidenceKeys) }
    },
    async (request) => {
      const { keys } = officeOf(context)
      const by = request.principal?.name ?? ''
      const before = await keys.published()
      const keyId = await keys.rotate()
      const trail = createAuditTrail(context.cases, context.nowMs)
      await trail.append('evidence-keys', { by, action: 'rotate evidence key', state: { keyId, replaces: before.current } })
      return keys.published()
    }
  )
}
