/** The notice of a recall: lint, publication, and its closing report. Pages for holders are in `recall-pages.ts`. */
import { createHash } from 'node:crypto'
import { CloseBody, LintAnswer, LintBody, NoticeBody } from '@tracegate/model/http-recalls'
import { lintNotice } from '@tracegate/model/recall-notice'
import { readClosingReport, RecallClosingReport } from '@tracegate/model/recall-report'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { makeReport, storedReport } from '../recalls/closing-report.ts'
import type { HttpServer } from '../schema-types.ts'
import { principalOf, RecallParams, schemaOf, signedIn, stepTaker } from './recall-steps.ts'

const root = '/api/v1/recalls/:id'

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
  app.get(
    `${root}/report`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'The report: as it was when the recall was closed, byte for byte; before that as it stands now',
        params: RecallParams,
        response: answers(RecallClosingReport)
      }
    },
    async (request, reply) => {
      const { state } = await recalls.book.get(request.params.id)
      const stored = storedReport(await recalls.book.journal(state.id))
      if (stored === undefined) return makeReport(recalls, state, { atMs: context.nowMs(), by: principalOf(request).name })
      const read = readClosingReport(stored)
      if (!read.ok) throw new TypeError(`Cannot read the report of recall ${state.id}: ${read.reason.pointer} ${read.reason.message}`)
      return reply.serializer(() => stored).send(read.value)
    }
  )
}
