/** Who may come in: sessions, keys, the same-origin rule and rights, checked before any handler. It answers no request itself. */
import type { FastifyRequest } from 'fastify'
import type { Accounts } from './accounts.ts'
import type { Refusal } from './audit.ts'
import { apiError } from './errors.ts'
import { pathOf } from './problem.ts'
import type { Access, HttpServer } from './schema-types.ts'
import { sessionCookie, type Sessions } from './sessions.ts'

export interface GatekeeperOptions {
  readonly accounts: Accounts
  readonly sessions: Sessions
  /** Told when somebody signed in lacks the right to change something. */
  readonly refused?: (refusal: Refusal) => Promise<void>
}

export function installGatekeeper(app: HttpServer, options: GatekeeperOptions): void {
  app.decorateRequest('principal', undefined)
  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config?.access ?? accessOfRoute(request)
    const token = bearerOf(request)
    const cookie = token === undefined ? sessionTokenOf(request) : undefined
    if (token !== undefined) request.principal = options.accounts.byKey(token)
    else if (cookie !== undefined) request.principal = options.sessions.find(cookie)
    if (changes(request.method) && token === undefined) requireSameOrigin(request, cookie !== undefined)
    if (access === 'public') return
    reply.header('cache-control', 'no-store')
    if (access === 'loopback' && isLoopback(request)) return
    const principal = request.principal
    if (principal === undefined) throw apiError(access === 'loopback' ? 'LOOPBACK_ONLY' : 'SIGN_IN_REQUIRED')
    const right = request.routeOptions.config?.right ?? 'read'
    if (right === 'signedIn' || principal.rights.includes(right)) return
    if (changes(request.method))
      await options.refused?.({ by: principal.name, right, action: request.method, what: pathOf(request.url).slice(0, 512) })
    throw apiError('RIGHT_MISSING', { right, name: principal.name })
  })
}

/**
 * A route that does not say `public` needs a session. What the caller wrote tells nothing: `/%61pi/…` finds the same route as
 * `/api/…`. Only where there is no route does the written address decide whether the answer is 401 or 404.
 */
function accessOfRoute(request: FastifyRequest): Access {
  const route = request.routeOptions.url
  if (route !== undefined) return isUnder(route, '/docs') ? 'public' : 'session'
  const path = pathOf(request.url)
  return isUnder(path, '/api') || isUnder(path, '/epcis') ? 'session' : 'public'
}

function isUnder(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

function bearerOf(request: FastifyRequest): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')
  return match?.[1]
}

export function sessionTokenOf(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === sessionCookie && value !== undefined && value !== '') return value
  }
  return undefined
}

function changes(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
}

/** A browser sends Sec-Fetch-Site or Origin with every request that changes something; with a cookie one of them must be there. */
export function requireSameOrigin(request: FastifyRequest, byCookie: boolean): void {
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  if (site === 'same-origin') return
  if (site === undefined && origin !== undefined && isOrigin(origin, request.headers.host)) return
  if (site === undefined && origin === undefined && !byCookie) return
  throw apiError('ORIGIN_REFUSED', { origin: origin ?? (typeof site === 'string' ? site : 'unknown') })
}

function isOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false
  const { protocol, host: wanted } = new URL(origin)
  // The scheme's default port may be written on either side.
  const own = `${protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === wanted
}

/** The address of the socket, not what a proxy claims; a proxy on the same machine counts as the machine unless it forwards. */
function isLoopback(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? ''
  const local = address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1'
  return local && request.headers['x-forwarded-for'] === undefined && request.headers.forwarded === undefined
}
