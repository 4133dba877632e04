/** Subscriptions of people and systems: by form or JSON, confirmed by mail, ended by the link in every mail (RFC 8058). */
import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import type { AlertFilter, AlertSubscription } from '@tracegate/model/alert-subscription'
import { AlertFilter as AlertFilterSchema } from '@tracegate/model/alert-subscription'
import { compileValidator } from '@tracegate/model/codec'
import { PageQuery } from '@tracegate/model/http'
import { AlertAnswer, AlertAsked, AlertBody, AlertPage } from '@tracegate/model/http-publication'
import type { Language } from '@tracegate/model/text'
import { answers, Empty, fileAnswers, Id, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { destinationFault } from '../epcis/subscriptions/sender.ts'
import { subscriptionDefaults } from '../epcis/subscriptions/settings.ts'
import { askedPage, buttonPage, donePage, subscribePage } from '../publication/alert-pages.ts'
import type { AlertRequest } from '../publication/alerts.ts'
import { languageOfRequest } from '../publication/asked-language.ts'
import { sendPage } from '../publication/conditional.ts'
import { publicationError } from '../publication/errors.ts'
import type { HttpServer } from '../schema-types.ts'

const tags = ['publication']
/** Each asks a mail server to write to somebody. */
const askedPerMinuteMax = 10
const askConfig = { access: 'public', rateLimit: { max: askedPerMinuteMax, timeWindow: 60_000 } } as const
const Params = Type.Object({ id: Id })
const formBytesMax = 8_192
/** An address as RFC 5321 writes it, without quotes and comments. */
const mailPattern =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/

export function alertRoutes(app: HttpServer, context: ApiContext): void {
  listRoutes(app, context)
  askRoute(app, context)
  void app.register(async (scope: HttpServer) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: formBytesMax },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )
    formRoutes(scope, context)
    linkRoutes(scope, context)
  })
}

function listRoutes(app: HttpServer, context: ApiContext): void {
  const { alerts } = context.publication
  app.get(
    '/api/v1/alert-subscriptions',
    {
      config: { right: 'administer' },
      schema: { tags, summary: 'Subscriptions to notices, oldest first', querystring: PageQuery, response: answers(AlertPage) }
    },
    async ({ query: { cursor, limit = limitDefault } }) => {
      const all = alerts.all()
      const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
      const items = all.slice(start, start + limit)
      const last = items.at(-1)
      return { items: items.map(answerOf), ...(last !== undefined && start + limit < all.length ? { next: last.id } : {}) }
    }
  )
  app.delete(
    '/api/v1/alert-subscriptions/:id',
    {
      config: { right: 'signedIn' },
      schema: {
        tags,
        summary: 'End a subscription of one’s own, or any with the right administer',
        params: Params,
        response: { ...answers(Empty), 204: Empty }
      }
    },
    async (request, reply) => {
      const one = alerts.get(request.params.id)
      const { principal } = request
      const mayEnd = principal?.rights.includes('administer') === true || (one !== undefined && one.by === principal?.name)
      if (one === undefined || !mayEnd) throw apiError('NOT_FOUND', { what: 'subscription', id: request.params.id })
      await alerts.end(one.id, undefined)
      return reply.code(204).send(null)
    }
  )
}

function askRoute(app: HttpServer, context: ApiContext): void {
  app.post(
    '/api/v1/public/alert-subscriptions',
    {
      config: askConfig,
      schema: {
        tags,
        summary: 'Subscribe to warnings and recalls',
        description:
          'By mail for anybody: the answer says only that a mail is on its way. A webhook needs a key and is in force at once; its POSTs are signed as those of EPCIS subscriptions, in `Tracegate-Signature`.',
        body: AlertBody,
        response: { ...answers(AlertAnswer), 201: AlertAnswer, 202: AlertAsked }
      }
    },
    async (request, reply) => {
      const wanted = requestOf(request, request.body)
      if (wanted.channel === 'webhook') return reply.code(201).send(answerOf(await context.publication.alerts.make(wanted)))
      await askByMail(context, wanted)
      return reply.code(202).send({ status: 'confirmationSent' })
    }
  )
}

/** The same answer whether the address has subscribed before, is full or new. */
async function askByMail(context: ApiContext, wanted: AlertRequest): Promise<void> {
  const { publication } = context
  if (!publication.hasMail) throw publicationError('MAIL_ABSENT')
  if (!mailPattern.test(wanted.address) || wanted.address.length > 254)
    throw publicationError('ALERT_ADDRESS', { channel: 'email', wanted: 'a mail address' })
  const known = publication.alerts
    .all()
    .find(
      (one) => one.status !== 'stopped' && one.address.toLowerCase() === wanted.address.toLowerCase() && same(one.filter, wanted.filter)
    )
  if (known?.status === 'active') return
  try {
    const made = known ?? (await publication.alerts.make(wanted))
    // Whoever asks again and again must not make us write again and again.
    if (known === undefined) void publication.alerts.ask(made)
  } catch (error) {
    if (!isAddressFull(error)) throw error
  }
}

function isAddressFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ALERTS_ADDRESS_FULL'
}

function same(one: AlertFilter, other: AlertFilter): boolean {
  const sorted = (filter: AlertFilter) => Object.entries(filter).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function requestOf(request: FastifyRequest, body: AlertBody): AlertRequest {
  const { principal } = request
  const { channel, address, filter = {}, rhythm = 'each', audience = 'public', drills = false, secret } = body
  if (channel === 'webhook') {
    if (principal === undefined) throw apiError('SIGN_IN_REQUIRED')
    const fault = URL.canParse(address) ? destinationFault(new URL(address), subscriptionDefaults.allowedDestination) : 'it is no address'
    if (fault !== undefined) throw publicationError('ALERT_ADDRESS', { channel, wanted: `an http(s) address (${fault})` })
  }
  if (audience !== 'public' && principal?.rights.includes('configure') !== true)
    throw apiError('RIGHT_MISSING', { right: 'configure', name: principal?.name ?? 'nobody' })
  return {
    channel,
    address,
    language: body.language ?? languageOfRequest(request.headers['accept-language']),
    filter,
    rhythm,
    audience,
    drills,
    ...(secret === undefined ? {} : { secret }),
    by: principal?.name ?? 'public'
  }
}

function answerOf({ token: _token, secret: _secret, by: _by, ...told }: AlertSubscription): AlertAnswer {
  return told
}

async function worldOf(context: ApiContext, request: FastifyRequest, language?: Language) {
  const { issuer } = (await context.policy.current()).policy.channels
  return { issuer: issuer.name, language: language ?? languageOfRequest(request.headers['accept-language']) }
}

const filters = compileValidator(AlertFilterSchema)
const Form = Type.Object({
  address: Type.String({ maxLength: 254 }),
  language: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')])),
  rhythm: Type.Optional(Type.Union([Type.Literal('each'), Type.Literal('daily')])),
  hsPrefixes: Type.Optional(Type.String()),
  brands: Type.Optional(Type.String()),
  products: Type.Optional(Type.String()),
  ports: Type.Optional(Type.String()),
  levels: Type.Optional(Type.String())
})

function formRoutes(app: HttpServer, context: ApiContext): void {
  const html = fileAnswers('text/html', 'The page')
  app.get(
    '/alerts',
    { config: askConfig, schema: { tags, summary: 'Page to subscribe by mail', security: [], response: html } },
    async (request, reply) =>
      sendPage(reply.header('cache-control', 'no-cache'), subscribePage(await worldOf(context, request), context.publication))
  )
  app.post('/alerts', { config: askConfig, schema: { hide: true, body: Form } }, async (request, reply) => {
    const world = await worldOf(context, request)
    const { address, language, rhythm, ...lists } = request.body
    const filter = Object.fromEntries(
      Object.entries(lists).flatMap(([name, text]) => {
        const values = [
          ...new Set(
            text
              .split(/[,，;；]/)
              .map((one) => one.trim())
              .filter((one) => one !== '')
          )
        ]
        return values.length === 0 ? [] : [[name, values]]
      })
    )
    const read = filters.check(filter)
    if (!read.ok) {
      const fault = { zh: '筛选条件有误，请检查。', en: 'A filter is not as it should be: please check it.' }
      return sendPage(reply.code(400), subscribePage(world, { hasMail: context.publication.hasMail, fault }))
    }
    const choice = { ...(language === undefined ? {} : { language }), ...(rhythm === undefined ? {} : { rhythm }) }
    await askByMail(context, requestOf(request, { channel: 'email', address, filter: read.value, ...choice }))
    return sendPage(reply, askedPage(world))
  })
}

const Token = Type.Object({ token: Type.String({ minLength: 1, maxLength: 128 }) })

function linkRoutes(app: HttpServer, context: ApiContext): void {
  const { alerts } = context.publication
  const schema = { hide: true, params: Params, querystring: Token }
  for (const action of ['confirm', 'end'] as const) {
    const act = (id: string, token: string) => (action === 'confirm' ? alerts.confirm(id, token) : alerts.end(id, token))
    app.get(`/alerts/:id/${action}`, { config: askConfig, schema }, async (request, reply) => {
      const { id } = request.params
      const one = alerts.get(id)
      if (one === undefined) throw publicationError('ALERT_TOKEN')
      const target = `/alerts/${encodeURIComponent(id)}/${action}?token=${encodeURIComponent(request.query.token)}`
      return sendPage(reply.header('cache-control', 'no-store'), buttonPage(await worldOf(context, request, one.language), action, target))
    })
    app.post(`/alerts/:id/${action}`, { config: askConfig, schema }, async (request, reply) => {
      const one = await act(request.params.id, request.query.token)
      return sendPage(reply.header('cache-control', 'no-store'), donePage(await worldOf(context, request, one.language), action))
    })
  }
}
