/** `/api/v1/completeness` and `/api/v1/stage-profiles`: whether a chain is whole, and what is demanded of one. */
import { Type } from 'typebox'
import { QueryTime } from '@tracegate/model/http'
import { CompletenessAnswer, StageProfile, StageProfileBody } from '@tracegate/model/master-data-completeness'
import { regimes } from '@tracegate/model/registers'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { codeLengthMax, keyOfText } from '../keys.ts'
import { completenessOf, putStageProfile, regimeOf, stageProfile } from '../master-data/completeness.ts'
import type { HttpServer } from '../schema-types.ts'
import { expectedOf } from './master-data.ts'

const Query = Type.Object({
  of: Type.String({ minLength: 1, maxLength: codeLengthMax, description: 'Item, lot, product or logistic unit, in any syntax' }),
  at: Type.Optional(QueryTime),
  regime: Type.Optional(Type.Enum(regimes, { description: 'Judge by this profile instead of that of the product' }))
})
const RegimeParams = Type.Object({ regime: Type.String({ maxLength: 64 }) })
const tags = ['completeness']

export function completenessRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/completeness',
    {
      schema: {
        tags,
        summary: 'Which stages of a life have evidence, and which key data are missing',
        querystring: Query,
        response: answers(CompletenessAnswer)
      }
    },
    (request) => {
      const { of, at, regime } = request.query
      return completenessOf(context, keyOfText(of), {
        ...(at === undefined ? {} : { atMs: Date.parse(at) }),
        ...(regime === undefined ? {} : { regime })
      })
    }
  )
  app.get(
    '/api/v1/stage-profiles',
    {
      schema: {
        tags,
        summary: 'What is demanded of a chain, by regime',
        response: answers(Type.Object({ items: Type.Array(StageProfile) }))
      }
    },
    async () => ({ items: await Promise.all(regimes.map((regime) => stageProfile(context, regime))) })
  )
  app.get(
    '/api/v1/stage-profiles/:regime',
    { schema: { tags, summary: 'A stage profile', params: RegimeParams, response: answers(StageProfile) } },
    async (request, reply) => {
      const profile = await stageProfile(context, regimeOf(request.params.regime))
      return reply.header('etag', `"${profile.version}"`).send(profile)
    }
  )
  app.put(
    '/api/v1/stage-profiles/:regime',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Replace a stage profile at the version that was seen (If-Match; "0" for the default)',
        params: RegimeParams,
        body: StageProfileBody,
        response: answers(StageProfile)
      }
    },
    async (request, reply) => {
      const regime = regimeOf(request.params.regime)
      const by = request.principal?.name ?? 'unknown'
      const profile = await putStageProfile(context, { regime, body: request.body, expected: expectedOf(request), by })
      return reply.header('etag', `"${profile.version}"`).send(profile)
    }
  )
}
