/** Every error as RFC 9457 problem details; under /epcis with the exception types of EPCIS 2.0. It decides no status itself. */
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError, type Reason } from '@tracegate/model/errors'
import type { Problem } from '@tracegate/model/http'
import { ContentError } from '@tracegate/model/warning-errors'
import { apiError } from './errors.ts'
import type { ApiEvents } from './events.ts'
import { chooseType } from './epcis/accept.ts'
import { elementsOf, xmlDocument } from './epcis/xml-text.ts'
import type { HttpServer } from './schema-types.ts'

const problemMediaType = 'application/problem+json'
const problemXmlType = 'application/problem+xml'
/** What a caller may say to get its problems in either form; JSON where it likes both alike. */
const problemForms = {
  'application/problem+json': problemMediaType,
  'application/json': problemMediaType,
  'application/ld+json': problemMediaType,
  'application/problem+xml': problemXmlType,
  'application/xml': problemXmlType,
  'text/xml': problemXmlType
} as const
const problemFormNames = [
  'application/problem+json',
  'application/json',
  'application/ld+json',
  'application/problem+xml',
  'application/xml',
  'text/xml'
] as const

/** A refusal with every finding of it. */
export class FindingsError extends Error {
  override readonly name = 'FindingsError'
  readonly coded: CodedError
  readonly findings: readonly Reason[]

  constructor(coded: CodedError, findings: readonly Reason[]) {
    super(coded.message, { cause: coded })
    this.coded = coded
    this.findings = findings
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Sign-in required',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Conflict',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported media type',
  422: 'Content not acceptable',
  429: 'Too many requests',
  500: 'Internal error',
  501: 'Not implemented',
  503: 'Not available',
  504: 'No answer in time',
  507: 'No storage left'
}

/** The exception of EPCIS 2.0 that stands for one of our codes; by status where the code has none of its own. */
const epcisTypesByCode: Readonly<Record<string, string>> = {
  EPCIS_PARAMETER_UNKNOWN: 'QueryParameterException',
  EPCIS_PARAMETER_INVALID: 'QueryParameterException',
  CURSOR_INVALID: 'QueryParameterException',
  STORE_QUERY: 'QueryParameterException',
  CODE_UNREADABLE: 'QueryParameterException',
  EPCIS_TOKEN_EXPIRED: 'QueryParameterException',
  EPCIS_QUERY_REFUSED: 'QueryParameterException',
  EPCIS_QUERY_COMPLEX: 'QueryTooComplexException',
  EPCIS_QUERY_TOO_BROAD: 'QueryTooComplexException',
  EPCIS_QUERY_TOO_LARGE: 'QueryTooLargeException',
  EPCIS_QUERY_INVALID: 'QueryValidationException',
  EPCIS_QUERY_PARAMETERS: 'QueryParameterException',
  EPCIS_QUERY_TOO_COMPLEX: 'QueryTooComplexException',
  EPCIS_QUERY_BODY_TOO_LARGE: 'QueryTooComplexException',
  EPCIS_SUBSCRIPTION_INVALID: 'SubscriptionControlsException'
}
const epcisTypesByStatus: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'SecurityException',
  403: 'SecurityException',
  404: 'NoSuchNameException',
  406: 'NotAcceptableException',
  409: 'ResourceAlreadyExistsException',
  413: 'CaptureLimitExceededException',
  414: 'URITooLongException',
  415: 'UnsupportedMediaTypeException'
}

/** What the caller wrote tells nothing where a route was found: `/%65pcis/…` finds the same one as `/epcis/…`. */
function isEpcis(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? pathOf(request.url)
  return path === '/epcis' || path.startsWith('/epcis/')
}

/** RFC 7807 appendix A; the findings are an extension. */
function problemXml({ findings = [], ...members }: Problem): string {
  const list = findings.map((finding) => `<finding>${elementsOf(finding)}</finding>`).join('')
  const inside = elementsOf(members) + (list === '' ? '' : `<findings>${list}</findings>`)
  return xmlDocument(`<problem xmlns="urn:ietf:rfc:7807">${inside}</problem>`)
}

function problemOf(coded: CodedError, options: { readonly epcis: boolean; readonly findings?: readonly Reason[] }): Problem {
  const epcisType = epcisTypesByCode[coded.code] ?? epcisTypesByStatus[coded.status] ?? 'ImplementationException'
  return {
    type: options.epcis ? `epcisException:${epcisType}` : 'about:blank',
    title: titles[coded.status] ?? 'Error',
    status: coded.status,
    detail: withoutFolders(coded.message),
    code: coded.code,
    ...(options.findings === undefined || options.findings.length === 0
      ? {}
      : { findings: options.findings.map((finding) => ({ ...finding })) })
  }
}

/** Where the data lies is nobody's business outside; which file it is helps whoever reports it. */
export function withoutFolders(text: string): string {
  return text.replaceAll(/(?:[A-Za-z]:)?[\\/][^"\n]*[\\/]([\w.-]+\.db)\b/g, '$1')
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, coded: CodedError, findings: readonly Reason[] = []): FastifyReply {
  const epcis = isEpcis(request)
  const problem = problemOf(coded, { epcis, findings })
  const form = epcis ? problemForms[chooseType(request.headers.accept, problemFormNames) ?? problemMediaType] : problemMediaType
  const body = form === problemXmlType ? problemXml(problem) : JSON.stringify(problem)
  if (coded.status === 429 && typeof coded.parameters['waitS'] === 'number') reply.header('retry-after', coded.parameters['waitS'])
  return reply
    .code(coded.status)
    .header('cache-control', 'no-store')
    .type(form)
    .serializer((payload: string) => payload)
    .send(body)
}

export function installProblems(app: HttpServer, events: ApiEvents): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, apiError('ROUTE_UNKNOWN', { method: request.method, path: pathOf(request.url) }))
  )
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const { coded, findings } = codedOf(error, request)
    events.refused(coded.code)
    if (coded.status >= 500 && coded.code === 'INTERNAL')
      events.failed({ request: request.id, method: request.method, path: pathOf(request.url), error })
    return sendProblem(request, reply, coded, findings)
  })
}

function codedOf(error: FastifyError | Error, request: FastifyRequest): { coded: CodedError; findings: readonly Reason[] } {
  if (error instanceof ContentError) return { coded: error, findings: error.findings }
  if (error instanceof CodedError) return { coded: error, findings: [] }
  if (error instanceof FindingsError) return { coded: error.coded, findings: error.findings }
  if ('validation' in error && error.validation !== undefined) {
    const findings = error.validation.map(reasonOf)
    return { coded: apiError('REQUEST_INVALID', { part: error.validationContext ?? 'the request' }, error), findings }
  }
  const code = 'code' in error ? error.code : ''
  if (code === 'FST_ERR_BAD_URL') return { coded: apiError('URL_INVALID', { path: pathOf(request.url).slice(0, 64) }, error), findings: [] }
  if (code === 'FST_STATIC_FORBIDDEN_PATH')
    return { coded: apiError('ROUTE_UNKNOWN', { method: request.method, path: pathOf(request.url).slice(0, 64) }, error), findings: [] }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { coded: apiError('BODY_TOO_LARGE', { limitBytes: request.routeOptions.bodyLimit }, error), findings: [] }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const type = request.headers['content-type'] ?? ''
    return { coded: apiError('MEDIA_TYPE_UNSUPPORTED', { type, wanted: 'application/json' }, error), findings: [] }
  }
  if (error instanceof SyntaxError || code === 'FST_ERR_CTP_EMPTY_JSON_BODY' || code === 'FST_ERR_CTP_INVALID_JSON_BODY')
    return { coded: apiError('BODY_NOT_JSON', { detail: error.message }, error), findings: [] }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status >= 400 && status < 500) {
    const findings = [{ code: code === '' ? 'HTTP' : code, pointer: '', message: error.message }]
    return { coded: new CodedError({ code: 'REQUEST_INVALID', status, message: error.message, parameters: {}, cause: error }), findings }
  }
  return { coded: apiError('INTERNAL', { request: request.id }, error), findings: [] }
}

type SchemaFault = NonNullable<FastifyError['validation']>[number] & { readonly data?: unknown }

function reasonOf(fault: SchemaFault): Reason {
  const at = fault.instancePath === '' ? 'the value' : fault.instancePath
  // What was sent as a password is not given back.
  const current = /\/(?:password|secret)$/.test(fault.instancePath) ? 'not as wanted' : show(fault.data)
  const wanted = (fault.message ?? 'is not valid').replace(/^must /, 'expected to ')
  const message = `${at} is ${current}, ${wanted}${detailOf(fault.params)}`
  return { code: `SCHEMA_${fault.keyword.toUpperCase()}`, pointer: fault.instancePath, message }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return JSON.stringify(value)?.slice(0, 64) ?? 'missing'
}

/** What the engine refuses before it looks for a route. */
export function createFrameworkErrors(events: ApiEvents) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { coded, findings } = codedOf(error, request)
    events.refused(coded.code)
    void sendProblem(request, reply, coded, findings)
  }
}

const socketFaults: Readonly<Record<string, { readonly status: number; readonly code: string; readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    detail: 'Cannot read the request: its head is too large, expected at most 16 KiB'
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TOO_SLOW',
    detail: 'Cannot read the request: it did not come in time, expected all of it within 30 s'
  }
}
const farewellMs = 1_000
const notHttp = { status: 400, code: 'REQUEST_MALFORMED', detail: 'Cannot read the request: it is not HTTP, expected HTTP/1.1' }

const addressTooLong = {
  status: 414,
  code: 'URL_TOO_LONG',
  detail: 'Cannot read the request: its address does not fit into a head, expected at most 8192 characters'
}

/** The beginning of the address, where it alone makes the head too large; the parser gives the octets that it could not take. */
function longAddressOf(error: object): string | undefined {
  const packet: unknown = 'rawPacket' in error ? error.rawPacket : undefined
  return Buffer.isBuffer(packet) ? /^[A-Z]+ ([!-~]{8192})/.exec(packet.toString('latin1', 0, 8_256))?.[1] : undefined
}

/** What cannot be read as a request at all; there is no reply object for it. */
export function answerSocketFault(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const address = error.code === 'HPE_HEADER_OVERFLOW' ? longAddressOf(error) : undefined
  const { status, code, detail } = address === undefined ? (socketFaults[error.code ?? ''] ?? notHttp) : addressTooLong
  const type = address?.startsWith('/epcis/') === true ? 'epcisException:URITooLongException' : 'about:blank'
  const body = JSON.stringify({ type, title: detail.slice(0, detail.indexOf(':')), status, detail, code })
  const head = `content-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  // Who neither reads nor hangs up is not waited for.
  setTimeout(() => socket.destroy(), farewellMs).unref()
  socket.end(`HTTP/1.1 ${status} ${code}\r\n${head}\r\n\r\n${body}`)
}

function detailOf(parameters: Readonly<Record<string, unknown>> | undefined): string {
  const extra = parameters?.['additionalProperty'] ?? parameters?.['allowedValue'] ?? parameters?.['allowedValues']
  return extra === undefined ? '' : `: ${JSON.stringify(extra)}`
}

export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}
