/**
 * The built pages: the console, the trace page, and Digital Links that lead to it. The addresses of the console's views all give the
 * console; anything else that is no file is not found. It builds nothing.
 */
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { canonicalKey } from '@tracegate/model/gs1/key'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { pathOf } from '../problem.ts'
import type { HttpServer } from '../schema-types.ts'
import { lookup } from './lookup.ts'
import { publicConfig } from './public.ts'

/** Views of the console that may be opened by their address. */
const consoleViews = ['points', 'warnings', 'anomalies', 'trace', 'dead-letters', 'simulator', 'devices']
/** Primary keys of Digital Links (GS1 Digital Link: URI syntax, §4.3). */
const linkKeys = ['00', '01', '253', '255', '401', '402', '414', '417', '8003', '8004', '8006', '8010', '8013', '8017', '8018']
const pagesWaitMs = 60_000

export interface PageOptions {
  readonly webRoot: string | undefined
  readonly webReady: Promise<void> | undefined
}

export async function pageRoutes(app: HttpServer, context: ApiContext, options: PageOptions): Promise<void> {
  linkRoutes(app, context)
  const { webRoot } = options
  if (webRoot === undefined) return
  const built = createGate(options.webReady)
  const page = (file: string) => async (_request: FastifyRequest, reply: FastifyReply) => {
    await built()
    if (!existsSync(join(webRoot, file))) throw apiError('PAGES_ABSENT')
    // A page names its hashed files, so it must not be older than they are.
    return reply.header('cache-control', 'no-cache').sendFile(file, { cacheControl: false })
  }
  // The folder may not be there yet while a build runs, so files are looked up at each request.
  await app.register(fastifyStatic, { root: webRoot, serve: false, index: false })
  const hidden = { config: { access: 'public' }, schema: { hide: true } } as const
  app.get('/', hidden, page('console.html'))
  for (const view of consoleViews) {
    app.get(`/${view}`, hidden, page('console.html'))
    app.get(`/${view}/*`, hidden, page('console.html'))
  }
  app.get('/t', hidden, async (request, reply) => reply.redirect(`/t/${queryOf(request)}`, 308))
  app.get('/t/*', hidden, page('trace.html'))
  app.get('/*', hidden, async (request, reply) => {
    const path = pathOf(request.url)
    if (!/\.[a-z0-9]{1,8}$/i.test(path)) throw apiError('ROUTE_UNKNOWN', { method: request.method, path })
    await built()
    const hashed = path.startsWith('/assets/')
    return reply
      .header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      .sendFile(path, { cacheControl: false })
  })
}

function linkRoutes(app: HttpServer, context: ApiContext): void {
  for (const key of linkKeys)
    app.get(`/${key}/*`, { config: publicConfig, schema: { hide: true } }, async (request, reply) => {
      const link = `https://id.gs1.org${pathOf(request.url)}`
      if (canonicalKey(link) === undefined)
        throw apiError('CODE_UNREADABLE', { code: pathOf(request.url).slice(0, 64), reason: 'it is no GS1 Digital Link' })
      reply.header('vary', 'accept')
      if (wantsJson(request)) {
        const { product: _product, ...answer } = await lookup(context, link)
        return answer
      }
      return reply.redirect(`/t/?code=${encodeURIComponent(link)}`, 307)
    })
}

/** A browser names text/html; whoever asks for JSON and not for a page gets JSON. */
function wantsJson(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  return /application\/(ld\+|linkset\+)?json/i.test(accept) && !/text\/html/i.test(accept)
}

function queryOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  return at === -1 ? '' : request.url.slice(at)
}

/** Waits for the build, at most a minute a request; after it is done nothing waits. */
function createGate(ready: Promise<void> | undefined): () => Promise<void> {
  let open = ready === undefined
  let failure: Error | undefined
  ready?.then(
    () => (open = true),
    (error: unknown) => (failure = error instanceof Error ? error : new Error(String(error)))
  )
  return async () => {
    if (open || ready === undefined) return
    if (failure !== undefined) throw apiError('PAGES_FAILED', { detail: failure.message }, failure)
    const { promise, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => resolve('late'), pagesWaitMs)
    try {
      const first = await Promise.race([ready.then(() => 'built' as const), promise])
      if (first === 'late') throw apiError('PAGES_NOT_READY', { waitedS: pagesWaitMs / 1_000 })
    } finally {
      clearTimeout(timer)
    }
  }
}
