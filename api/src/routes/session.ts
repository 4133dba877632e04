/** `/api/v1/session`: sign in, who am I, sign out. */
import { Session, SignInRequest } from '@tracegate/model/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../accounts.ts'
import { answers, Empty } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { sessionTokenOf } from '../gatekeeper.ts'
import type { HttpServer } from '../schema-types.ts'
import { sessionCookie, sessionLifeMs } from '../sessions.ts'

const signInBytesMax = 8_192
export const signInsPerMinuteMax = 30

export function sessionRoutes(app: HttpServer, context: ApiContext): void {
  app.post(
    '/api/v1/session',
    {
      bodyLimit: signInBytesMax,
      config: { access: 'public', rateLimit: { max: signInsPerMinuteMax, timeWindow: 60_000 } },
      schema: { tags: ['session'], summary: 'Sign in', security: [], body: SignInRequest, response: answers(Session) }
    },
    async (request, reply) => {
      const principal = await signIn(context, { ...request.body, from: request.ip })
      const earlier = sessionTokenOf(request)
      if (earlier !== undefined) context.sessions.end(earlier)
      setCookie(request, reply, { value: context.sessions.open(principal), maxAgeS: sessionLifeMs / 1_000 })
      return sessionOf(principal)
    }
  )
  app.get(
    '/api/v1/session',
    {
      config: { right: 'signedIn' },
      schema: { tags: ['session'], summary: 'Who is signed in', response: answers(Session) }
    },
    async (request) => {
      if (request.principal === undefined) throw apiError('SIGN_IN_REQUIRED')
      return sessionOf(request.principal)
    }
  )
  app.delete(
    '/api/v1/session',
    {
      config: { right: 'signedIn' },
      schema: { tags: ['session'], summary: 'Sign out', response: { 204: Empty } }
    },
    async (request, reply) => {
      const token = sessionTokenOf(request)
      if (token !== undefined) context.sessions.end(token)
      setCookie(request, reply, { value: '', maxAgeS: 0 })
      return reply.code(204).send(null)
    }
  )
}

async function signIn(context: ApiContext, attempt: { name: string; password: string; from: string }): Promise<Principal> {
  const { name, password, from } = attempt
  const subject = `${from}\n${name}`
  const waitMs = context.lockOut.waitMs(subject)
  if (waitMs > 0) {
    context.events.signIn({ name, from, outcome: 'locked' })
    throw apiError('SIGN_IN_LOCKED', { waitS: Math.ceil(waitMs / 1_000) })
  }
  const principal = await context.accounts.verify(name, password)
  if (principal === undefined) {
    context.lockOut.failed(subject)
    context.events.signIn({ name, from, outcome: 'failed' })
    throw apiError('SIGN_IN_FAILED')
  }
  context.lockOut.succeeded(subject)
  context.events.signIn({ name, from, outcome: 'ok' })
  return principal
}

function sessionOf(principal: Principal): Session {
  return { name: principal.name, rights: [...principal.rights] }
}

function setCookie(request: FastifyRequest, reply: FastifyReply, cookie: { value: string; maxAgeS: number }): void {
  const secure = request.protocol === 'https' ? '; Secure' : ''
  reply.header('set-cookie', `${sessionCookie}=${cookie.value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${cookie.maxAgeS}${secure}`)
}
