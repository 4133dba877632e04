/** `/api/v1/trace/…`, `/api/v1/exposure` and `/api/v1/lookup`: the questions asked of the trace, one call each. */
import { Type, type Static } from 'typebox'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import { LookupAnswer, QueryTime } from '@tracegate/model/http'
import { ExposureAnswer, HoldersAnswer, JourneyAnswer, TraceAnswer } from '@tracegate/model/trace'
import { traceDirections } from '@tracegate/store/trace-store'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { journeyOf } from '../journey.ts'
import { elementStringOf, keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'

const codeLengthMax = 2_048
const Of = Type.String({ minLength: 1, maxLength: codeLengthMax, description: 'EPC URN, GS1 Digital Link or canonical key' })
const TraceQuery = Type.Object({
  of: Of,
  at: Type.Optional(QueryTime),
  depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 }))
})
const ExposureQuery = Type.Object({
  place: Type.String({ minLength: 1, maxLength: codeLengthMax, description: 'SGLN as URN or Digital Link' }),
  from: QueryTime,
  to: QueryTime,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 }))
})

export function traceRoutes(app: HttpServer, context: ApiContext): void {
  for (const direction of traceDirections)
    app.get(
      `/api/v1/trace/${direction}`,
      {
        schema: {
          tags: ['trace'],
          summary: direction === 'back' ? 'Everything that went into a thing' : 'Everything it went into, and what held it',
          querystring: TraceQuery,
          response: answers(TraceAnswer)
        }
      },
      (request) => {
        const { of, at, depth } = request.query
        return context.trace.trace({
          of: keyOfText(of),
          direction,
          ...(at === undefined ? {} : { atMs: Date.parse(at) }),
          ...(depth === undefined ? {} : { depthMax: depth })
        })
      }
    )
  app.get(
    '/api/v1/trace/holders',
    {
      schema: {
        tags: ['trace'],
        summary: 'Who holds what came of a thing, and in what state',
        querystring: TraceQuery,
        response: answers(HoldersAnswer)
      }
    },
    (request) => {
      const { of, at } = request.query
      return context.trace.holders({ of: [keyOfText(of)], ...(at === undefined ? {} : { atMs: Date.parse(at) }) })
    }
  )
  app.get(
    '/api/v1/trace/journey',
    {
      schema: {
        tags: ['trace'],
        summary: 'The life of a thing by stages, with the readings it lived through',
        querystring: TraceQuery,
        response: answers(JourneyAnswer)
      }
    },
    (request) => journeyOf(context, keyOfText(request.query.of), request.query.at === undefined ? undefined : Date.parse(request.query.at))
  )
  app.get(
    '/api/v1/exposure',
    {
      schema: {
        tags: ['trace'],
        summary: 'Which goods were at a place in a period',
        querystring: ExposureQuery,
        response: answers(ExposureAnswer)
      }
    },
    (request) => {
      const { place, from, to, limit } = request.query
      const fromMs = Date.parse(from)
      const toMs = Date.parse(to)
      if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
      return context.trace.exposure({ place: keyOfText(place), fromMs, toMs, ...(limit === undefined ? {} : { limit }) })
    }
  )
  app.get(
    '/api/v1/lookup',
    {
      schema: {
        tags: ['trace'],
        summary: 'Anything typed or scanned, taken apart',
        querystring: LookupQuery,
        response: answers(LookupAnswer)
      }
    },
    (request) => lookup(context, request.query.code)
  )
}

export const LookupQuery = Type.Object({ code: Type.String({ minLength: 1, maxLength: codeLengthMax }) })

export async function lookup(context: ApiContext, code: string): Promise<Static<typeof LookupAnswer>> {
  const key = keyOfText(code.trim())
  if (!key.startsWith('https://id.gs1.org/'))
    throw apiError('CODE_UNREADABLE', { code: code.slice(0, 64), reason: 'it is a URI, expected a GS1 key' })
  const kind = keyKind(key)
  const productKey = kind === 'product' ? key : parentKeyOf(key)
  const [ledger, products] = await Promise.all([context.trace.ledger({ key, limit: 1 }), context.registers.products()])
  const product = products.find((row) => row.key === productKey)
  const elementString = elementStringOf(key)
  const urn = /^urn:epc:/i.test(code.trim()) ? code.trim() : undefined
  return {
    key,
    kind,
    digitalLink: key,
    ...(urn === undefined ? {} : { urn }),
    ...(elementString === undefined ? {} : { elementString }),
    known: ledger.length > 0 || (kind === 'product' && product !== undefined),
    ...(product === undefined ? {} : { product })
  }
}
