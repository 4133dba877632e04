/** Replies of holders to the notice of a recall, by the address of the notice: as JSON, with proofs, or by the form of the page. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { HolderReply } from '@tracegate/model/recall-case'
import { attachmentBytesMax, attachmentMediaTypes } from '@tracegate/model/policy/reports'
import { Attachment } from '@tracegate/model/report'
import { answers, fileAnswers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { replyFields } from '../recalls/notice-words.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'
import { takeFiles } from './public-reports.ts'
import { addressOf, guard, languageOf, noticedRecall, NoticeParams, NoticeQuery, noticeRoot } from './recall-pages.ts'

const formBytesMax = 16_384
/** Replies of one holder to one recall. */
const repliesMax = 100
/** Files that one notice takes in an hour: a reply names twenty at most, and all cases share the room for files. */
const proofsPerHourMax = 40
// By what the router read of the address: another way to write it is no other notice.
const proofConfig = {
  access: 'public',
  rateLimit: { max: proofsPerHourMax, timeWindow: 3_600_000, keyGenerator: (request: FastifyRequest) => JSON.stringify(request.params) }
} as const
const replies = compileValidator(HolderReply)

async function takeReply(context: ApiContext, params: NoticeParams, reply: HolderReply): Promise<void> {
  const recall = await noticedRecall(context, params)
  const { holder } = params
  for (const proof of reply.proofs ?? [])
    if ((await context.attachments.find(proof)) === undefined) throw apiError('NOT_FOUND', { what: 'attachment', id: proof })
  if ((recall.contacts[holder]?.replies ?? 0) >= repliesMax)
    throw apiError('RATE_LIMITED', { max: repliesMax, window: 'recall and holder' })
  await context.recalls.act({
    id: recall.id,
    type: 'replied',
    principal: undefined,
    by: `holder:${holder}`,
    why: 'replied by its own address',
    make: ({ policy }) => ({ type: 'replied', holder, reply, policyVersion: policy.version })
  })
}

export function recallReplyRoutes(app: HttpServer, context: ApiContext): void {
  const api = `/api/v1/public${noticeRoot}`
  app.post(
    `${api}/reply`,
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'The reply of a holder to a notice; counted apart from events',
        security: [],
        params: NoticeParams,
        body: HolderReply,
        response: answers(Type.Object({ taken: Type.Boolean() }))
      }
    },
    async (request) => {
      await takeReply(context, request.params, request.body)
      return { taken: true }
    }
  )
  void app.register(async (inside: HttpServer) => {
    takeFiles(inside)
    inside.post(
      `${api}/proofs`,
      {
        config: proofConfig,
        bodyLimit: attachmentBytesMax,
        schema: {
          tags: ['public'],
          summary: 'A file that proves what a reply says; its id goes into the reply',
          security: [],
          params: NoticeParams,
          consumes: [...attachmentMediaTypes],
          response: answers(Attachment)
        }
      },
      async (request) => {
        const recall = await noticedRecall(context, request.params)
        const mediaType = request.headers['content-type'] ?? ''
        if (!Buffer.isBuffer(request.body))
          throw apiError('MEDIA_TYPE_UNSUPPORTED', { type: mediaType, wanted: attachmentMediaTypes.join(', ') })
        return context.attachments.store({ bytes: request.body, mediaType, by: `recall:${recall.id}:${request.params.holder}` })
      }
    )
  })
  void app.register(async (inside: HttpServer) => {
    inside.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: formBytesMax },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )
    inside.post(
      noticeRoot,
      {
        config: publicConfig,
        schema: {
          tags: ['public'],
          summary: 'The form of the page',
          security: [],
          params: NoticeParams,
          querystring: NoticeQuery,
          response: fileAnswers('text/html', 'Goes back to the page')
        }
      },
      async (request, reply) => {
        const read = replies.check(replyOfForm(request.body))
        if (!read.ok) throw apiError('REQUEST_INVALID', { part: `the form at ${read.reason.pointer}` })
        await takeReply(context, request.params, read.value)
        return guard(reply).redirect(`${addressOf(request.params)}?lang=${languageOf(request)}&sent=1`, 303)
      }
    )
  })
}

function replyOfForm(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  const fields = new Map<string, unknown>(Object.entries(body))
  const numbers = replyFields.flatMap((name) => {
    const text = fields.get(name)
    return typeof text === 'string' && text.trim() !== '' ? [[name, Number(text)] as const] : []
  })
  const texts = (['note', 'contact'] as const).flatMap((name) => {
    const text = fields.get(name)
    return typeof text === 'string' && text !== '' ? [[name, text] as const] : []
  })
  return {
    received: fields.get('received') === 'yes',
    stopped: fields.get('stopped') === 'yes',
    ...Object.fromEntries([...numbers, ...texts])
  }
}
