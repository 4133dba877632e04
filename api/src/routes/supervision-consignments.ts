/** `/api/v1/consignments`: declared goods and how each consignment is supervised, from declaration to release or refusal. */
import { Type } from 'typebox'
import {
  ConsignmentDetail,
  ConsignmentPage,
  DeclarationRequest,
  GuaranteeRequest,
  InspectionResult,
  ModeDecision,
  PlainStep
} from '@tracegate/model/http-supervision'
import { PageQuery } from '@tracegate/model/http'
import type { Consignment, ConsignmentStep } from '@tracegate/model/supervision/consignment'
import { answers, Id, limitDefault } from '../answers.ts'
import { caseStates } from '../case-pages.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { journalOf, signedOf, withoutSigned } from './supervision-answers.ts'

const Params = Type.Object({ id: Id })
const Query = Type.Object({ ...PageQuery.properties, state: Type.Optional(Type.Enum(caseStates)) })
const tags = ['consignments']

export function consignmentRoutes(app: HttpServer, context: ApiContext): void {
  const { books, office } = context.supervision
  const { consignments } = books
  const detailOf = async ({ state, length }: KeptCase<Consignment>) => ({
    ...state,
    journal: journalOf(await consignments.journal(state.id)),
    length
  })
  const page = { tags, summary: 'Consignments, those that need somebody first', querystring: Query, response: answers(ConsignmentPage) }
  app.get('/api/v1/consignments', { schema: page }, (request) =>
    consignments.page({ ...request.query, limit: request.query.limit ?? limitDefault })
  )
  app.get(
    '/api/v1/consignments/:id',
    { schema: { tags, summary: 'A consignment with its journal', params: Params, response: answers(ConsignmentDetail) } },
    async (request) => detailOf(await consignments.get(request.params.id))
  )
  app.post(
    '/api/v1/consignments',
    {
      config: { right: 'respond' },
      schema: {
        tags,
        summary: 'Declare a consignment; how it is to be supervised is proposed at once',
        body: DeclarationRequest,
        response: answers(ConsignmentDetail)
      }
    },
    async (request) => {
      const declaration = withoutSigned(request.body)
      const signed = signedOf(request)
      const { id } = declaration
      await consignments.act({ id, ...signed, decide: () => ({ type: 'declared', declaration }) })
      return detailOf(await office.propose(id, { by: signed.by, why: 'declared' }))
    }
  )
  app.post(
    '/api/v1/consignments/:id/propose',
    {
      config: { right: 'inspect' },
      schema: {
        tags,
        summary: 'Propose anew from what is known now',
        params: Params,
        body: PlainStep,
        response: answers(ConsignmentDetail)
      }
    },
    async (request) => detailOf(await office.propose(request.params.id, signedOf(request)))
  )
  app.post(
    '/api/v1/consignments/:id/decide',
    {
      config: { right: 'inspect' },
      schema: {
        tags,
        summary: 'Decide how it is supervised; another way than proposed needs a reason',
        params: Params,
        body: ModeDecision,
        response: answers(ConsignmentDetail)
      }
    },
    async (request) => {
      const { version } = await context.policy.current()
      return step(request, { type: 'decided', mode: request.body.mode, policyVersion: version })
    }
  )
  app.post(
    '/api/v1/consignments/:id/inspect',
    {
      config: { right: 'inspect' },
      schema: { tags, summary: 'Note what was found', params: Params, body: InspectionResult, response: answers(ConsignmentDetail) }
    },
    (request) => step(request, { type: 'inspected', ...withoutSigned(request.body) })
  )
  app.post(
    '/api/v1/consignments/:id/release-under-guarantee',
    {
      config: { right: 'inspect' },
      schema: {
        tags,
        summary: 'Let goods leave the port under a quality guarantee, kept at a place until they are found to conform',
        params: Params,
        body: GuaranteeRequest,
        response: answers(ConsignmentDetail)
      }
    },
    async (request) => {
      const { place, conditions, untilMs } = request.body
      const { guarantee } = (await context.policy.current()).policy.supervision
      return step(request, {
        type: 'releasedUnderGuarantee',
        guarantee: { place, conditions, untilMs: untilMs ?? context.nowMs() + guarantee.untilMs }
      })
    }
  )
  const plain = (name: string, summary: string, type: 'released' | 'refused'): void => {
    app.post(
      `/api/v1/consignments/:id/${name}`,
      { config: { right: 'inspect' }, schema: { tags, summary, params: Params, body: PlainStep, response: answers(ConsignmentDetail) } },
      (request) => step(request, { type })
    )
  }
  plain('release', 'Release it', 'released')
  plain('refuse', 'Refuse it', 'refused')

  async function step(request: Parameters<typeof signedOf>[0] & { readonly params: { readonly id: string } }, made: ConsignmentStep) {
    const { id } = request.params
    return detailOf(await consignments.act({ id, ...signedOf(request), decide: (before) => (before === undefined ? undefined : made) }))
  }
}
