/** Adds a file to a report: kept first, then named in the journal. */
import type { FastifyRequest } from 'fastify'
import type { Attachment, ReportCase } from '@tracegate/model/report'
import { reportError } from '@tracegate/model/report-errors'
import { reportSteps } from '@tracegate/model/report-reducer'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { intakeError } from './errors.ts'
import { hourOf } from './report-office.ts'

export interface AddAttachment {
  readonly report: ReportCase
  readonly request: FastifyRequest
  readonly by: string
}

export async function addAttachment(context: ApiContext, { report, request, by }: AddAttachment): Promise<Attachment> {
  const mediaType = request.headers['content-type'] ?? ''
  if (!(request.body instanceof Uint8Array)) throw apiError('MEDIA_TYPE_UNSUPPORTED', { type: mediaType, wanted: 'a photograph' })
  const { id, status } = report
  const countMax = (await context.policy.current()).policy.reports.attachments.perReportMax
  const refuse = (now: ReportCase): void => {
    if (now.attachments.length >= countMax) throw intakeError('ATTACHMENTS_TOO_MANY', { id, count: now.attachments.length, countMax })
  }
  refuse(report)
  // Before the file is kept; the reducer asks again.
  if (!reportSteps.attached.includes(status))
    throw reportError('REPORT_STEP', { id, step: 'attached', status, wanted: reportSteps.attached.join(', ') })
  const anonymous = report.channel === 'insider'
  const now = context.nowMs()
  const attachment = await context.attachments.store({ bytes: request.body, mediaType, by, anonymous, atMs: anonymous ? hourOf(now) : now })
  await context.reports.step({
    id,
    by,
    why: 'attached',
    decide: (before) => {
      if (before.attachments.some((one) => one.id === attachment.id)) return undefined
      refuse(before)
      return { type: 'attached', attachment }
    }
  })
  return attachment
}
