/** `/api/v1/recalls/{id}/…`: scope, progress, sample, checks and what they come to. */
import { Type } from 'typebox'
import {
  ChecksBody,
  ContactsBody,
  ManifestAnswer,
  RecallDetail,
  ReplyBody,
  SampleAnswer,
  SampleBody,
  ScopeBody,
  ScopeComparisonAnswer,
  ExtendBody,
  SignedBody
} from '@tracegate/model/http-recalls'
import { draw, verifyDraw } from '@tracegate/model/draw'
import { sampleCandidates, sampleSize } from '@tracegate/model/recall-contents'
import { RecallProgress } from '@tracegate/model/recall-progress'
import { answers, Id } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { askedScope } from '../recalls/asked-scope.ts'
import { drawSample, wantedShare } from '../recalls/sample.ts'
import type { HttpServer } from '../schema-types.ts'
import { detailOf, principalOf, RecallParams, schemaOf, signedIn, signedOf, stepTaker } from './recall-steps.ts'

const root = '/api/v1/recalls/:id'
const drawRule =
  'ticket = SHA-256 hex of seed, line feed, stratum, line feed, holder id; of each stratum the lowest tickets; numbers by largest remainder, at least one each; population = SHA-256 of sorted lines stratum TAB id LF'

export function recallProgressRoutes(app: HttpServer, context: ApiContext): void {
  scopeRoutes(app, context)
  const { recalls } = context
  app.get(
    `${root}/progress`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'How far it is, per holder and in sum, computed from events, deliveries and checks',
        description: 'Replies of holders stand apart from events; where they contradict them this is flagged.',
        params: RecallParams,
        response: answers(RecallProgress)
      }
    },
    async (request) => {
      const { state } = await recalls.book.get(request.params.id)
      const [progress, mailOf] = await Promise.all([recalls.progress(state), context.noticeMail.told(state)])
      return { ...progress, holders: progress.holders.map((holder) => ({ ...holder, ...mailOf(holder.id) })) }
    }
  )
  holderRoutes(app, context)
  checkRoutes(app, context)
}

function scopeRoutes(app: HttpServer, context: ApiContext): void {
  const { recalls, cases } = context
  app.post(
    `${root}/scope`,
    {
      config: signedIn,
      schema: {
        ...schemaOf('Freeze the scope from the trace at a moment; again with a reason when it has changed', ScopeBody),
        description: 'Without goods, place, warning or anomaly: the products of the report, later what was asked before.'
      }
    },
    async (request) => {
      const { why, role, expectedLength, knownAt, reason, ...source } = request.body
      const asked = Object.keys(source).length === 0 ? undefined : await askedScope(cases, source)
      const kept = await recalls.freeze({
        id: request.params.id,
        principal: principalOf(request),
        ...signedOf({
          why: why ?? reason ?? '',
          ...(role === undefined ? {} : { role }),
          ...(expectedLength === undefined ? {} : { expectedLength })
        }),
        ...(asked === undefined ? {} : { asked }),
        ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) }),
        ...(reason === undefined ? {} : { reason })
      })
      return detailOf(kept)
    }
  )
  const query = Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) })
  app.get(
    `${root}/scope`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'The frozen goods one by one, proved against the hash in the case',
        params: RecallParams,
        querystring: query,
        response: answers(ManifestAnswer)
      }
    },
    async (request) => {
      const { state } = await recalls.book.get(request.params.id)
      const version = request.query.version ?? state.scope?.version ?? 0
      const found = state.scopeVersions.find((one) => one.version === version)
      if (found === undefined) throw apiError('NOT_FOUND', { what: 'scope of recall', id: `${state.id} version ${version}` })
      const goods = await recalls.goods(state, version)
      return {
        recall: state.id,
        version,
        sha256: found.sha256,
        goods: goods.map(({ quantities, ...good }) => ({ ...good, ...(quantities === undefined ? {} : { quantities: [...quantities] }) }))
      }
    }
  )
  app.get(
    `${root}/scope/changes`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'The frozen scope against what is known now: added, gone, moved, and why',
        params: RecallParams,
        response: answers(ScopeComparisonAnswer)
      }
    },
    async (request) => {
      const { state } = await recalls.book.get(request.params.id)
      if (state.scope === undefined) throw apiError('NOT_FOUND', { what: 'scope of recall', id: state.id })
      const { now, change } = await recalls.compare(state)
      return { change, now: now.scope, differs: now.scope.sha256 !== state.scope.sha256 }
    }
  )
}

function holderRoutes(app: HttpServer, context: ApiContext): void {
  const take = stepTaker(context)
  app.post(`${root}/contacts`, { config: signedIn, schema: schemaOf('How far the notice got with its holders', ContactsBody) }, (request) =>
    take(request, 'contacted', ({ policy }) => ({ type: 'contacted', entries: request.body.entries, policyVersion: policy.version }))
  )
  app.post(
    `${root}/holders/:holder/reply`,
    {
      config: signedIn,
      schema: {
        tags: ['recalls'],
        summary: 'What a holder says it has done; counted apart from events',
        params: Type.Object({ id: Id, holder: Id }),
        body: ReplyBody,
        response: answers(RecallDetail)
      }
    },
    (request) =>
      take(request, 'replied', ({ policy }) => ({
        type: 'replied',
        holder: request.params.holder,
        reply: request.body.reply,
        policyVersion: policy.version
      }))
  )
}

function checkRoutes(app: HttpServer, context: ApiContext): void {
  const { recalls } = context
  const take = stepTaker(context)
  app.post(
    `${root}/sample`,
    {
      config: signedIn,
      schema: schemaOf('Draw the holders that are checked, by the level of the plan and a seed that anybody can use', SampleBody)
    },
    (request) =>
      take(request, 'sampleDrawn', async ({ state, policy }) => {
        const journal = await recalls.book.journal(state.id)
        return drawSample(state, { policy, lastHash: journal.at(-1)?.hash ?? '', ...request.body })
      })
  )
  app.get(
    `${root}/sample`,
    {
      schema: {
        tags: ['recalls'],
        summary: 'The draw with all that is needed to repeat it',
        params: RecallParams,
        response: answers(SampleAnswer)
      }
    },
    async (request) => {
      const { state } = await recalls.book.get(request.params.id)
      const { sample } = state
      if (sample === undefined) throw apiError('NOT_FOUND', { what: 'sample of recall', id: state.id })
      const candidates = sampleCandidates(state)
      const count = sampleSize(candidates.length, sample.share)
      const verified =
        draw({ seed: sample.seed, candidates, count }).populationSha256 === sample.populationSha256 &&
        verifyDraw(
          { seed: sample.seed, candidates, count },
          sample.rows.map(({ holder }) => holder)
        )
      return { sample, rule: drawRule, candidates, verified }
    }
  )
  app.post(`${root}/checks`, { config: signedIn, schema: schemaOf('Results of effectiveness checks', ChecksBody) }, (request) =>
    take(request, 'checked', ({ policy }) => ({ type: 'checked', results: request.body.results, policyVersion: policy.version }))
  )
  app.post(
    `${root}/effectiveness`,
    { config: signedIn, schema: schemaOf('Conclude the checks: effective or not', SignedBody) },
    (request) =>
      take(request, 'effectivenessConcluded', ({ policy }) => ({
        type: 'effectivenessConcluded',
        wanted: wantedShare(policy),
        policyVersion: policy.version
      }))
  )
  app.post(`${root}/extend`, { config: signedIn, schema: schemaOf('Extend it after checks that failed', ExtendBody) }, (request) =>
    take(request, 'extended', ({ policy }) => {
      const { reason, completeBy, despitePassing = false } = request.body
      return { type: 'extended', reason, completeByMs: Date.parse(completeBy), despitePassing, policyVersion: policy.version }
    })
  )
}
