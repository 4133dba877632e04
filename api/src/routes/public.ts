/**
 * `/api/v1/public/…`: what anybody may ask who holds a thing. It names no parties, no containers and no drafts: a warning is public
 * from the moment that somebody with the authority has published it.
 */
import { Type } from 'typebox'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import { LookupAnswer, type NameBook } from '@tracegate/model/http'
import { PublicJourney, type PublicWarning } from '@tracegate/model/http-details'
import type { JourneyStep } from '@tracegate/model/trace'
import { warningCases } from '@tracegate/model/warning-cases'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { lotsOfItems } from '../goods.ts'
import { journeyOf } from '../journey.ts'
import { keyOfText } from '../keys.ts'
import { channelRowOf } from '../publication/channel-rows.ts'
import type { HttpServer } from '../schema-types.ts'
import { lookup, LookupQuery } from './lookup.ts'

const publicPerMinuteMax = 600
/** Warnings in force that are looked through for one thing. */
const warningsMax = 1_000
/** For routes that look things up for anybody. */
export const publicConfig = { access: 'public', rateLimit: { max: publicPerMinuteMax, timeWindow: 60_000 } } as const

export function publicRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/public/lookup',
    {
      config: publicConfig,
      schema: { tags: ['public'], summary: 'A code, taken apart', security: [], querystring: LookupQuery, response: answers(LookupAnswer) }
    },
    async (request) => {
      const { product, ...answer } = await lookup(context, request.query.code)
      return product === undefined ? answer : { ...answer, product: publicProduct(product) }
    }
  )
  app.get(
    '/api/v1/public/journey',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'The life of a thing by stages, with readings and published warnings',
        security: [],
        querystring: Type.Object({ of: Type.String({ minLength: 1, maxLength: 2_048 }) }),
        response: answers(PublicJourney)
      }
    },
    async (request) => {
      const of = keyOfText(request.query.of)
      const [journey, warnings, recalls] = await Promise.all([
        journeyOf(context, of),
        publishedWarnings(context, of),
        context.recalls.finder.find(of)
      ])
      return {
        ...journey,
        steps: journey.steps.map(publicStep),
        names: await publicNames(context, journey.steps, journey.product),
        warnings,
        recalls
      }
    }
  )
}

function publicStep({ party: _party, within: _within, ...step }: JourneyStep): JourneyStep {
  // Series names tell how a site is built; the quantity is enough.
  return { ...step, readings: step.readings.map((reading) => Object.assign({}, reading, { series: reading.quantity })) }
}

const nobody = '0000000000000'

function publicProduct(product: NameBook['products'][number]): NameBook['products'][number] {
  return { ...product, manufacturer: nobody }
}

/** Only the names the steps need; operators and sensors are not told. */
async function publicNames(context: ApiContext, steps: readonly JourneyStep[], productKey: string | undefined): Promise<NameBook> {
  // What partners tell of products and places is nobody's word to the public.
  const [all, registered] = await Promise.all([context.registers.names(), context.registers.products()])
  const keys = new Set(steps.map((step) => step.place))
  const places = all.places
    .filter((place) => keys.has(place.key) && place.point !== undefined)
    .map((place) => Object.assign({}, place, { watches: [] }))
  const pointIds = new Set(places.map((place) => place.point))
  return {
    parties: [],
    places,
    points: all.points
      .filter((point) => pointIds.has(point.id) || keys.has(point.key))
      .map((point) => Object.assign({}, point, { operator: nobody, places: [] })),
    products: registered.filter((product) => product.key === productKey).map(publicProduct),
    profiles: []
  }
}

/**
 * Warnings in force that name the thing, its lot, or its product as a whole. With the policy only those that it shows to the public; the
 * office itself asks without.
 */
export async function publishedWarnings(
  context: Pick<ApiContext, 'cases' | 'trace'> & Partial<Pick<ApiContext, 'policy'>>,
  of: string
): Promise<PublicWarning[]> {
  const channels = (await context.policy?.current())?.policy.channels
  const [heads, lots] = await Promise.all([
    context.cases.heads({ kind: 'warning', open: true, limit: warningsMax }),
    lotsOfItems(context.trace, [of])
  ])
  const lot = keyKind(of) === 'lot' ? of : lots.get(of)
  const product = keyKind(of) === 'product' ? of : parentKeyOf(of)
  return heads.heads.flatMap((head) => {
    const read = warningCases.check(head.state)
    if (!read.ok || read.value.status !== 'published' || read.value.drill) return []
    const { id, kind, title, matters, startMs, level, scope } = read.value
    if (channels !== undefined && channelRowOf(channels, kind ?? 'operatorNotice', level)?.audience !== 'public') return []
    const named =
      scope.exposed.some((stay) => stay.key === of) ||
      (lot !== undefined && scope.lots.includes(lot)) ||
      (scope.lots.length === 0 && scope.exposed.length === 0 && product !== undefined && scope.products.includes(product)) ||
      (keyKind(of) === 'product' && scope.products.includes(of))
    return named ? [{ id, level, title, matters, startMs }] : []
  })
}
