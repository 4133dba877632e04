/** `/api/v1/links`: the links that Digital Links of this server lead to, and the hosts these may name. It resolves nothing. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { canonicalKey } from '@tracegate/model/gs1/key'
import { KeptLinksBody, KeptLinksPage, KeptLinksRow, LinkHosts } from '@tracegate/model/linkset'
import { answers, Empty, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { linkError } from '../digital-link/errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { expectedOf, pageAfter } from './master-data.ts'

const KeyParams = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 2_048, description: 'Digital Link or EPC URN, percent-encoded' })
})
const ListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 2_048 }))
})
const tags = ['digital link']

export function linkRoutes(app: HttpServer, context: ApiContext): void {
  const { links } = context
  const by = (request: FastifyRequest) => request.principal?.name ?? 'unknown'
  app.get(
    '/api/v1/links',
    { schema: { tags, summary: 'Keys with links of their own', querystring: ListQuery, response: answers(KeptLinksPage) } },
    async (request) => {
      const { limit = limitDefault, cursor } = request.query
      return pageAfter(await links.all(), { limit, cursor, idOf: (row) => row.key })
    }
  )
  app.get(
    '/api/v1/links/:key',
    { schema: { tags, summary: 'The links of a key', params: KeyParams, response: answers(KeptLinksRow) } },
    async (request, reply) => {
      const key = keyOf(request.params.key)
      const row = await links.of(key)
      if (row === undefined) throw linkError('LINKS_ABSENT', { key })
      return reply.header('etag', `"${row.version}"`).send(row)
    }
  )
  app.put(
    '/api/v1/links/:key',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Keep links for a key, in place of those it had',
        description:
          'If-None-Match: * adds, If-Match: "version" replaces what was seen. A link leads to a path here or to an allowed host.',
        params: KeyParams,
        body: KeptLinksBody,
        response: answers(KeptLinksRow)
      }
    },
    async (request, reply) => {
      const row = await links.put(keyOf(request.params.key), request.body, { expected: expectedOf(request), by: by(request) })
      return reply.header('etag', `"${row.version}"`).send(row)
    }
  )
  app.delete(
    '/api/v1/links/:key',
    {
      config: { right: 'administer' },
      schema: { tags, summary: 'Take the links of a key away', params: KeyParams, response: { ...answers(Empty), 204: Empty } }
    },
    async (request, reply) => {
      await links.remove(keyOf(request.params.key), { expected: expectedOf(request), by: by(request) })
      return reply.code(204).send(null)
    }
  )
  app.get('/api/v1/link-hosts', { schema: { tags, summary: 'Hosts that links may lead to', response: answers(LinkHosts) } }, async () => ({
    hosts: [...(await links.hosts())].sort()
  }))
  app.put(
    '/api/v1/link-hosts',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Set the hosts that links may lead to; those of the configuration stay',
        body: LinkHosts,
        response: answers(LinkHosts)
      }
    },
    async (request) => {
      await links.setHosts(request.body.hosts, by(request))
      return { hosts: [...(await links.hosts())].sort() }
    }
  )
}

function keyOf(text: string): string {
  const key = canonicalKey(text)
  if (key === undefined) throw linkError('LINKS_KEY', { key: text.slice(0, 80) })
  return key
}
