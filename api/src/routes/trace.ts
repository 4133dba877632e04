/** `/api/v1/trace/…`: the questions asked of the trace of one thing, one call each. */
import { Type } from 'typebox'
import { QueryTime } from '@tracegate/model/http'
import { HoldersAnswer, JourneyAnswer, TraceAnswer } from '@tracegate/model/trace'
import { traceDirections } from '@tracegate/store/trace-store'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { journeyOf } from '../journey.ts'
import { codeLengthMax, keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'

const Of = Type.String({ minLength: 1, maxLength: codeLengthMax, description: 'EPC URN, GS1 Digital Link or canonical key' })
const TraceQuery = Type.Object({
  of: Of,
  at: Type.Optional(QueryTime),
  depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 }))
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
}
