/** Every error as RFC 9457 problem details; under /epcis with the exception types of EPCIS 2.0. It decides no status itself. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError, type Reason } from '@tracegate/model/errors'
import type { Problem } from '@tracegate/model/http'
import { apiError } from './errors.ts'
import type { ApiEvents } from './events.ts'
import type { HttpServer } from './schema-types.ts'

const problemMediaType = 'application/problem+json'

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
  429: 'Too many requests',
  500: 'Internal error',
  501: 'Not implemented',
  503: 'Not available'
}

/** The exception of EPCIS 2.0 that stands for one of our codes; by status where the code has none of its own. */
const epcisTypesByCode: Readonly<Record<string, string>> = {
  EPCIS_PARAMETER_UNKNOWN: 'QueryParameterException',
  EPCIS_PARAMETER_INVALID: 'QueryParameterException',
  CURSOR_INVALID: 'QueryParameterException',
  STORE_QUERY: 'QueryParameterException',
  CODE_UNREADABLE: 'QueryParameterException',
  EPCIS_QUERY_TOO_LARGE: 'QueryTooLargeException'
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

function isEpcisPath(url: string): boolean {
  return url === '/epcis' || url.startsWith('/epcis/')
}

function problemOf(coded: CodedError, options: { readonly epcis: boolean; readonly findings?: readonly Reason[] }): Problem {
  const epcisType = epcisTypesByCode[coded.code] ?? epcisTypesByStatus[coded.status] ?? 'ImplementationException'
  return {
    type: options.epcis ? `epcisException:${epcisType}` : 'about:blank',
    title: titles[coded.status] ?? 'Error',
    status: coded.status,
    detail: coded.message,
    code: coded.code,
    ...(options.findings === undefined || options.findings.length === 0
      ? {}
      : { findings: options.findings.map((finding) => ({ ...finding })) })
  }
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, coded: CodedError, findings: readonly Reason[] = []): FastifyReply {
  const body = JSON.stringify(problemOf(coded, { epcis: isEpcisPath(request.url), findings }))
  if (coded.status === 429 && typeof coded.parameters['waitS'] === 'number') reply.header('retry-after', coded.parameters['waitS'])
  return reply
    .code(coded.status)
    .header('cache-control', 'no-store')
    .type(problemMediaType)
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
  if (error instanceof CodedError) return { coded: error, findings: [] }
  if (error instanceof FindingsError) return { coded: error.coded, findings: error.findings }
  if ('validation' in error && error.validation !== undefined) {
    const findings = error.validation.map((finding) => ({
      code: `SCHEMA_${finding.keyword.toUpperCase()}`,
      pointer: finding.instancePath,
      message: `${finding.instancePath === '' ? 'the value' : finding.instancePath} ${finding.message ?? 'is not valid'}${detailOf(finding.params)}`
    }))
    return { coded: apiError('REQUEST_INVALID', { part: error.validationContext ?? 'the request' }, error), findings }
  }
  const code = 'code' in error ? error.code : ''
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

function detailOf(parameters: Readonly<Record<string, unknown>> | undefined): string {
  const extra = parameters?.['additionalProperty'] ?? parameters?.['allowedValue'] ?? parameters?.['allowedValues']
  return extra === undefined ? '' : `: ${JSON.stringify(extra)}`
}

export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}
