/** `/api/v1/…` of publication: receipts, what could not be delivered, and the enquiry of the public. */
import { Type } from 'typebox'
import { keyKind } from '@tracegate/model/gs1/key'
import {
  DeadPublicationPage,
  PublicationReceiptsList,
  PublicNoticePage,
  ResumeBody,
  ResumedAnswer,
  type PublicNoticeAnswer
} from '@tracegate/model/http-publication'
import { PageQuery } from '@tracegate/model/http'
import { isEnded, noticePath, publicationId } from '@tracegate/model/notice'
import { noticeKinds } from '@tracegate/model/policy/channels'
import { warningLevels } from '@tracegate/model/warning'
import { CodedError } from '@tracegate/model/errors'
import { answers, fileAnswers, Id, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { lotsOfItems } from '../goods.ts'
import { keyOfText } from '../keys.ts'
import type { IndexedNotice } from '../publication/notice-index.ts'
import { pagesOf } from '../publication/atom.ts'
import { sendPage } from '../publication/conditional.ts'
import { searchPage } from '../publication/pages.ts'
import { deadDeliveries, receiptsOf } from '../publication/receipts.ts'
import { clearanceOf, findNotices, type NoticeQuestion } from '../publication/visible.ts'
import type { HttpServer } from '../schema-types.ts'
import { pageWorldOf } from './feeds.ts'
import { publicConfig } from './public.ts'

const tags = ['publication']
const Params = Type.Object({ id: Id })

export function publicationRoutes(app: HttpServer, context: ApiContext): void {
  receiptRoutes(app, context)
  enquiryRoute(app, context)
  enquiryPageRoute(app, context)
}

function receiptRoutes(app: HttpServer, context: ApiContext): void {
  const { publication } = context
  for (const kind of ['warning', 'recall'] as const)
    app.get(
      `/api/v1/${kind}s/:id/publications`,
      {
        schema: {
          tags,
          summary: `What became of each edition of a ${kind} on each channel`,
          params: Params,
          response: answers(PublicationReceiptsList)
        }
      },
      async (request) => {
        const { id } = request.params
        if ((await context.cases.head(kind, id)) === undefined) throw apiError('NOT_FOUND', { what: kind, id })
        const found = await publication.lookup.find(id)
        return { items: found === undefined ? [] : await receiptsOf(publication.book, found.notice.number) }
      }
    )
  app.get(
    '/api/v1/publications/dead',
    {
      schema: {
        tags,
        summary: 'Deliveries that were given up, newest first',
        querystring: PageQuery,
        response: answers(DeadPublicationPage)
      }
    },
    ({ query }) => deadDeliveries(context.cases, { limit: query.limit ?? limitDefault, cursor: query.cursor })
  )
  app.post(
    '/api/v1/publications/:id/resume',
    {
      config: { right: 'publish' },
      schema: {
        tags,
        summary: 'Try dead deliveries again',
        description: 'The id is that of the part, as the receipts give it.',
        params: Params,
        body: ResumeBody,
        response: answers(ResumedAnswer)
      }
    },
    async (request) => {
      const { id } = request.params
      const { state } = await publication.book.get(id)
      const dead = state.deliveries.filter(({ status }) => status === 'dead').map((one) => one.id)
      const wanted = request.body.deliveries ?? dead
      const resumed = dead.filter((one) => wanted.includes(one))
      if (resumed.length > 0) await publication.resume(id, request.principal?.name ?? 'unknown', resumed)
      return { resumed: resumed.length }
    }
  )
}

const Enquiry = Type.Object({
  code: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2_048, description: 'Anything scanned or typed: GTIN, element string, Digital Link' })
  ),
  hs: Type.Optional(Type.String({ pattern: '^\\d{2,10}$' })),
  brand: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Part of a name or number' })),
  level: Type.Optional(Type.Array(Type.Enum(warningLevels), { maxItems: warningLevels.length })),
  kind: Type.Optional(Type.Array(Type.Enum(noticeKinds), { maxItems: noticeKinds.length })),
  state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])),
  drills: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,9}$' }))
})

function enquiryRoute(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/public/notices',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Published warnings and recalls by code, lot, product, brand or HS code',
        description: 'Newest first. Only what was published to the caller; exercises only when asked for.',
        security: [],
        querystring: Enquiry,
        response: answers(PublicNoticePage)
      }
    },
    async (request) => {
      const { code, hs, brand, q, level, kind, state, drills, limit = 20, cursor } = request.query
      const question: NoticeQuestion = {
        ...(code === undefined ? {} : await keyQuestion(context, code)),
        ...(hs === undefined ? {} : { hs }),
        ...(brand === undefined ? {} : { brand }),
        ...(q === undefined ? {} : { text: q }),
        ...(level === undefined ? {} : { levels: level }),
        ...(kind === undefined ? {} : { kinds: kind }),
        ...(state === undefined ? {} : { state }),
        ...(drills === undefined ? {} : { drills })
      }
      const clearance = clearanceOf(request.principal)
      const found = findNotices(context.publication.index, question, { clearance, channel: 'page' })
      const start = Number(cursor ?? 0)
      const items = found.slice(start, start + limit).map(answerOf)
      return { items, total: found.length, ...(start + limit < found.length ? { next: String(start + limit) } : {}) }
    }
  )
}

/** The key of a code, and the lot that an event told of the item. */
async function keyQuestion(context: ApiContext, code: string): Promise<Pick<NoticeQuestion, 'key' | 'lotKey'>> {
  const key = keyOfText(code)
  return keyKind(key) === 'item' ? { key, lotKey: (await lotsOfItems(context.trace, [key])).get(key) } : { key }
}

function answerOf({ notice, editions }: IndexedNotice): PublicNoticeAnswer {
  const { ports: _ports, operators: _operators, ...told } = notice
  const cap = editions.findLast(({ hasCap }) => hasCap)
  return {
    ...told,
    page: noticePath(notice),
    ...(cap === undefined ? {} : { cap: `/cap/${encodeURIComponent(publicationId({ number: notice.number, edition: cap.edition }))}.xml` }),
    status: isEnded(notice) ? 'ended' : 'open'
  }
}

const pageSize = 20
const Text = Type.Optional(Type.String({ maxLength: 512 }))
const codeFault = { zh: '无法识别该编码，请核对。', en: 'The code cannot be read: please check it.' }

function enquiryPageRoute(app: HttpServer, context: ApiContext): void {
  app.get(
    '/w',
    {
      config: publicConfig,
      schema: {
        tags,
        summary: 'Page to look for warnings and recalls',
        security: [],
        querystring: Type.Object({
          code: Text,
          brand: Text,
          hs: Text,
          q: Text,
          page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
          lang: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')]))
        }),
        response: fileAnswers('text/html', 'The page')
      }
    },
    async (request, reply) => {
      const { code = '', brand = '', hs = '', q = '', lang, page = 1 } = request.query
      const asked = { code: code.trim(), brand: brand.trim(), hs: hs.replaceAll(/\D/g, ''), q: q.trim() }
      const { question, fault } = await pageQuestion(context, asked)
      const clearance = clearanceOf(request.principal)
      const found = fault === undefined ? findNotices(context.publication.index, question, { clearance, channel: 'page' }) : []
      const query = new URLSearchParams(Object.entries(asked).filter(([, text]) => text !== '')).toString().replaceAll('&', '&amp;')
      const shown = found.slice((page - 1) * pageSize, page * pageSize)
      const search = { asked, found: shown, total: found.length, page, pages: pagesOf(found.length, pageSize), query }
      const html = searchPage({ ...search, ...(fault === undefined ? {} : { fault }) }, await pageWorldOf(context, request, lang))
      return sendPage(reply.header('cache-control', 'no-cache').header('vary', 'authorization, cookie, accept-language'), html)
    }
  )
}

async function pageQuestion(context: ApiContext, { code, brand, hs, q }: Record<'code' | 'brand' | 'hs' | 'q', string>) {
  const rest: NoticeQuestion = { ...(brand === '' ? {} : { brand }), ...(hs === '' ? {} : { hs }), ...(q === '' ? {} : { text: q }) }
  if (code === '') return { question: rest, fault: undefined }
  try {
    return { question: { ...rest, ...(await keyQuestion(context, code)) }, fault: undefined }
  } catch (error) {
    if (!(error instanceof CodedError) || error.status >= 500) throw error
    return { question: rest, fault: codeFault }
  }
}
