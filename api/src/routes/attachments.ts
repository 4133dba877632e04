/** `/api/v1/attachments/{id}`: a file of a case, to be saved, never shown in place; who took it is on record. */
import { Type } from 'typebox'
import { attachmentTypes } from '@tracegate/model/http-reports'
import { attachmentBytesMax } from '@tracegate/model/policy/reports'
import { Attachment } from '@tracegate/model/report'
import { answers, fileAnswers } from '../answers.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { takeFiles } from './public-reports.ts'

const endings = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'application/pdf': 'pdf', 'video/mp4': 'mp4' } as const

export function attachmentRoutes(app: HttpServer, context: ApiContext): void {
  uploadRoute(app, context)
  app.get(
    '/api/v1/attachments/:id',
    {
      config: { right: 'assess' },
      schema: {
        tags: ['reports'],
        summary: 'A file of a report or a measure, as a download',
        params: Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) }),
        response: { ...answers(Type.Unknown()), ...fileAnswers('application/octet-stream', 'The file') }
      }
    },
    async (request, reply) => {
      const { id } = request.params
      const found = await context.attachments.read(id)
      if (found === undefined) throw apiError('NOT_FOUND', { what: 'attachment', id })
      const { attachment, bytes } = found
      const by = request.principal?.name ?? ''
      await createAuditTrail(context.cases, context.nowMs).append(`attachment:${id}`, { by, action: 'attachment taken', state: { id } })
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${id}.${endings[attachment.mediaType]}"`)
        .header('content-security-policy', "sandbox; default-src 'none'")
        .header('x-content-type-options', 'nosniff')
        .send(bytes)
    }
  )
}

/** What companies and points prove the execution of a measure with, or a reply to a recall. */
function uploadRoute(app: HttpServer, context: ApiContext): void {
  void app.register(async (inside: HttpServer) => {
    takeFiles(inside)
    inside.post(
      '/api/v1/attachments',
      {
        config: { right: 'respond' },
        bodyLimit: attachmentBytesMax,
        schema: {
          tags: ['reports'],
          summary: 'Hand in a file to refer to as proof; the same file twice is kept once',
          consumes: [...attachmentTypes],
          response: answers(Attachment)
        }
      },
      async (request) => {
        const bytes: unknown = request.body
        if (!(bytes instanceof Uint8Array)) throw apiError('REQUEST_INVALID', { part: 'the body' })
        const by = request.principal?.name ?? ''
        return context.attachments.store({ bytes, mediaType: request.headers['content-type'] ?? '', by })
      }
    )
  })
}
