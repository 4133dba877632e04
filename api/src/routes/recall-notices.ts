/** The notice of a recall: lint, publication, and its closing report. Pages for holders are in `recall-pages.ts`. */
import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { CloseBody, LintAnswer, LintBody, NoticeBody } from '@tracegate/model/http-recalls'
import { lintNotice } from '@tracegate/model/recall-notice'
import { readClosingReport, RecallClosingReport } from '@tracegate/model/recall-report'
import type { Principal } from '../accounts.ts'
import { answers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { framedPage, pagePolicy } from '../publication/html.ts'
import { makeReport, storedReport } from '../recalls/closing-report.ts'
import { paperHtml, paperPdf, type Paper } from '../recalls/paper.ts'
import { reportPaper } from '../recalls/report-paper.ts'
import type { HttpServer } from '../schema-types.ts'
import { principalOf, RecallParams, schemaOf, signedIn, stepTaker } from './recall-steps.ts'

const root = '/api/v1/recalls/:id'
const Language = Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')]))

export function recallNoticeRoutes(app: HttpServer, context: ApiContext): void {
  const { policy } = context
  const take = stepTaker(context)
  app.post(
    '/api/v1/recalls/notice-lint',
    {
      schema: {
        tags: ['recalls'],
        summary: 'Which words of a notice play the hazard down, where and why',
        body: LintBody,
        response: answers(LintAnswer)
      }
    },
    async (request) => {
      const version = await policy.current()
      return { findings: lintNotice(request.body.content, version.policy.recalls.words), policyVersion: version.version }
    }
  )
  app.post(
    `${root}/notice`,
    {
      config: signedIn,
      schema: schemaOf('Publish the notice; refused while it plays the hazard down, unless overridden with a reason', NoticeBody)
    },
    (request) =>
      take(request, 'noticePublished', ({ policy: version }) => {
        const { content, override } = request.body
        const { words, remediesAtLeast } = version.policy.recalls
        return {
          type: 'noticePublished',
          content,
          findings: lintNotice(content, words),
          ...(override === undefined ? {} : { override }),
          remediesAtLeast,
          policyVersion: version.version
        }
      })
  )
  reportRoutes(app, context)
  holderNoticeRoutes(app, context)
}

function reportRoutes(app: HttpServer, context: ApiContext): void {
  const { recalls } = context
  const take = stepTaker(context)
  app.post(
    `${root}/close`,
    { config: signedIn, schema: schemaOf('Close it with its report, after checks that passed', CloseBody) },
    (request) => {
      const by = principalOf(request).name
      return take(request, 'closed', async ({ state, policy: version, atMs }) => {
        const report = JSON.stringify(await makeReport(recalls, state, { atMs, by }))
        const reportSha256 = createHash('sha256').update(report).digest('hex')
        return { type: 'closed', report, reportSha256, summary: request.body.summary, policyVersion: version.version }
      })
    }
  )
  const query = Type.Object({ format: Type.Optional(Type.Enum(['json', 'html', 'pdf'] as const)), lang: Language })
  app.get(
    `${root}/report`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'The report: as it was when the recall was closed, byte for byte; before that as it stands now',
        params: RecallParams,
        querystring: query,
        response: answers(RecallClosingReport)
      }
    },
    async (request, reply) => {
      const { state } = await recalls.book.get(request.params.id)
      const { format = 'json', lang = 'zh' } = request.query
      const stored = storedReport(await recalls.book.journal(state.id))
      const report =
        stored === undefined
          ? await makeReport(recalls, state, { atMs: context.nowMs(), by: principalOf(request).name })
          : readStored(state.id, stored)
      if (format === 'json') return stored === undefined ? report : reply.serializer(() => stored).send(report)
      return sendPaper(reply, reportPaper(report, lang, state.closed?.reportSha256), { format, name: `${state.id}-report` })
    }
  )
}

function readStored(id: string, text: string): RecallClosingReport {
  const read = readClosingReport(text)
  if (!read.ok) throw new TypeError(`Cannot read the report of recall ${id}: ${read.reason.pointer} ${read.reason.message}`)
  return read.value
}

const issuer = { zh: '产品召回', en: 'Product recall' }

function sendPaper(
  reply: FastifyReply,
  paper: Paper,
  { format, name }: { readonly format: 'html' | 'pdf'; readonly name: string }
): FastifyReply {
  if (format === 'pdf')
    return reply.header('content-disposition', `inline; filename="${name}.pdf"`).type('application/pdf').send(paperPdf(paper))
  const page = framedPage({ language: paper.language, title: paper.title, issuer, body: paperHtml(paper) })
  return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page)
}

const HolderParams = Type.Object({ id: Id, holder: Type.String({ pattern: '^[0-9a-f]{16}$' }) })
const MailAnswer = Type.Object({
  holder: Type.String(),
  to: Type.Optional(Type.String()),
  subject: Type.String(),
  text: Type.String(),
  html: Type.String(),
  language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
  address: Type.String()
})

/** Their addresses speak for their holders, so that only who sends notices reads them. */
function requireSender(principal: Principal): void {
  if (!principal.rights.includes('order') && !principal.rights.includes('respond'))
    throw apiError('RIGHT_MISSING', { right: 'order" or "respond', name: principal.name })
}

function holderNoticeRoutes(app: HttpServer, context: ApiContext): void {
  const { recalls } = context
  const mail = Type.Object({ lang: Language })
  app.get(
    `${root}/holders/:holder/notice`,
    {
      config: signedIn,
      schema: {
        tags: ['recalls'],
        summary: 'The notice for one holder as body of a mail, in both languages, with its address',
        params: HolderParams,
        querystring: mail,
        response: answers(MailAnswer)
      }
    },
    async (request) => {
      requireSender(principalOf(request))
      const { state } = await recalls.book.get(request.params.id)
      const { lang: language = 'zh' } = request.query
      return recalls.notices.mail({ recall: state, holder: request.params.holder, language, base: context.publication.base() })
    }
  )
}
