/** `/api/v1/plans` and `/api/v1/draws`: monitoring plans with their coverage, and double random draws that anybody can verify. */
import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import {
  DrawAnnounced,
  DrawDetail,
  DrawInspection,
  DrawPage,
  DrawRequest,
  DrawRevealed,
  DrawVerdict,
  PlainStep,
  PlanAmendment,
  PlanDetail,
  PlanPage,
  PlanPublication,
  PlanRequest,
  PublicPlan,
  SampleRequest,
  SampleResult
} from '@tracegate/model/http-supervision'
import { PageQuery } from '@tracegate/model/http'
import { sha256Hex } from '@tracegate/model/sha256'
import { DoubleDraw, verifyDoubleDraw } from '@tracegate/model/supervision/double-draw'
import { coverageOf } from '@tracegate/model/supervision/plan-coverage'
import type { MonitoringPlan, PlanStep } from '@tracegate/model/supervision/plan'
import { answers, Id, limitDefault } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import { caseStates } from '../case-pages.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'
import { journalOf, signedOf, withoutSigned } from './supervision-answers.ts'

const Params = Type.Object({ id: Id })
const Query = Type.Object({ ...PageQuery.properties, state: Type.Optional(Type.Enum(caseStates)) })
const planTags = ['plans']
const drawTags = ['draws']

export function planRoutes(app: HttpServer, context: ApiContext): void {
  const { plans } = context.supervision.books
  const detailOf = async ({ state, length }: KeptCase<MonitoringPlan>) => ({
    ...state,
    coverage: coverageOf(state, context.nowMs(), (await context.policy.current()).policy.supervision),
    journal: journalOf(await plans.journal(state.id)),
    length
  })
  const page = { tags: planTags, summary: 'Monitoring plans, those under way first', querystring: Query, response: answers(PlanPage) }
  app.get('/api/v1/plans', { schema: page }, (request) => plans.page({ ...request.query, limit: request.query.limit ?? limitDefault }))
  app.get(
    '/api/v1/plans/:id',
    { schema: { tags: planTags, summary: 'A plan, its coverage and its journal', params: Params, response: answers(PlanDetail) } },
    async (request) => detailOf(await plans.get(request.params.id))
  )
  app.post(
    '/api/v1/plans',
    {
      config: { right: 'configure' },
      schema: { tags: planTags, summary: 'Draft a plan', body: PlanRequest, response: answers(PlanDetail) }
    },
    async (request) => {
      const { id, ...content } = withoutSigned(request.body)
      const { version } = await context.policy.current()
      return detailOf(await plans.act({ id, ...signedOf(request), decide: () => ({ type: 'drafted', content, policyVersion: version }) }))
    }
  )
  app.post(
    '/api/v1/plans/:id/amend',
    {
      config: { right: 'configure' },
      schema: {
        tags: planTags,
        summary: 'Change a plan; what samples were taken for stays',
        params: Params,
        body: PlanAmendment,
        response: answers(PlanDetail)
      }
    },
    async (request) => {
      const { version } = await context.policy.current()
      const content = withoutSigned(request.body)
      return step(request, { type: 'amended', content, policyVersion: version })
    }
  )
  const plain = (name: string, summary: string, make: () => PlanStep | Promise<PlanStep>): void => {
    app.post(
      `/api/v1/plans/:id/${name}`,
      {
        config: { right: 'configure' },
        schema: { tags: planTags, summary, params: Params, body: PlainStep, response: answers(PlanDetail) }
      },
      async (request) => step(request, await make())
    )
  }
  plain('adopt', 'Put a plan into effect', async () => ({ type: 'adopted', policyVersion: (await context.policy.current()).version }))
  plain('close', 'End a plan: no more samples, results still come', () => ({ type: 'closed' }))
  app.post(
    '/api/v1/plans/:id/samples',
    {
      config: { right: 'inspect' },
      schema: {
        tags: planTags,
        summary: 'Note a sample that was taken',
        params: Params,
        body: SampleRequest,
        response: answers(PlanDetail)
      }
    },
    (request) => step(request, { type: 'sampled', sample: withoutSigned(request.body) })
  )
  app.post(
    '/api/v1/plans/:id/results',
    {
      config: { right: 'inspect' },
      schema: {
        tags: planTags,
        summary: 'Note what the laboratory found',
        params: Params,
        body: SampleResult,
        response: answers(PlanDetail)
      }
    },
    (request) => step(request, { type: 'resulted', ...withoutSigned(request.body) })
  )
  app.post(
    '/api/v1/plans/:id/publish',
    {
      config: { right: 'publish' },
      schema: {
        tags: planTags,
        summary: 'Publish the results of a plan',
        params: Params,
        body: PlanPublication,
        response: answers(PlanDetail)
      }
    },
    (request) => step(request, { type: 'published', summary: request.body.summary })
  )
  app.get(
    '/api/v1/public/plans/:id',
    {
      config: publicConfig,
      schema: { tags: ['public'], summary: 'Published results of a plan', security: [], params: Params, response: answers(PublicPlan) }
    },
    async (request) => {
      const found = await plans.find(request.params.id)
      if (found?.state.status !== 'published') throw apiError('NOT_FOUND', { what: 'published plan', id: request.params.id })
      const { id, title, summary, fromMs, toMs, publishedMs } = found.state
      const { policy } = await context.policy.current()
      return { id, title, summary, fromMs, toMs, publishedMs, coverage: coverageOf(found.state, toMs, policy.supervision) }
    }
  )

  async function step(request: Parameters<typeof signedOf>[0] & { readonly params: { readonly id: string } }, made: PlanStep) {
    const { id } = request.params
    const kept = await plans.act({ id, ...signedOf(request), decide: (before) => (before === undefined ? undefined : made) })
    void context.supervision.office.look()
    return detailOf(kept)
  }
}

const secretBytes = 32

export function drawRoutes(app: HttpServer, context: ApiContext): void {
  const { draws } = context.supervision.books
  const detailOf = async ({ state, length }: KeptCase<DoubleDraw>) => ({
    ...state,
    journal: journalOf(await draws.journal(state.id)),
    length
  })
  const page = { tags: drawTags, summary: 'Draws, those under way first', querystring: Query, response: answers(DrawPage) }
  app.get('/api/v1/draws', { schema: page }, (request) => draws.page({ ...request.query, limit: request.query.limit ?? limitDefault }))
  app.get(
    '/api/v1/draws/:id',
    { schema: { tags: drawTags, summary: 'A draw with its journal', params: Params, response: answers(DrawDetail) } },
    async (request) => detailOf(await draws.get(request.params.id))
  )
  app.post(
    '/api/v1/draws',
    {
      config: { right: 'inspect' },
      schema: {
        tags: drawTags,
        summary: 'Announce a draw: the lists, and a commitment to a secret',
        description:
          'Without a commitment a secret is made and shown in the answer, once; it is kept nowhere and needed to carry the draw out.',
        body: DrawRequest,
        response: answers(DrawAnnounced)
      }
    },
    async (request) => {
      const { id, commitment: own, ...lists } = withoutSigned(request.body)
      const ownSecret = own === undefined ? randomBytes(secretBytes).toString('base64url') : undefined
      const commitment = own ?? sha256Hex(ownSecret ?? '')
      const { state } = await draws.act({ id, ...signedOf(request), decide: () => ({ type: 'announced', lists, commitment }) })
      return { ...state, ...(ownSecret === undefined ? {} : { ownSecret }) }
    }
  )
  app.post(
    '/api/v1/draws/:id/draw',
    {
      config: { right: 'inspect' },
      schema: {
        tags: drawTags,
        summary: 'Reveal secret and public value: who inspects whom',
        params: Params,
        body: DrawRevealed,
        response: answers(DrawDetail)
      }
    },
    async (request) => {
      const { secret, publicValue } = request.body
      return detailOf(
        await draws.act({ id: request.params.id, ...signedOf(request), decide: () => ({ type: 'drawn', secret, publicValue }) })
      )
    }
  )
  app.post(
    '/api/v1/draws/:id/inspections',
    {
      config: { right: 'inspect' },
      schema: {
        tags: drawTags,
        summary: 'Note what an inspection found',
        params: Params,
        body: DrawInspection,
        response: answers(DrawDetail)
      }
    },
    async (request) => {
      const made = { type: 'inspected', ...withoutSigned(request.body) } as const
      return detailOf(await draws.act({ id: request.params.id, ...signedOf(request), decide: () => made }))
    }
  )
  app.post(
    '/api/v1/draws/:id/close',
    {
      config: { right: 'inspect' },
      schema: { tags: drawTags, summary: 'Close a draw', params: Params, body: PlainStep, response: answers(DrawDetail) }
    },
    async (request) => detailOf(await draws.act({ id: request.params.id, ...signedOf(request), decide: () => ({ type: 'closed' }) }))
  )
  app.get(
    '/api/v1/public/draws/:id',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'All of a draw: lists, commitment, secret, public value, seed and who inspects whom',
        security: [],
        params: Params,
        response: answers(DoubleDraw)
      }
    },
    async (request) => (await draws.get(request.params.id)).state
  )
  app.get(
    '/api/v1/public/draws/:id/verify',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Whether the draw follows from what was published',
        security: [],
        params: Params,
        response: answers(DrawVerdict)
      }
    },
    async (request) => {
      const { ok, faults } = verifyDoubleDraw((await draws.get(request.params.id)).state)
      return { ok, faults: [...faults] }
    }
  )
}
