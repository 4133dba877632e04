/** `/api/v1/policy`: the thresholds, tables, authorities, time limits and channels that decisions rest on, as versions that never change. */
import { Type } from 'typebox'
import {
  NewPolicyRequest,
  PolicyAt,
  PolicyChecked,
  PolicyCheckRequest,
  PolicyDiff,
  PolicyDiffQuery,
  PolicySchemaAnswer,
  PolicyVersionList
} from '@tracegate/model/http-policy'
import { diffPolicies } from '@tracegate/model/policy/diff'
import { Policy, PolicyVersion } from '@tracegate/model/policy/policy'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { nameOf } from './case-answers.ts'

const tags = ['policy']
const schemaAddress = '/api/v1/policy/schema'

export function policyRoutes(app: HttpServer, context: ApiContext): void {
  const { policy } = context
  app.get(
    '/api/v1/policy',
    {
      schema: {
        tags,
        summary: 'The policy in effect now, or at a moment',
        description: 'Of the versions whose time has come the newest is in effect.',
        querystring: PolicyAt,
        response: answers(PolicyVersion)
      }
    },
    (request) => (request.query.at === undefined ? policy.current() : policy.current(Date.parse(request.query.at)))
  )
  app.get(
    '/api/v1/policy/versions',
    { schema: { tags, summary: 'Every version, oldest first: by whom, why, from when', response: answers(PolicyVersionList) } },
    async () => {
      const [versions, current] = await Promise.all([policy.versions(), policy.current()])
      return { items: versions.map(({ policy: _policy, ...version }) => ({ ...version, current: version.version === current.version })) }
    }
  )
  app.get(
    '/api/v1/policy/versions/:version',
    {
      schema: {
        tags,
        summary: 'One version',
        params: Type.Object({ version: Type.Integer({ minimum: 1 }) }),
        response: answers(PolicyVersion)
      }
    },
    (request) => policy.version(request.params.version)
  )
  app.get(
    '/api/v1/policy/diff',
    {
      schema: {
        tags,
        summary: 'What differs between two versions: path, both values, the name of the member in both languages',
        querystring: PolicyDiffQuery,
        response: answers(PolicyDiff)
      }
    },
    async (request) => {
      const { from, to } = request.query
      const [before, after] = await Promise.all([policy.version(from), policy.version(to)])
      return { from, to, differences: diffPolicies(before.policy, after.policy) }
    }
  )
  app.get(
    schemaAddress,
    {
      config: { access: 'public' },
      schema: { tags, summary: 'The JSON Schema of the policy', response: answers(PolicySchemaAnswer) }
    },
    () => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: schemaAddress, ...Policy })
  )
  policyChangeRoutes(app, context)
}

function policyChangeRoutes(app: HttpServer, { policy }: ApiContext): void {
  app.post(
    '/api/v1/policy/check',
    {
      config: { right: 'configure' },
      schema: {
        tags,
        summary: 'Whether a policy would be taken, and what it would change; nothing is kept',
        body: PolicyCheckRequest,
        response: answers(PolicyChecked)
      }
    },
    async (request) => {
      const versions = await policy.versions()
      const base = await policy.version(request.body.base ?? versions.length)
      const checked = await policy.check(request.body)
      return { base: base.version, differences: diffPolicies(base.policy, checked) }
    }
  )
  app.post(
    '/api/v1/policy/versions',
    {
      config: { right: 'configure' },
      schema: {
        tags,
        summary: 'Add a version, in effect from now or a time to come',
        description:
          'Versions before it never change, and decisions keep the one they used. A table under which a graver case would get a lower level is refused with the counterexample.',
        body: NewPolicyRequest,
        response: answers(PolicyVersion)
      }
    },
    (request) => policy.add({ ...request.body, by: nameOf(request) })
  )
}
