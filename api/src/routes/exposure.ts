/** `/api/v1/exposure`: which goods were at a place in a period. */
import { ExposureQuery, plainFormats } from '@tracegate/model/http-trace'
import { ExposureAnswer } from '@tracegate/model/trace'
import type { ApiContext } from '../context.ts'
import { keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'
import { optionsOf, rangeOf } from '../trace/ask.ts'
import { formatOf, formedAnswers, sendFormed } from '../trace/formats.ts'
import { tableOfExposure } from '../trace/tables.ts'

export function exposureRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/exposure',
    {
      schema: {
        tags: ['trace'],
        summary: 'Which goods were at a place in a period',
        querystring: ExposureQuery,
        response: formedAnswers(ExposureAnswer, plainFormats)
      }
    },
    async (request, reply) => {
      const { query } = request
      const format = formatOf(request, query.format, plainFormats)
      const { atMs, knownAtMs, withDeclared, timeMaxMs } = optionsOf(query)
      const answer = await context.trace.ask('exposure', {
        place: keyOfText(query.place),
        ...rangeOf(query),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
        ...(atMs === undefined ? {} : { atMs }),
        ...(knownAtMs === undefined ? {} : { knownAtMs }),
        ...(withDeclared === undefined ? {} : { withDeclared }),
        ...(timeMaxMs === undefined ? {} : { timeMaxMs })
      })
      return sendFormed(reply, format, { answer, table: () => tableOfExposure(answer), name: 'exposure' })
    }
  )
}
