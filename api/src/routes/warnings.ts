/** `/api/v1/warnings`: drafts and issued warnings with their journal, versions and scope, and drafts by hand. Steps: `warning-steps.ts`. */
import { Type } from 'typebox'
import { WarningDraftRequest, WarningQuery, WarningRow, WarningRows, WarningVersions, WarningView } from '@tracegate/model/http-warnings'
import { RecallScope, WarningCase } from '@tracegate/model/warning'
import { answers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { draftByHand } from '../warnings/draft-by-hand.ts'
import { listWarnings, rowOf } from '../warnings/list-warnings.ts'
import { journalEntries, nameOf } from './case-answers.ts'

const Params = Type.Object({ id: Id })
const tags = ['warnings']

export function warningRoutes(app: HttpServer, context: ApiContext): void {
  const { book } = context.warnings
  app.get(
    '/api/v1/warnings',
    {
      schema: {
        tags,
        summary: 'Warnings, open ones first, newest first; drills only when asked for',
        description: '`overdue=true` gives those whose next step is past its deadline (policy, /publication/levels).',
        querystring: WarningQuery,
        response: answers(WarningRows)
      }
    },
    (request) => listWarnings(context.cases, request.query, context.nowMs())
  )
  app.post(
    '/api/v1/warnings',
    {
      config: { right: 'assess' },
      schema: {
        tags,
        summary: 'Draft a warning by hand: from a report, a certificate or knowledge, or as a drill',
        description:
          'Goods, criteria, level, kind, audience and range are proposed from the trace; what is given stands over what is proposed.',
        body: WarningDraftRequest,
        response: answers(WarningRow)
      }
    },
    async (request) => {
      const { body } = request
      const drafted = await draftByHand({ ...context, book }, { request: body, by: nameOf(request) })
      return rowOf(drafted, context.nowMs())
    }
  )
  app.get(
    '/api/v1/warnings/:id',
    { schema: { tags, summary: 'A warning with its journal', params: Params, response: answers(WarningView) } },
    async (request) => {
      const [warning, journal] = await Promise.all([book.get(request.params.id), book.journal(request.params.id)])
      return { ...rowOf(warning, context.nowMs()), journal: journalEntries(journal) }
    }
  )
  app.get(
    '/api/v1/warnings/:id/versions',
    {
      schema: {
        tags,
        summary: 'Every version of the content, from publication on, as it stood when it was made',
        params: Params,
        response: answers(WarningVersions)
      }
    },
    async (request) => ({ items: await context.warnings.versions(request.params.id) })
  )
  app.get(
    '/api/v1/warnings/:id/versions/:version',
    {
      schema: {
        tags,
        summary: 'One version of the content',
        params: Type.Object({ id: Id, version: Type.Integer({ minimum: 1 }) }),
        response: answers(WarningCase)
      }
    },
    (request) => context.warnings.version(request.params.id, request.params.version)
  )
  app.get(
    '/api/v1/warnings/:id/recall-scope',
    { schema: { tags, summary: 'The goods in question, their lots and who holds them', params: Params, response: answers(RecallScope) } },
    async (request) => (await book.get(request.params.id)).state.scope
  )
}
