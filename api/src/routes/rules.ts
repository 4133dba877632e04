/** `/api/v1/rules`, `/api/v1/profiles` and `/api/v1/back-tests`: how detection is set, was set, and what another setting would have raised. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  BackTestJob,
  BackTestList,
  DiffQuery,
  ProfileBackTest,
  ProfileChange,
  ProfileList,
  ProfileVersions,
  RuleBackTest,
  RuleChange,
  RuleInfo,
  RuleList,
  RuleVersions,
  VersionDiff
} from '@tracegate/model/http-rules'
import { ProductProfile } from '@tracegate/model/registers'
import { RuleId } from '@tracegate/model/rules'
import { answers, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { BackTestAsk } from '../rules/back-test-office.ts'
import { diffOfVersions } from '../rules/rule-office.ts'
import type { HttpServer } from '../schema-types.ts'

const tags = ['rules']
const configure = { right: 'configure' } as const
const RuleParams = Type.Object({ id: RuleId })
const ProfileParams = Type.Object({ id: PointName })
const JobParams = Type.Object({ id: Type.String({ format: 'uuid' }) })
const jobAnswers = { ...answers(BackTestJob), 202: BackTestJob }
/** How long a POST waits for its test before it answers with the job. */
const waitMs = 2_000

export function ruleRoutes(app: HttpServer, context: ApiContext): void {
  oneRule(app, context)
  profiles(app, context)
  backTests(app, context)
}

const nameOf = (request: FastifyRequest): string => request.principal?.name ?? 'unknown'

function oneRule(app: HttpServer, { ruleOffice: office }: ApiContext): void {
  const root = '/api/v1/rules'
  app.get(
    root,
    { schema: { tags, summary: 'Every rule of detection with its parameters and how it is set', response: answers(RuleList) } },
    async () => ({
      items: await office.rules()
    })
  )
  app.get(`${root}/:id`, { schema: { tags, summary: 'A rule', params: RuleParams, response: answers(RuleInfo) } }, (request) =>
    office.rule(request.params.id)
  )
  const set = {
    config: configure,
    schema: {
      tags,
      summary: 'Make a new version of a rule; in effect at once, for what comes from now on',
      description: 'Anomalies that were raised keep the version that raised them. Findings name what the schema does not take.',
      params: RuleParams,
      body: RuleChange,
      response: answers(RuleInfo)
    }
  }
  app.put(`${root}/:id`, set, (request) => office.setRule({ ...request.body, id: request.params.id, by: nameOf(request) }))
  app.get(
    `${root}/:id/versions`,
    { schema: { tags, summary: 'Every version of a rule, the shipped one first', params: RuleParams, response: answers(RuleVersions) } },
    async (request) => ({ items: await office.ruleVersions(request.params.id) })
  )
  app.get(
    `${root}/:id/diff`,
    {
      schema: {
        tags,
        summary: 'What differs between two versions',
        params: RuleParams,
        querystring: DiffQuery,
        response: answers(VersionDiff)
      }
    },
    async (request) => {
      const versions = await office.ruleVersions(request.params.id)
      const contents = versions.map(({ version, enabled, parameters }) => ({ version, content: { enabled, parameters } }))
      return diffOfVersions(request.params.id, contents, request.query)
    }
  )
}

function profiles(app: HttpServer, { ruleOffice: office }: ApiContext): void {
  const root = '/api/v1/profiles'
  app.get(root, { schema: { tags, summary: 'What goods are to be kept at', response: answers(ProfileList) } }, async () => ({
    items: await office.profiles()
  }))
  app.get(
    `${root}/:id`,
    { schema: { tags, summary: 'A product profile', params: ProfileParams, response: answers(ProductProfile) } },
    async (request) => {
      const profile = await office.profile(request.params.id)
      if (profile === undefined) throw apiError('NOT_FOUND', { what: 'profile', id: request.params.id })
      return profile
    }
  )
  app.put(
    `${root}/:id`,
    {
      config: configure,
      schema: {
        tags,
        summary: 'Make a new version of a profile, or a new profile; in effect at once, for what comes from now on',
        params: ProfileParams,
        body: ProfileChange,
        response: answers(ProductProfile)
      }
    },
    (request) => {
      const { profile, why, expectedVersion } = request.body
      return office.setProfile({ id: request.params.id, by: nameOf(request), why, expectedVersion, content: profile })
    }
  )
  app.get(
    `${root}/:id/versions`,
    { schema: { tags, summary: 'Every version of a profile, oldest first', params: ProfileParams, response: answers(ProfileVersions) } },
    async (request) => ({ items: await office.profileVersions(request.params.id) })
  )
  app.get(
    `${root}/:id/diff`,
    {
      schema: {
        tags,
        summary: 'What differs between two versions',
        params: ProfileParams,
        querystring: DiffQuery,
        response: answers(VersionDiff)
      }
    },
    async (request) => {
      const versions = await office.profileVersions(request.params.id)
      const contents = versions.map(({ profile: { version, ...content } }) => ({ version, content }))
      return diffOfVersions(request.params.id, contents, request.query)
    }
  )
}

function backTests(app: HttpServer, context: ApiContext): void {
  const { ruleOffice: office, backTests: tests } = context
  const order = async (ask: BackTestAsk, reply: FastifyReply) => {
    const job = tests.order(ask)
    const now = (await tests.settled(job.id, waitMs)) ?? job
    return reply
      .code(now.finishedAtMs === undefined ? 202 : 200)
      .header('location', `/api/v1/back-tests/${job.id}`)
      .send(now)
  }
  const schema = {
    tags,
    response: jobAnswers,
    description: 'The answer is the result when it is there within two seconds, and otherwise the job.'
  }
  app.post(
    '/api/v1/rules/:id/back-test',
    {
      config: configure,
      schema: { ...schema, summary: 'What would this rule have raised of stored history?', params: RuleParams, body: RuleBackTest }
    },
    (request, reply) => {
      const { parameters, fromMs, toMs, point } = request.body
      const definition = office.checkParameters(request.params.id, parameters)
      return order({ subject: { type: 'rule', definition, parameters }, fromMs, toMs, point, by: nameOf(request) }, reply)
    }
  )
  app.post(
    '/api/v1/profiles/:id/back-test',
    {
      config: configure,
      schema: { ...schema, summary: 'What would this profile have raised of stored history?', params: ProfileParams, body: ProfileBackTest }
    },
    async (request, reply) => {
      const { profile: content, fromMs, toMs, point } = request.body
      const version = ((await office.profile(request.params.id))?.version ?? 0) + 1
      const profile = office.checkProfile(request.params.id, version, content)
      return order({ subject: { type: 'profile', profile }, fromMs, toMs, point, by: nameOf(request) }, reply)
    }
  )
  app.get(
    '/api/v1/back-tests',
    { schema: { tags, summary: 'Back-tests of this process, newest first', response: answers(BackTestList) } },
    () => ({
      items: tests.jobs()
    })
  )
  const found = (id: string, job: BackTestJob | undefined): BackTestJob => {
    if (job === undefined) throw apiError('NOT_FOUND', { what: 'back-test', id })
    return job
  }
  app.get(
    '/api/v1/back-tests/:id',
    { schema: { tags, summary: 'How far a back-test is, and what it found', params: JobParams, response: answers(BackTestJob) } },
    (request) => found(request.params.id, tests.job(request.params.id))
  )
  app.delete(
    '/api/v1/back-tests/:id',
    { config: configure, schema: { tags, summary: 'Cancel a back-test', params: JobParams, response: answers(BackTestJob) } },
    (request) => found(request.params.id, tests.cancel(request.params.id))
  )
}
