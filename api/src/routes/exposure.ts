/** `/api/v1/exposure`: which goods were at a place in a period. */
import { Type } from 'typebox'
import { QueryTime } from '@tracegate/model/http'
import { ExposureAnswer } from '@tracegate/model/trace'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { codeLengthMax, keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'

const ExposureQuery = Type.Object({
  place: Type.String({ minLength: 1, maxLength: codeLengthMax, description: 'SGLN as URN or Digital Link' }),
  from: QueryTime,
  to: QueryTime,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 }))
})

export function exposureRoutes(app: HttpServer, context: ApiContext): void {
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
}
