/** What all operations of EPCIS share: bodies, headers, answers as text, pages, prefixes. Routes register inside of `openEpcisScope`. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CompanyPrefixBook } from '@tracegate/model/gs1/company-prefix'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { installBodies } from './bodies.ts'
import { readEpcisHeaders } from './headers.ts'
import { createPageTokens, type PageTokens, type WrittenToken } from './page-tokens.ts'
import { commonHeaders, operationSchema } from './route-schema.ts'
import { perPageDefault, perPageMax } from './event-pages.ts'
import type { EpcisAnswerHeader } from '@tracegate/model/http-epcis'

export interface EpcisScope {
  readonly app: HttpServer
  readonly context: ApiContext
  readonly tokens: PageTokens
  readonly prefixes: CompanyPrefixBook
}

/** `app` must be a scope of its own: its parsers and hooks hold for EPCIS only. */
export function openEpcisScope(app: HttpServer, context: ApiContext, prefixes: CompanyPrefixBook): EpcisScope {
  installBodies(app)
  // Operations read what they are given themselves, so that each refusal has the exception that the standard names.
  app.setValidatorCompiler(() => () => true)
  // Answers are text already.
  app.setSerializerCompiler(() => (data: unknown) => (typeof data === 'string' ? data : JSON.stringify(data)))
  // With a callback: a promise for every request costs more than what it does.
  app.addHook('onRequest', (request, reply, done) => {
    try {
      request.wishes = readEpcisHeaders(request, reply)
      refuseEncoding(request)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    done()
  })
  return { app, context, tokens: createPageTokens(context.nowMs), prefixes }
}

/** Of a route that sets its security headers with the others: working them out anew for each answer costs more than the rest of it. */
export const ownSecurityHeaders = { helmet: false } as const

/** OPTIONS of a path: 204 with the methods that it has and the GS1 headers. */
export function addOptions(
  { app }: Pick<EpcisScope, 'app'>,
  options: {
    readonly path: string
    readonly methods: readonly ('GET' | 'POST' | 'DELETE')[]
    readonly parameters?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Partial<Record<EpcisAnswerHeader, string>>>
    readonly hide?: boolean
    /** Throws when what is asked about is not there. Callers who may not read are not told what there is. */
    readonly requireThere?: (request: FastifyRequest) => Promise<void> | void
  }
): void {
  const { path, methods, parameters, headers = {}, hide = false, requireThere } = options
  const allow = [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'].join(', ')
  const added = [
    'Allow',
    ...(headers['GS1-Capture-Error-Behaviour'] === undefined ? [] : ['GS1-Capture-Error-Behaviour' as const])
  ] as const
  app.options(
    path,
    {
      config: { right: 'signedIn', produces: 'nothing' },
      schema: operationSchema({
        summary: 'Methods and GS1 headers',
        ask: 'discover',
        ...(parameters === undefined ? {} : { path: parameters }),
        good: { status: 204, description: 'What is served here', headers: added.filter((name) => !commonNames.has(name)) },
        refuses: [404, 414],
        hide
      })
    },
    async (request, reply) => {
      if (request.principal?.rights.includes('read') === true) await requireThere?.(request)
      return reply
        .code(204)
        .headers({ allow, ...headers })
        .send()
    }
  )
}

/** RFC 9110 §8.4: what is not understood is said so, not read as something else. */
function refuseEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding.trim() === '' || encoding.trim().toLowerCase() === 'identity') return
  const type = `${headers['content-type'] ?? ''} with content-encoding ${encoding}`.slice(0, 128)
  throw apiError('MEDIA_TYPE_UNSUPPORTED', { type, wanted: 'a body without content-encoding' })
}

const commonNames: ReadonlySet<string> = new Set(commonHeaders)

/** Parameters of the URL; a name that comes twice is refused, as its values are separated by pipes. */
export function parametersOf(request: FastifyRequest): Record<string, string> {
  const at = request.url.indexOf('?')
  const given = new Map<string, string>()
  if (at === -1) return {}
  for (const [name, value] of new URLSearchParams(request.url.slice(at + 1))) {
    if (given.has(name)) throw parameterInvalid(name, value, 'it once, with its values separated by a pipe')
    given.set(name, value)
  }
  return Object.fromEntries(given)
}

/** A value of the path, decoded. */
export function pathValue(request: FastifyRequest, name: string): string {
  const { params } = request
  const value: unknown =
    typeof params === 'object' && params !== null ? Object.entries(params).find(([member]) => member === name)?.[1] : undefined
  return typeof value === 'string' ? value : ''
}

/** perPage and nextPageToken of a list that takes nothing else. */
export function listPageOf(request: FastifyRequest): { readonly perPage: number; readonly token: string | undefined } {
  const { perPage, nextPageToken, ...others } = parametersOf(request)
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw apiError('EPCIS_PARAMETER_UNKNOWN', { name: other.slice(0, 64), nearest: '; this takes perPage and nextPageToken' })
  if (perPage === undefined) return { perPage: perPageDefault, token: nextPageToken }
  const count = /^\d{1,9}$/.test(perPage) ? Number(perPage) : 0
  if (count < 1) throw parameterInvalid('perPage', perPage, 'an integer from 1')
  return { perPage: Math.min(count, perPageMax), token: nextPageToken }
}

export function parameterInvalid(name: string, value: string, wanted: string) {
  return apiError('EPCIS_PARAMETER_INVALID', { name: name.slice(0, 64), value: value.slice(0, 64), wanted })
}

/** The Link to the next page, and until when it works. */
export function setNextPage(request: FastifyRequest, reply: FastifyReply, next: WrittenToken): void {
  const [path = '', query = ''] = request.url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('nextPageToken', next.token)
  reply.headers({
    link: `<${path}?${parameters.toString()}>; rel="next"`,
    'GS1-Next-Page-Token-Expires': new Date(next.expiresAtMs).toISOString()
  })
}
