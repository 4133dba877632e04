/**
 * `/api/v1/public/reports`: the complaint form of the public and of insiders, its receipt, and photographs added with the receipt. Whoever
 * writes here is not asked who they are, and of an insider nothing is kept that tells. It shows nobody else's report.
 */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AttachmentAnswer, attachmentTypes, PublicReportRequest, ReportReceived, ReportState } from '@tracegate/model/http-reports'
import { attachmentBytesMax } from '@tracegate/model/policy/reports'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { addAttachment } from '../reports/add-attachment.ts'
import { intakeError } from '../reports/errors.ts'
import { createPublicLimits, type PublicLimits } from '../reports/public-limits.ts'
import { hourOf } from '../reports/report-office.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'

const root = '/api/v1/public/reports'
const bodyBytesMax = 131_072
const Receipt = Type.String({ minLength: 20, maxLength: 40, description: 'As given when the report was handed in' })

export function publicReportRoutes(app: HttpServer, context: ApiContext): void {
  const limits = createPublicLimits(context.nowMs)
  handInRoute(app, context, limits)
  app.post(
    `${root}/look-up`,
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'The state of a report, for who holds its receipt',
        description: 'A POST, so that the receipt stands in no address and so in no log.',
        security: [],
        body: Type.Object({ receipt: Receipt }, { additionalProperties: false }),
        response: answers(ReportState)
      }
    },
    async (request) => {
      const { status, receivedAtMs, attachments, conclusion } = await reportOf(context, request.body.receipt)
      return { status, receivedAtMs, attachments: attachments.length, ...(conclusion === undefined ? {} : { conclusion: conclusion.text }) }
    }
  )
  photographRoute(app, context, limits)
}

async function reportOf(context: ApiContext, receipt: string) {
  const id = await context.reports.receipts.reportOf(receipt)
  if (id === undefined) throw apiError('NOT_FOUND', { what: 'report', id: 'of this receipt' })
  return (await context.reports.book.get(id)).state
}

function handInRoute(app: HttpServer, context: ApiContext, limits: PublicLimits): void {
  app.post(
    root,
    {
      config: publicConfig,
      bodyLimit: bodyBytesMax,
      schema: {
        tags: ['public'],
        summary: 'Hand in a complaint or a report of harm; nobody is asked who they are',
        description:
          'The answer holds a receipt number, shown once. With `insider` no identity is kept: no contact, no address, no time but the hour. ' +
          'What the text itself tells of its writer is kept as it is written.',
        security: [],
        body: PublicReportRequest,
        response: answers(ReportReceived)
      }
    },
    async (request) => {
      const { insider = false, reporter, report, website } = request.body
      const { intake } = (await context.policy.current()).policy.reports
      limits.take(addressOf(request), { perNetwork: intake.publicPerHourPerNetworkMax, all: intake.publicPerHourMax })
      // A program is told what people are told, and nothing of it is kept.
      if (website !== undefined && website !== '') {
        context.events.reportRefused('trap')
        const receivedAtMs = insider ? hourOf(context.nowMs()) : context.nowMs()
        return { receipt: context.reports.receipts.make().receipt, receivedAtMs, status: 'received' as const }
      }
      const links = report.text.match(/https?:\/\/|www\./gi)?.length ?? 0
      if (links > intake.linksInTextMax) {
        context.events.reportRefused('spam')
        throw intakeError('REPORT_SPAM', { detail: `${links} web addresses` })
      }
      const received = await context.reports.receive({
        told: report,
        source: insider ? 'insider' : 'consumerComplaint',
        channel: insider ? 'insider' : 'public',
        reporter: insider ? undefined : reporter,
        // Without the contact, which is kept apart so that it can be removed.
        raw: { mediaType: 'application/json', text: JSON.stringify({ report }) }
      })
      if (received.outcome === 'known') throw new TypeError('Cannot know a public report again: it has no number of a source')
      context.events.reportReceived('public')
      const { receivedAtMs, status } = received.kept.state
      return { receipt: received.receipt, receivedAtMs, status }
    }
  )
}

function photographRoute(app: HttpServer, context: ApiContext, limits: PublicLimits): void {
  void app.register(async (inside: HttpServer) => {
    takeFiles(inside)
    inside.post(
      `${root}/attachments`,
      {
        config: publicConfig,
        bodyLimit: attachmentBytesMax,
        schema: {
          tags: ['public'],
          summary: 'Add a photograph to a report, with its receipt in the header `receipt`',
          description: 'The body is the file. Photographs are cleaned of place, time, camera and owner before they are kept.',
          security: [],
          consumes: [...attachmentTypes],
          headers: Type.Object({ receipt: Receipt }),
          response: answers(AttachmentAnswer)
        }
      },
      async (request) => {
        const { intake } = (await context.policy.current()).policy.reports
        limits.take(addressOf(request), { perNetwork: intake.publicPerHourPerNetworkMax, all: intake.publicPerHourMax })
        const report = await reportOf(context, request.headers.receipt)
        return addAttachment(context, { report, request, by: report.channel === 'insider' ? 'insider' : 'public' })
      }
    )
  })
}

/** Bodies that are files. */
export function takeFiles(app: HttpServer): void {
  app.addContentTypeParser([...attachmentTypes], { parseAs: 'buffer', bodyLimit: attachmentBytesMax }, (_request, body, done) =>
    done(null, body)
  )
}

/** The address of the socket; behind a proxy on this machine what it says of its caller. */
function addressOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-for']
  const isLocal = /^(?:127\.|::1$|::ffff:127\.)/.test(request.ip)
  const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined
  return isLocal && last !== undefined && last !== '' ? last : request.ip
}
