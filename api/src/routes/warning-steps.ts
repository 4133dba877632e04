/**
 * `POST /api/v1/warnings/{id}/…`: the steps that people take. The right of a step depends on the level and is checked by the office, which
 * also audits refusals; a route only turns a request into what is asked.
 */
import type { FastifyRequest } from 'fastify'
import { Type, type TSchema } from 'typebox'
import {
  AmendRequest,
  AssessRequest,
  ExtendRequest,
  LevelRequest,
  LiftRequest,
  LowerRequest,
  PublishRequest,
  RouteRequest,
  SignRequest,
  WarningRow
} from '@tracegate/model/http-warnings'
import { answers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { refreshedScope } from '../warnings/draft-by-hand.ts'
import { rowOf } from '../warnings/list-warnings.ts'
import type { WarningAction } from '../warnings/warning-office.ts'
import { principalOf } from './case-answers.ts'

const Params = Type.Object({ id: Id })

function step<Body extends TSchema>(body: Body, summary: string, description: string) {
  return { schema: { tags: ['warnings'], summary, description, params: Params, body, response: answers(WarningRow) } }
}

type Request = Pick<FastifyRequest, 'principal'> & {
  readonly params: { readonly id: string }
  readonly body: { readonly why: string; readonly expectedLength?: number }
}

function createTaker(context: ApiContext) {
  return {
    take: async (request: Request, action: WarningAction) => {
      const { why, expectedLength } = request.body
      const asked = { id: request.params.id, action, why, principal: principalOf(request) }
      const kept = await context.warnings.act({ ...asked, ...(expectedLength === undefined ? {} : { expectedLength }) })
      return rowOf(kept, context.nowMs())
    },
    /** The goods as they are now, where that was asked for. */
    scope: async (request: Request & { readonly body: { readonly refreshScope?: boolean } }) => {
      if (request.body.refreshScope !== true) return {}
      return { scope: await refreshedScope(context, (await context.warnings.book.get(request.params.id)).state) }
    }
  }
}

export function warningStepRoutes(app: HttpServer, context: ApiContext): void {
  draftStepRoutes(app, context)
  publicationRoutes(app, context)
  changeRoutes(app, context)
}

/** Until publication. */
function draftStepRoutes(app: HttpServer, context: ApiContext): void {
  const { take, scope } = createTaker(context)
  app.post(
    '/api/v1/warnings/:id/assess',
    step(
      AssessRequest,
      'Sign off the content and the level, on a completed assessment',
      'Right: assess. The level is that of the assessment unless another one is given. Contents that the kind demands are asked for here.'
    ),
    async (request) => {
      const { assessment, content = {} } = request.body
      return take(request, { type: 'assessed', assessment, content, ...(await scope(request)) })
    }
  )
  app.post(
    '/api/v1/warnings/:id/approve',
    step(
      SignRequest,
      'Approve what was assessed',
      'Right: approve. Where the policy separates the two steps, by another person than who assessed.'
    ),
    (request) => take(request, { type: 'approved' })
  )
  app.post('/api/v1/warnings/:id/return', step(SignRequest, 'Give it back to be assessed again', 'Right: approve.'), (request) =>
    take(request, { type: 'returned' })
  )
  app.post(
    '/api/v1/warnings/:id/discard',
    step(SignRequest, 'Put it aside for good, with the reason', 'Right: assess; once approved: approve.'),
    (request) => take(request, { type: 'discarded' })
  )
  app.post(
    '/api/v1/warnings/:id/route',
    step(
      RouteRequest,
      'Hand goods of the food regime to the procedure that decides about them',
      'Right: assess. Such a warning cannot be approved or published here (policy, /publication/food).'
    ),
    (request) => {
      const { reference } = request.body
      return take(request, { type: 'routed', ...(reference === undefined ? {} : { reference }) })
    }
  )
}

/** Publication and lifting. */
function publicationRoutes(app: HttpServer, context: ApiContext): void {
  const { take } = createTaker(context)
  app.post(
    '/api/v1/warnings/:id/publish',
    step(
      PublishRequest,
      'Publish it: it is given its number and is version 1',
      'Right: publishLevelI at level I, publish at II to IV (policy). With fast, an assessed one of a grave risk is published without approval, by the same authority.'
    ),
    (request) => take(request, { type: 'published', fast: request.body.fast ?? false })
  )
  app.post(
    '/api/v1/warnings/:id/lift',
    step(LiftRequest, 'Lift it', 'The right that publishes the level. Needs a completed evaluation of it with the verdict lift.'),
    (request) => take(request, { type: 'lifted', evaluation: request.body.evaluation })
  )
}

/** Changes of what is in force; each makes a new version. */
function changeRoutes(app: HttpServer, context: ApiContext): void {
  const { take, scope } = createTaker(context)
  app.post(
    '/api/v1/warnings/:id/raise',
    step(LevelRequest, 'Raise the level', 'The right that publishes the new level: to level I publishLevelI.'),
    async (request) => {
      const { level, evaluation, content = {} } = request.body
      const named = evaluation === undefined ? {} : { evaluation }
      return take(request, { type: 'raised', level, content, ...named, ...(await scope(request)) })
    }
  )
  app.post(
    '/api/v1/warnings/:id/lower',
    step(
      LowerRequest,
      'Lower the level',
      'The right that publishes the present level. Needs a completed evaluation of it with the verdict lower.'
    ),
    async (request) => {
      const { level, evaluation, content = {} } = request.body
      return take(request, { type: 'lowered', level, evaluation, content, ...(await scope(request)) })
    }
  )
  app.post(
    '/api/v1/warnings/:id/extend',
    step(ExtendRequest, 'Let it end later, or not at all', 'The right that publishes the level.'),
    (request) => {
      const { untilMs, evaluation } = request.body
      const members = { ...(untilMs === undefined ? {} : { untilMs }), ...(evaluation === undefined ? {} : { evaluation }) }
      return take(request, { type: 'extended', ...members })
    }
  )
  app.post(
    '/api/v1/warnings/:id/amend',
    step(AmendRequest, 'Change the content at the same level', 'The right that publishes the level. Old versions stay readable.'),
    async (request) => take(request, { type: 'amended', content: request.body.content ?? {}, ...(await scope(request)) })
  )
}
