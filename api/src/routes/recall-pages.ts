/**
 * The notice of a recall for one holder, under an address that nobody can guess: page, PDF, list of goods and the reply to it. Who has the
 * address is taken for the holder; nothing of other holders is reachable with it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { Language } from '@tracegate/model/text'
import { fileAnswers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { languageOfRequest } from '../publication/asked-language.ts'
import { escapeHtml, framedPage, pagePolicy } from '../publication/html.ts'
import { noticeWords, replyFields, replyWords } from '../recalls/notice-words.ts'
import { paperHtml } from '../recalls/paper.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'

export const noticeRoot = '/recall-notices/:recall/:holder/:token'
export const NoticeParams = Type.Object({
  recall: Id,
  holder: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  token: Type.String({ minLength: 43, maxLength: 43 })
})
export type NoticeParams = Static<typeof NoticeParams>
export const NoticeQuery = Type.Object({
  lang: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')])),
  sent: Type.Optional(Type.String({ maxLength: 1 }))
})
const issuer = { zh: '产品召回通知', en: 'Notice of a product recall' }

export function recallPageRoutes(app: HttpServer, context: ApiContext): void {
  pageRoute(app, context)
  fileRoutes(app, context)
}

/** The recall, when the token is that of the holder; any other address is not known. */
export async function noticedRecall(context: ApiContext, { recall: id, holder, token }: NoticeParams): Promise<RecallCase> {
  const { recalls } = context
  const found = (await recalls.notices.tokens.isValid({ recall: id, holder, token })) ? await recalls.book.find(id) : undefined
  if (found?.state.notice === undefined) throw apiError('NOT_FOUND', { what: 'notice', id })
  return found.state
}

export function languageOf(request: FastifyRequest<{ Querystring: Static<typeof NoticeQuery> }>): Language {
  return request.query.lang ?? languageOfRequest(request.headers['accept-language'])
}

/** A private page: kept by no cache, named to no other server, found by no search. */
export function guard(reply: FastifyReply): FastifyReply {
  return reply
    .header('cache-control', 'private, no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex, nofollow')
}

function pageRoute(app: HttpServer, context: ApiContext): void {
  const { notices } = context.recalls
  app.get(
    noticeRoot,
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'The notice of a recall for its holder, with what it holds and a form to reply',
        security: [],
        params: NoticeParams,
        querystring: NoticeQuery,
        response: fileAnswers('text/html', 'The page')
      }
    },
    async (request, reply) => {
      const recall = await noticedRecall(context, request.params)
      const { holder } = request.params
      const language = languageOf(request)
      const paper = await notices.paper({ recall, holder, language, base: context.publication.base() })
      await markRead(context, recall, holder)
      const body = `${paperHtml(paper)}${linksOf(request.params, recall, language)}${formOf(recall, { holder, language, sent: request.query.sent !== undefined })}`
      return guard(reply)
        .header('content-security-policy', pagePolicy)
        .type('text/html; charset=utf-8')
        .send(framedPage({ language, title: paper.title, issuer, body, head: '<meta name="robots" content="noindex">' }))
    }
  )
}

/** Once for each version of the notice; a page that is only looked at again writes nothing. */
async function markRead(context: ApiContext, recall: RecallCase, holder: string): Promise<void> {
  const contact = recall.contacts[holder]
  if (contact?.readAtMs !== undefined && contact.noticeVersion === recall.notice?.version) return
  if (recall.status === 'closed') return
  await context.recalls.act({
    id: recall.id,
    type: 'contacted',
    principal: undefined,
    by: `holder:${holder}`,
    why: 'opened the page of the notice',
    make: ({ policy, atMs }) => ({
      type: 'contacted',
      entries: [{ holder, status: 'read', atMs, channel: 'page' }],
      policyVersion: policy.version
    })
  })
}

export function addressOf({ recall, holder, token }: NoticeParams, file = ''): string {
  return `/recall-notices/${encodeURIComponent(recall)}/${holder}/${token}${file}`
}

function linksOf(params: NoticeParams, recall: RecallCase, language: Language): string {
  const words = noticeWords[language]
  const other = language === 'zh' ? 'en' : 'zh'
  const photo =
    recall.notice?.content.product.photo === undefined
      ? ''
      : `<p><img src="${addressOf(params, '/photo')}" alt="${escapeHtml(`${words.photo}: ${recall.notice.content.product.name[language]}`)}" width="320"></p>`
  return `${photo}<p><a href="${addressOf(params, '/notice.pdf')}?lang=${language}">${words.pdf}</a> · <a href="${addressOf(params, '/goods.csv')}">CSV</a> · <a href="${addressOf(params)}?lang=${other}">${words.other}</a></p>`
}

function formOf(
  recall: RecallCase,
  { holder, language, sent }: { readonly holder: string; readonly language: Language; readonly sent: boolean }
): string {
  const words = noticeWords[language]
  const contact = recall.contacts[holder]
  const thanks = sent ? `<p role="status" class="say end">${words.thanks}</p>` : ''
  if (recall.status === 'closed') return thanks
  const before = contact?.repliedAtMs === undefined ? '' : `<p>${words.replied}. ${words.replace}</p>`
  const numbers = replyFields
    .map(
      (field) => `<label>${replyWords[language][field]}<input name="${field}" type="number" min="0" step="1" inputmode="numeric"></label>`
    )
    .join('')
  return `<section><h2>${words.reply}</h2>${thanks}${before}<form method="post" action="?lang=${language}">
<label>${words.received}<input name="received" type="checkbox" value="yes" required></label>
<label>${words.stopped}<input name="stopped" type="checkbox" value="yes"></label>
${numbers}<label>${words.contact}<input name="contact" maxlength="256" autocomplete="name"></label>
<label>${words.note}<input name="note" maxlength="2000"></label>
<button type="submit">${words.send}</button></form></section>`
}

function fileRoutes(app: HttpServer, context: ApiContext): void {
  const { notices } = context.recalls
  const schema = { tags: ['public'], security: [], params: NoticeParams }
  app.get(
    `${noticeRoot}/notice.pdf`,
    {
      config: publicConfig,
      schema: { ...schema, summary: 'The notice as PDF', querystring: NoticeQuery, response: fileAnswers('application/pdf', 'The file') }
    },
    async (request, reply) => {
      const recall = await noticedRecall(context, request.params)
      const pdf = await notices.pdf({
        recall,
        holder: request.params.holder,
        language: languageOf(request),
        base: context.publication.base()
      })
      return guard(reply).header('content-disposition', `inline; filename="${recall.id}.pdf"`).type('application/pdf').send(pdf)
    }
  )
  app.get(
    `${noticeRoot}/goods.csv`,
    {
      config: publicConfig,
      schema: { ...schema, summary: 'Every good that the holder held', response: fileAnswers('text/csv', 'The file') }
    },
    async (request, reply) => {
      const recall = await noticedRecall(context, request.params)
      const csv = await notices.csv(recall, request.params.holder)
      return guard(reply).header('content-disposition', `attachment; filename="${recall.id}.csv"`).type('text/csv; charset=utf-8').send(csv)
    }
  )
  app.get(
    `${noticeRoot}/photo`,
    {
      config: publicConfig,
      schema: { ...schema, summary: 'The photo of the product', response: fileAnswers('image/jpeg', 'The picture') }
    },
    async (request, reply) => sendPhoto(context, await noticedRecall(context, request.params), reply)
  )
}

export async function sendPhoto(context: ApiContext, recall: RecallCase, reply: FastifyReply): Promise<FastifyReply> {
  const photo = recall.notice?.content.product.photo
  const found = photo === undefined ? undefined : await context.attachments.read(photo)
  if (found === undefined || !found.attachment.mediaType.startsWith('image/'))
    throw apiError('NOT_FOUND', { what: 'photo of recall', id: recall.id })
  return reply.header('x-content-type-options', 'nosniff').type(found.attachment.mediaType).send(found.bytes)
}
