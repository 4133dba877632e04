/** `/api/v1/warnings`: drafts and issued warnings with their journal and recall scope. */
import { Type } from 'typebox'
import { WarningPage } from '@tracegate/model/http'
import { WarningDetail } from '@tracegate/model/http-details'
import { RecallScope, type WarningCase } from '@tracegate/model/warning'
import { warningCases } from '@tracegate/model/warning-cases'
import { answers, Id, limitDefault } from '../answers.ts'
import { pageCases } from '../case-pages.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { CaseQuery } from './anomalies.ts'

const Params = Type.Object({ id: Id })

export function warningRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/warnings',
    {
      schema: {
        tags: ['warnings'],
        summary: 'Warnings, those not lifted first, newest first',
        querystring: CaseQuery,
        response: answers(WarningPage)
      }
    },
    (request) => pageCases(context.cases, warningCases, { kind: 'warning', ...request.query, limit: request.query.limit ?? limitDefault })
  )
  app.get(
    '/api/v1/warnings/:id',
    { schema: { tags: ['warnings'], summary: 'A warning with its journal', params: Params, response: answers(WarningDetail) } },
    async (request) => {
      const [warning, journal] = await Promise.all([
        warningOf(context, request.params.id),
        context.cases.journal('warning', request.params.id)
      ])
      return { ...warning, journal: journal.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash })) }
    }
  )
  app.get(
    '/api/v1/warnings/:id/recall-scope',
    {
      schema: {
        tags: ['warnings'],
        summary: 'The goods in question, their lots and who holds them',
        params: Params,
        response: answers(RecallScope)
      }
    },
    async (request) => (await warningOf(context, request.params.id)).scope
  )
}

async function warningOf(context: ApiContext, id: string): Promise<WarningCase> {
  const head = await context.cases.head('warning', id)
  const read = head === undefined ? undefined : warningCases.check(head.state)
  if (read?.ok !== true) throw apiError('NOT_FOUND', { what: 'warning', id })
  return read.value
}
