/**
 * The GS1-Conformant resolver: Digital Links of this server, its description file, and what of a thing anybody may know. Public and
 * limited; it tells nothing that `/api/v1/public` would not.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { keyKind } from '@tracegate/model/gs1/key'
import { linkTypeRoot, RecallStatus, ResolverDescription } from '@tracegate/model/linkset'
import type { BilingualText } from '@tracegate/model/text'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import { pathOf } from '../problem.ts'
import { lookup } from '../routes/lookup.ts'
import { publicConfig } from '../routes/public.ts'
import type { HttpServer } from '../schema-types.ts'
import { linkError } from './errors.ts'
import { primaryKeys, readLevels, shortPrimaries, type Levels, type LinkOptions } from './levels.ts'
import type { LinkBook } from './links.ts'
import { readAsked, type Asked } from './negotiate.ts'
import { Passport, passportOf } from './passport.ts'
import { recallStatusOf } from './recall-status.ts'
import { candidatesOf, chooseLink, linkHeader, linksetOf, linksetText, locationOf, type Level } from './resolve.ts'
import { unknownPage } from './unknown-page.ts'

const ThingQuery = Type.Object({ of: Type.String({ minLength: 1, maxLength: 2_048 }) })

export function digitalLinkRoutes(app: HttpServer, context: ApiContext, options: LinkOptions = {}): void {
  const hidden = { config: publicConfig, schema: { hide: true } } as const
  for (const name of [...primaryKeys, ...shortPrimaries]) {
    app.get(`/${name}/*`, hidden, (request, reply) => answer({ context, request, reply, options }))
    app.options(`/${name}/*`, hidden, async (_request, reply) =>
      allowAnyOrigin(reply).header('allow', 'GET, HEAD, OPTIONS').code(204).send()
    )
  }
  app.get(
    '/.well-known/gs1resolver',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Description file of the Digital Link resolver',
        security: [],
        response: answers(ResolverDescription)
      }
    },
    async (request, reply) => {
      allowAnyOrigin(reply)
      return {
        name: 'Tracegate',
        resolverRoot: baseOf(request),
        supportedPrimaryKeys: [...primaryKeys],
        supportedLinkType: [{ namespace: linkTypeRoot, prefix: 'gs1:' }],
        linkTypeDefaultCanBeLinkset: false
      }
    }
  )
  app.get(
    '/api/v1/public/recall-status',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Whether published warnings or recalls name a thing',
        security: [],
        querystring: ThingQuery,
        response: answers(RecallStatus)
      }
    },
    (request) => recallStatusOf(context, goodsKey(request.query.of))
  )
  app.get(
    '/api/v1/public/passport',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Public facts of a product, lot or item as JSON-LD',
        security: [],
        querystring: ThingQuery,
        response: answers(Passport)
      }
    },
    async (request, reply) => {
      const passport = await passportOf(context, goodsKey(request.query.of))
      return reply.type('application/ld+json').send(passport)
    }
  )
}

function goodsKey(text: string): string {
  const key = keyOfText(text)
  if (keyKind(key) === 'other') throw apiError('CODE_UNREADABLE', { code: text.slice(0, 64), reason: 'it is a URI, expected a GS1 key' })
  return key
}

interface Request {
  readonly context: ApiContext
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly options: LinkOptions
}

async function answer({ context, request, reply, options }: Request): Promise<FastifyReply> {
  // An error page of one request must not answer another one, whatever asks for it.
  allowAnyOrigin(reply).header('vary', 'accept, accept-language').header('cache-control', 'no-cache')
  const path = pathOf(request.url)
  const query = request.url.slice(path.length + 1)
  const keys = readLevels(path, query, options)
  const asked = readAsked({
    accept: request.headers.accept,
    acceptLanguage: request.headers['accept-language'],
    linkTypes: linkTypesOf(query)
  })
  const levels = await levelsOf(context, keys)
  if (!(await isKnown(context, levels)))
    return refuseUnknown(reply, { key: keys[0], asked, isPage: /text\/html/i.test(request.headers.accept ?? '') })
  reply.header('link', linkHeader(levels, `${path}?linkType=linkset`))
  if (asked.form === 'json') {
    const { product: _product, ...found } = await lookup(context, keys[0])
    return reply.send(found)
  }
  const base = baseOf(request)
  if (asked.form === 'linksetJson')
    return text(reply, 'application/linkset+json', JSON.stringify(linksetOf(levels, { base, language: languageOf(asked) })))
  if (asked.form === 'linksetText') return text(reply, 'application/linkset', linksetText(levels, base))
  const chosen = chooseLink(levels, asked)
  if (chosen === undefined) {
    const known = [...new Set(levels.flatMap(candidatesOf).map((link) => link.relation.replace(linkTypeRoot, 'gs1:')))].join(', ')
    throw linkError('LINK_TYPE_UNKNOWN', {
      key: keys[0],
      linkType: (asked.relation ?? '').replace(linkTypeRoot, 'gs1:').slice(0, 80),
      known
    })
  }
  return reply.redirect(locationOf(chosen, query), 307)
}

function text(reply: FastifyReply, type: string, body: string): FastifyReply {
  return reply
    .type(type)
    .serializer((payload: string) => payload)
    .send(body)
}

function refuseUnknown(
  reply: FastifyReply,
  options: { readonly key: string; readonly asked: Asked; readonly isPage: boolean }
): FastifyReply {
  const { key, asked, isPage } = options
  if (!isPage) throw linkError('LINK_UNKNOWN', { key })
  return text(reply.code(404), 'text/html; charset=utf-8', unknownPage(key, languageOf(asked)))
}

/** Links to hosts that are no longer allowed are as good as none. */
async function levelsOf(context: ApiContext, keys: Levels): Promise<Level[]> {
  const [products, places] = await Promise.all([context.registers.products(), context.registers.places()])
  // Places that no monitoring point has are partners' affairs.
  const nameOf = (key: string): BilingualText | undefined =>
    products.find((row) => row.key === key)?.name ?? places.find((place) => place.key === key && place.point !== undefined)?.name
  const named = keys.map(nameOf)
  const nearest = named.find((name) => name !== undefined)
  return Promise.all(
    keys.map(async (key, index): Promise<Level> => {
      const description = named[index] ?? nearest
      return { key, kept: await allowedLinks(context.links, key), ...(description === undefined ? {} : { description }) }
    })
  )
}

async function allowedLinks(book: LinkBook, key: string): Promise<Level['kept']> {
  const row = await book.of(key)
  if (row === undefined) return undefined
  const allowed = await Promise.all(row.links.map((link) => book.isAllowed(link.href)))
  const links = row.links.filter((_link, index) => allowed[index] === true)
  return links.length === 0 ? undefined : { ...row, links }
}

/** Whether anything is known of one of the levels: a record, links, or an event. */
async function isKnown(context: ApiContext, levels: readonly Level[]): Promise<boolean> {
  if (levels.some((level) => level.kept !== undefined || level.description !== undefined)) return true
  const points = await context.registers.points()
  if (levels.some((level) => points.some((point) => point.key === level.key))) return true
  const found = await Promise.all(levels.map((level) => context.trace.ledger({ key: level.key, limit: 1 })))
  return found.some((events) => events.length > 0)
}

function linkTypesOf(query: string): string[] {
  const parameters = new URLSearchParams(query)
  return [...parameters.getAll('linkType'), ...parameters.getAll('linktype')]
}

function languageOf(asked: Asked): 'zh' | 'en' {
  return asked.languages.find((language) => language === 'zh' || language === 'en') === 'zh' ? 'zh' : 'en'
}

/** A resolver is asked from any page (GS1-Conformant Resolver: CORS); there is nothing here that a cookie would open. */
function allowAnyOrigin(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'Link, Location')
}

/** Where the caller reached this server; a name that is no host is not repeated to anybody. */
function baseOf(request: FastifyRequest): string {
  const host = /^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?$/.exec(request.host)?.[0] ?? 'localhost'
  return `${request.protocol}://${host}`
}
