/** `/api/v1/anomalies`: what detectors saw, open ones first. */
import { Type } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import { AnomalyPage, PageQuery } from '@tracegate/model/http'
import { answers, Id, limitDefault, PointName } from '../answers.ts'
import { caseStates, pageCases } from '../case-pages.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const anomalies = compileValidator(Anomaly)

export const CaseQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(caseStates)),
  point: Type.Optional(PointName)
})

export function anomalyRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/anomalies',
    {
      schema: {
        tags: ['anomalies'],
        summary: 'Anomalies, open ones first, newest first',
        querystring: CaseQuery,
        response: answers(AnomalyPage)
      }
    },
    (request) => pageCases(context.cases, anomalies, { kind: 'anomaly', ...request.query, limit: request.query.limit ?? limitDefault })
  )
  app.get(
    '/api/v1/anomalies/:id',
    { schema: { tags: ['anomalies'], summary: 'An anomaly', params: Type.Object({ id: Id }), response: answers(Anomaly) } },
    async (request) => {
      const head = await context.cases.head('anomaly', request.params.id)
      const read = head === undefined ? undefined : anomalies.check(head.state)
      if (read?.ok !== true) throw apiError('NOT_FOUND', { what: 'anomaly', id: request.params.id })
      return read.value
    }
  )
}
