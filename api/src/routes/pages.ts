/**
 * The built pages: the console and the trace page. The addresses of the console's views all give the
 * console; anything else that is no file is not found. It builds nothing.
 */
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { apiError } from '../errors.ts'
import { pathOf } from '../problem.ts'
import type { HttpServer } from '../schema-types.ts'

/** Views of the console that may be opened by their address. */
const consoleViews = ['points', 'warnings', 'anomalies', 'trace', 'dead-letters', 'simulator', 'devices']
const pagesWaitMs = 60_000

export interface PageOptions {
  readonly webRoot: string | undefined
  readonly webReady: Promise<void> | undefined
}

export async function pageRoutes(app: HttpServer, options: PageOptions): Promise<void> {
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
