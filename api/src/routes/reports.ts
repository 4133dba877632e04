/** `/api/v1/reports`: reports of harm of all sources, handed in by who is signed in, and the steps that people make of them. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  AttachmentAnswer,
  attachmentTypes,
  ConcludeRequest,
  DuplicateRequest,
  LinkRequest,
  ReasonRequest,
  ReportDetail,
  ReportPage,
  ReportQuery,
  ReportRequest,
  ReportStepAnswer,
  ReportSummary,
  TriageRequest
} from '@tracegate/model/http-reports'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import { attachmentBytesMax } from '@tracegate/model/policy/reports'
import { ReportCase, reportStatuses } from '@tracegate/model/report'
import { reportError } from '@tracegate/model/report-errors'
import { linkOfKeys } from '@tracegate/model/report-linking'
import { ReportStep } from '@tracegate/model/report-reducer'
import { reportSources } from '@tracegate/model/report-sources'
import { compileValidator } from '@tracegate/model/codec'
import { answers, Id, limitDefault } from '../answers.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import { addAttachment } from '../reports/add-attachment.ts'
import type { HttpServer } from '../schema-types.ts'
import { takeFiles } from './public-reports.ts'

const root = '/api/v1/reports'
const Params = Type.Object({ id: Id })
const steps = compileValidator(ReportStep)

export function reportRoutes(app: HttpServer, context: ApiContext): void {
  handInRoute(app, context)
  listRoutes(app, context)
  detailRoute(app, context)
  stepRoutes(app, context)
  duplicateRoutes(app, context)
  fileRoutes(app, context)
}

const nameOf = (request: FastifyRequest): string => request.principal?.name ?? 'unknown'

function handInRoute(app: HttpServer, context: ApiContext): void {
  app.post(
    root,
    {
      config: { right: 'signedIn' },
      schema: {
        tags: ['reports'],
        summary: 'Hand in a report of harm or danger, of any source',
        description: 'The same number of the same source with the same content is answered with the report that is there.',
        body: ReportRequest,
        response: answers(Type.Object({ report: ReportCase, receipt: Type.Optional(Type.String()) }))
      }
    },
    async (request) => {
      const { source, sourceId, reporter, report } = request.body
      const received = await context.reports.receive({
        told: report,
        source,
        sourceId,
        reporter,
        channel: 'signedIn',
        by: nameOf(request),
        raw: { mediaType: 'application/json', text: JSON.stringify({ source, sourceId, report }) }
      })
      context.events.reportReceived(source)
      return received.outcome === 'known' ? { report: received.kept.state } : { report: received.kept.state, receipt: received.receipt }
    }
  )
}

function listRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    root,
    {
      config: { right: 'assess' },
      schema: {
        tags: ['reports'],
        summary: 'Reports, those that need somebody first, newest first',
        querystring: ReportQuery,
        response: answers(ReportPage)
      }
    },
    async (request) => {
      const { status, source, product, duplicates = true, state, cursor, limit = limitDefault } = request.query
      const page = await context.reports.book.page({
        limit,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { cursor })
      })
      // A page is filtered as it is: it may hold fewer than asked for and still have a next one.
      const items = page.items.filter(
        (report) =>
          (status === undefined || report.status === status) &&
          (source === undefined || report.source === source) &&
          (product === undefined || report.link?.product === product) &&
          (duplicates || report.duplicateOf === undefined)
      )
      return { ...page, items }
    }
  )
  app.get(
    `${root}/summary`,
    {
      config: { right: 'assess' },
      schema: { tags: ['reports'], summary: 'Recent reports by state and source', response: answers(ReportSummary) }
    },
    async () => {
      const all = [...(await context.reports.index()).all()]
      const count = (fits: (report: ReportCase) => boolean) => all.filter(fits).length
      return {
        byStatus: Object.fromEntries(reportStatuses.map((status) => [status, count((report) => report.status === status)])),
        bySource: Object.fromEntries(reportSources.map((source) => [source, count((report) => report.source === source)])),
        duplicates: count((report) => report.duplicateOf !== undefined),
        unlinked: count((report) => report.link === undefined),
        held: all.length
      }
    }
  )
}

function detailRoute(app: HttpServer, context: ApiContext): void {
  app.get(
    `${root}/:id`,
    {
      config: { right: 'assess' },
      schema: {
        tags: ['reports'],
        summary: 'A report with what came in word for word and its journal',
        params: Params,
        response: answers(ReportDetail)
      }
    },
    async (request) => {
      const { id } = request.params
      const [{ state, length }, journal] = await Promise.all([context.reports.book.get(id), context.reports.book.journal(id)])
      const first = steps.check(journal[0]?.data)
      if (!first.ok || first.value.type !== 'received') throw new TypeError(`Cannot read report ${id}: its journal begins otherwise`)
      const reporter = state.contactKept ? await context.reports.receipts.reporterOf(state.receipt) : undefined
      // Who asks for names is on record.
      if (reporter !== undefined)
        await createAuditTrail(context.cases, context.nowMs).append(`report:${id}`, {
          by: nameOf(request),
          action: 'reporter shown',
          state: { id }
        })
      return {
        ...state,
        length,
        ...(reporter === undefined ? {} : { reporter }),
        raw: first.value.raw,
        journal: journal.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash }))
      }
    }
  )
}

interface Wish {
  readonly why: string
  readonly expectedLength?: number | undefined
}

async function take(
  context: ApiContext,
  request: FastifyRequest<{ Params: { id: string } }>,
  { why, expectedLength }: Wish,
  decide: (before: ReportCase, policy: PolicyVersion) => ReportStep | undefined
) {
  const kept = await context.reports.step({ id: request.params.id, by: nameOf(request), why, expectedLength, decide })
  return { report: kept.state, length: kept.length }
}

function stepRoutes(app: HttpServer, context: ApiContext): void {
  const schema = { tags: ['reports'], params: Params, response: answers(ReportStepAnswer) }
  const config = { right: 'assess' } as const
  app.post(
    `${root}/:id/triage`,
    { config, schema: { ...schema, summary: 'Look a report over: how far it is relied on, what harm it tells of', body: TriageRequest } },
    (request) => {
      const { reliability, harm } = request.body
      return take(context, request, request.body, (_before, { version }) => ({
        type: 'triaged',
        ...(reliability === undefined ? {} : { reliability }),
        ...(harm === undefined ? {} : { harm }),
        policyVersion: version
      }))
    }
  )
  app.post(`${root}/:id/link`, { config, schema: { ...schema, summary: 'Say which goods it is about', body: LinkRequest } }, (request) => {
    const link = linkOfKeys(request.body.goods.map(keyOfText))
    if (link === undefined)
      throw apiError('CODE_UNREADABLE', { code: request.body.goods.join(', ').slice(0, 64), reason: 'it names no product, lot or item' })
    return take(context, request, request.body, (_before, { version }) => ({ type: 'linked', link, policyVersion: version }))
  })
  app.post(
    `${root}/:id/conclude`,
    { config, schema: { ...schema, summary: 'Settle a linked report: what came of it', body: ConcludeRequest } },
    (request) => {
      const { text, assessment, warning } = request.body
      return take(context, request, request.body, (_before, { version }) => ({
        type: 'assessed',
        text,
        ...(assessment === undefined ? {} : { assessment }),
        ...(warning === undefined ? {} : { warning }),
        policyVersion: version
      }))
    }
  )
  app.post(
    `${root}/:id/discard`,
    { config, schema: { ...schema, summary: 'Put a report aside, with the reason', body: ReasonRequest } },
    (request) => take(context, request, request.body, () => ({ type: 'discarded' }))
  )
  app.post(
    `${root}/:id/note`,
    { config, schema: { ...schema, summary: 'Write a note into its journal', body: ReasonRequest } },
    (request) => take(context, request, request.body, () => ({ type: 'noted' }))
  )
  app.post(
    `${root}/:id/forget-reporter`,
    { config, schema: { ...schema, summary: 'Remove name and contact of the reporter for good', body: ReasonRequest } },
    async (request) => {
      const { state } = await context.reports.book.get(request.params.id)
      await context.reports.receipts.removeReporter(state.receipt)
      return take(context, request, request.body, (before) => (before.contactKept ? { type: 'contactRemoved' } : undefined))
    }
  )
}

function duplicateRoutes(app: HttpServer, context: ApiContext): void {
  const schema = { tags: ['reports'], params: Params, response: answers(ReportStepAnswer) }
  app.post(
    `${root}/:id/duplicate`,
    {
      config: { right: 'assess' },
      schema: { ...schema, summary: 'Say that it tells of the same event as another one', body: DuplicateRequest }
    },
    async (request) => {
      const { of } = request.body
      const { state: original } = await context.reports.book.get(of)
      if (original.duplicateOf !== undefined) throw reportError('REPORT_DUPLICATE', { id: request.params.id, of })
      return take(context, request, request.body, (_before, { version }) => ({
        type: 'duplicate',
        of: { report: of, ground: 'person' },
        policyVersion: version
      }))
    }
  )
  app.post(
    `${root}/:id/not-duplicate`,
    { config: { right: 'assess' }, schema: { ...schema, summary: 'Say that it tells of an event of its own', body: ReasonRequest } },
    (request) => take(context, request, request.body, () => ({ type: 'notDuplicate' }))
  )
}

function fileRoutes(app: HttpServer, context: ApiContext): void {
  void app.register(async (inside: HttpServer) => {
    takeFiles(inside)
    inside.post(
      `${root}/:id/attachments`,
      {
        config: { right: 'signedIn' },
        bodyLimit: attachmentBytesMax,
        schema: {
          tags: ['reports'],
          summary: 'Add a file to a report that one handed in, or to any with the right `assess`',
          consumes: [...attachmentTypes],
          params: Params,
          response: answers(AttachmentAnswer)
        }
      },
      async (request) => {
        const { state } = await context.reports.book.get(request.params.id)
        const mayAll = request.principal?.rights.includes('assess') ?? false
        if (!mayAll && state.handedInBy !== nameOf(request)) throw apiError('RIGHT_MISSING', { right: 'assess', name: nameOf(request) })
        return addAttachment(context, { report: state, request, by: nameOf(request) })
      }
    )
  })
}
