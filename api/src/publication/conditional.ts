/** ETag and 304 (RFC 9110 §13.1.2), and how long an answer may be kept, for what many people read. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { pagePolicy } from './html.ts'

export function etagOf(...parts: readonly (string | number | undefined)[]): string {
  return `"${createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 27)}"`
}

export interface Caching {
  readonly etag: string
  /** Seconds; undefined: nobody keeps it. */
  readonly maxAgeS: number | undefined
  readonly immutable?: boolean
}

/** Sets the headers; true when the caller has it already and 304 was answered. */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, { etag, maxAgeS, immutable }: Caching): boolean {
  const keep = maxAgeS === undefined ? 'private, no-store' : `public, max-age=${maxAgeS}${immutable === true ? ', immutable' : ''}`
  reply.header('cache-control', keep).header('etag', etag).header('vary', 'authorization, cookie')
  const given = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  if (!given.includes(etag) && !given.includes('*')) return false
  void reply.code(304).send()
  return true
}

export function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header('content-security-policy', pagePolicy)
    .type('text/html; charset=utf-8')
    .serializer((text: string) => text)
    .send(html)
}

export function sendText(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply
    .type(type)
    .serializer((payload: string) => payload)
    .send(text)
}
