/** What the public reads of published notices: CAP files, the Atom feed, pages and the enquiry. Nothing that was not published is reachable here. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { noticePath, publicationId } from '@tracegate/model/notice'
import { noticeKinds } from '@tracegate/model/policy/channels'
import { warningLevels } from '@tracegate/model/warning'
import type { Language } from '@tracegate/model/text'
import { fileAnswers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { languageOfRequest } from '../publication/asked-language.ts'
import { atomFeed, pagesOf } from '../publication/atom.ts'
import { etagOf, isUnchanged, sendPage, sendText } from '../publication/conditional.ts'
import { publicationError } from '../publication/errors.ts'
import type { IndexedNotice } from '../publication/notice-index.ts'
import { noticePage, type PageWorld } from '../publication/pages.ts'
import { clearanceOf, findNotices, maySee } from '../publication/visible.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'

const tags = ['publication']
const Language = Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')]))

const FeedQuery = Type.Object({
  level: Type.Optional(Type.Array(Type.Enum(warningLevels), { maxItems: warningLevels.length })),
  kind: Type.Optional(Type.Array(Type.Enum(noticeKinds), { maxItems: noticeKinds.length })),
  state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])),
  lang: Language,
  drills: Type.Optional(Type.Boolean({ description: 'Exercises, too' })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 }))
})
type FeedQuery = Static<typeof FeedQuery>

/** Entries of one page of the feed. */
const feedPageSize = 50
const feedAgeS = 30
const pageAgeS = 60
const yearS = 31_536_000
/** Rendered pages of the feed that are held; the least recently made one goes first. */
const renderedMax = 64
/** Of this process: what was rendered by another one is not known to be the same. */
const boot = randomUUID()

export function feedRoutes(app: HttpServer, context: ApiContext): void {
  atomRoute(app, context)
  capRoutes(app, context)
  noticeRoutes(app, context)
}

function atomRoute(app: HttpServer, context: ApiContext): void {
  const rendered = new Map<string, string>()
  app.get(
    '/feeds/warnings.atom',
    {
      config: publicConfig,
      schema: {
        tags,
        summary: 'Published warnings and recalls as an Atom feed, newest first',
        description: 'Paged by RFC 5005. Without `lang` in both languages. With a key also what went to operators and ports.',
        security: [],
        querystring: FeedQuery,
        response: fileAnswers('application/atom+xml', 'RFC 4287')
      }
    },
    async (request, reply) => {
      const { index } = context.publication
      const { version, policy } = await context.policy.current()
      const clearance = clearanceOf(request.principal)
      const { level, kind, state, drills, lang, page = 1 } = request.query
      const query = queryText(request.query)
      const etag = etagOf(boot, index.generation, version, clearance, query, page)
      if (isUnchanged(request, reply, { etag, maxAgeS: clearance === 'public' ? feedAgeS : undefined })) return reply
      const held = rendered.get(etag)
      if (held !== undefined) return sendText(reply, 'application/atom+xml; charset=utf-8', held)
      const question = { ...(level === undefined ? {} : { levels: level }), ...(kind === undefined ? {} : { kinds: kind }) }
      const notices = findNotices(
        index,
        { ...question, ...(state === undefined ? {} : { state }), ...(drills === undefined ? {} : { drills }) },
        { clearance, channel: 'atom' }
      )
      if (page > pagesOf(notices.length, feedPageSize)) throw publicationError('NOTICE_PAGE', { number: `page ${page}` })
      const { name, sender } = policy.channels.issuer
      const text = atomFeed({
        notices,
        page,
        pageSize: feedPageSize,
        base: context.publication.base(),
        query,
        language: lang,
        issuer: { name, sender },
        generatedMs: context.nowMs()
      })
      const [oldest] = rendered.keys()
      if (rendered.size >= renderedMax && oldest !== undefined) rendered.delete(oldest)
      rendered.set(etag, text)
      return sendText(reply, 'application/atom+xml; charset=utf-8', text)
    }
  )
}

/** The query in one order, without the page: names the feed. */
function queryText({ level = [], kind = [], state, lang, drills }: FeedQuery): string {
  return [
    ...kind.toSorted().map((one) => `kind=${one}`),
    ...level.toSorted().map((one) => `level=${one}`),
    ...(state === undefined ? [] : [`state=${state}`]),
    ...(drills === true ? ['drills=true'] : []),
    ...(lang === undefined ? [] : [`lang=${lang}`])
  ].join('&')
}

/** A number with an edition names one message for ever; without one it is the latest. */
function splitPublication(id: string): { readonly number: string; readonly edition: number | undefined } {
  const match = /^(.*)\.(\d{1,4})$/.exec(id)
  return match?.[1] === undefined ? { number: id, edition: undefined } : { number: match[1], edition: Number(match[2]) }
}

function capRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/cap/:id.xml',
    {
      config: publicConfig,
      schema: {
        tags,
        summary: 'A CAP 1.2 message',
        description:
          'The id is a number with its edition, such as `TG-2026-0001.2`, and stays what it is; without the edition, or with the number of the case, the latest one.',
        security: [],
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 256 }) }),
        response: fileAnswers('application/cap+xml', 'CAP 1.2')
      }
    },
    async (request, reply) => {
      const { number, edition } = splitPublication(request.params.id)
      const one = await visible(context, request, number, 'cap')
      const wanted = edition ?? one.editions.findLast(({ hasCap }) => hasCap)?.edition ?? one.notice.edition
      const file = await context.publication.lookup.cap(one.notice.number, wanted)
      if (file === undefined) throw publicationError('NOTICE_PAGE', { number: request.params.id })
      const isPublic = one.notice.audience === 'public'
      const maxAgeS = isPublic ? (edition === undefined ? pageAgeS : yearS) : undefined
      if (isUnchanged(request, reply, { etag: etagOf(file.sha256), maxAgeS, immutable: edition !== undefined && isPublic })) return reply
      return sendText(reply, 'application/cap+xml; charset=utf-8', file.xml)
    }
  )
}

/** Not there, and not for the caller, are the same answer to somebody who has not signed in. */
async function visible(context: ApiContext, request: FastifyRequest, number: string, channel: 'page' | 'cap'): Promise<IndexedNotice> {
  const one = await context.publication.lookup.find(number)
  if (one === undefined || !maySee(one, clearanceOf(request.principal), channel))
    throw publicationError('NOTICE_PAGE', { number: number.slice(0, 64) })
  return one
}

export async function pageWorldOf(context: ApiContext, request: FastifyRequest, lang: Language | undefined): Promise<PageWorld> {
  const { channels } = (await context.policy.current()).policy
  const clearance = clearanceOf(request.principal)
  return {
    issuer: channels.issuer.name,
    utcOffset: channels.utcOffset,
    language: lang ?? languageOfRequest(request.headers['accept-language']),
    hasPage(number) {
      const found = context.publication.index.find(number)
      return found !== undefined && maySee(found, clearance, 'page')
    }
  }
}

function noticeRoutes(app: HttpServer, context: ApiContext): void {
  const hidden = { tags, security: [], querystring: Type.Object({ lang: Language }), response: fileAnswers('text/html', 'The page') }
  const Number = Type.String({ minLength: 1, maxLength: 256 })
  const Edition = Type.Integer({ minimum: 1, maximum: 9_999 })
  for (const [root, subject, what] of [
    ['/w', 'warning', 'warning'],
    ['/r', 'recall', 'recall']
  ] as const) {
    app.get(
      `${root}/:number`,
      { config: publicConfig, schema: { ...hidden, summary: `Page of a ${what}`, params: Type.Object({ number: Number }) } },
      (request, reply) => answerPage({ context, request, reply, subject, number: request.params.number, lang: request.query.lang })
    )
    app.get(
      `${root}/:number/:edition`,
      {
        config: publicConfig,
        schema: { ...hidden, summary: `Page of a version of a ${what}`, params: Type.Object({ number: Number, edition: Edition }) }
      },
      (request, reply) =>
        answerPage({
          context,
          request,
          reply,
          subject,
          number: request.params.number,
          edition: request.params.edition,
          lang: request.query.lang
        })
    )
  }
}

interface PageQuestion {
  readonly context: ApiContext
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly subject: 'warning' | 'recall'
  readonly number: string
  readonly edition?: number
  readonly lang: Language | undefined
}

async function answerPage({ context, request, reply, subject, number, edition, lang }: PageQuestion): Promise<FastifyReply> {
  const one = await visible(context, request, number, 'page')
  if (one.notice.subject !== subject) return reply.redirect(noticePath(one.notice), 308)
  const shown = edition === undefined ? one.notice : await context.publication.lookup.edition(one.notice.number, edition)
  if (shown === undefined) throw publicationError('NOTICE_PAGE', { number: publicationId({ number, edition: edition ?? 0 }) })
  const world = await pageWorldOf(context, request, lang)
  const html = noticePage(one, shown, world)
  const maxAgeS = one.notice.audience === 'public' ? pageAgeS : undefined
  if (isUnchanged(request, reply, { etag: etagOf(html), maxAgeS })) return reply
  return sendPage(reply, html)
}
