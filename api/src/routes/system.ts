/** What operators and their tools ask: health, readiness, metrics, version. */
import { Type } from 'typebox'
import { Empty } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { withoutFolders } from '../problem.ts'
import type { HttpServer } from '../schema-types.ts'
import { version } from '../version.ts'

const Finding = Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })
const Readiness = Type.Object({ ok: Type.Boolean(), findings: Type.Array(Finding) })
const Version = Type.Object({ name: Type.String(), version: Type.String(), node: Type.String() })

export function systemRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/health/live',
    {
      config: { access: 'public' },
      schema: { tags: ['system'], summary: 'The process runs', security: [], response: { 200: Type.Object({ ok: Type.Boolean() }) } }
    },
    async () => ({ ok: true })
  )
  app.get(
    '/health/ready',
    {
      config: { access: 'public' },
      schema: {
        tags: ['system'],
        summary: 'The process can do its work; 503 with the reasons when it cannot',
        security: [],
        response: { 200: Readiness, 503: Readiness }
      }
    },
    async (_request, reply) => {
      const { ok, findings } = await context.health.check()
      const told = findings.map((finding) => Object.assign({}, finding, { detail: withoutFolders(finding.detail) }))
      return reply.code(ok ? 200 : 503).send({ ok, findings: told })
    }
  )
  app.get(
    '/metrics',
    {
      config: { access: 'loopback' },
      schema: { tags: ['system'], summary: 'Metrics in the Prometheus text format', response: { 200: Type.String() } }
    },
    async (_request, reply) => reply.type(context.metrics.contentType).send(await context.metrics.text())
  )
  app.get(
    '/version',
    {
      config: { access: 'public' },
      schema: { tags: ['system'], summary: 'What runs here', security: [], response: { 200: Version } }
    },
    async () => ({ name: 'tracegate', version, node: process.version })
  )
  app.get('/favicon.ico', { config: { access: 'public' }, schema: { hide: true, response: { 204: Empty } } }, async (_request, reply) =>
    reply.code(204).send(null)
  )
}
