/** What the OpenAPI description says of an EPCIS operation. It describes only: the operations read their parameters and headers themselves. */
import type { FastifySchema } from 'fastify'
import { Type, type TSchema } from 'typebox'
import { Problem } from '@tracegate/model/http'
import { epcisAnswerHeaders, epcisRequestHeaders, type EpcisAnswerHeader, type EpcisRequestHeader } from '@tracegate/model/http-epcis'
import { jsonTypes, xmlTypes } from './headers.ts'

const tags = ['EPCIS 2.0']

const versionsMinMax = ['GS1-EPCIS-Min', 'GS1-EPCIS-Max', 'GS1-CBV-Min', 'GS1-CBV-Max'] as const

/** Request headers by what an operation does. */
const askHeaders = {
  discover: ['GS1-Extensions', ...versionsMinMax],
  read: ['GS1-Extensions', ...versionsMinMax, 'GS1-EPC-Format', 'GS1-CBV-XML-Format'],
  subscribe: ['GS1-Extensions', 'GS1-EPCIS-Version', 'GS1-EPC-Format', 'GS1-CBV-XML-Format'],
  write: ['GS1-Extensions', 'GS1-EPCIS-Version', 'GS1-CBV-Version'],
  capture: ['GS1-Extensions', 'GS1-EPCIS-Version', 'GS1-CBV-Version', 'GS1-Capture-Error-Behaviour'],
  none: []
} as const satisfies Record<string, readonly EpcisRequestHeader[]>

/** Every answer of EPCIS carries these. */
export const commonHeaders = [
  'GS1-EPCIS-Version',
  'GS1-EPCIS-Min',
  'GS1-EPCIS-Max',
  'GS1-CBV-Version',
  'GS1-CBV-Min',
  'GS1-CBV-Max',
  'GS1-EPC-Format',
  'GS1-CBV-XML-Format',
  'GS1-Extensions',
  'GS1-Vendor-Version',
  'GS1-EPCIS-Capture-Limit',
  'GS1-EPCIS-Capture-File-Size-Limit'
] as const satisfies readonly EpcisAnswerHeader[]

const refusals: Readonly<Record<number, string>> = {
  400: 'ValidationException or QueryParameterException',
  401: 'SecurityException: not signed in',
  403: 'SecurityException: not allowed',
  404: 'NoSuchNameException',
  406: 'NotAcceptableException: the version, format or media type cannot be had',
  409: 'ResourceAlreadyExistsException',
  413: 'CaptureLimitExceededException, QueryTooLargeException or QueryTooComplexException',
  414: 'URITooLongException',
  415: 'UnsupportedMediaTypeException',
  500: 'ImplementationException',
  501: 'ImplementationException: not offered',
  503: 'ImplementationException: busy; the same again later'
}
type Refusal = 400 | 404 | 409 | 413 | 414 | 415 | 501 | 503

interface Good {
  readonly status: 200 | 201 | 202 | 204
  readonly description: string
  /** Beside the common ones. */
  readonly headers?: readonly EpcisAnswerHeader[]
  /** Without it the answer has no body. */
  readonly body?: { readonly schema: TSchema; readonly xml?: boolean }
}

export interface OperationFacts {
  readonly summary: string
  readonly description?: string
  readonly ask: keyof typeof askHeaders
  readonly path?: Readonly<Record<string, string>>
  readonly query?: TSchema
  readonly takes?: TSchema
  readonly good: Good
  readonly refuses?: readonly Refusal[]
  /** Of an operation that a WebSocket may be opened with. */
  readonly switches?: { readonly description: string; readonly headers: readonly EpcisAnswerHeader[] }
  readonly hide?: boolean
}

export function operationSchema(facts: OperationFacts): FastifySchema {
  const { good, takes, path } = facts
  const asked = askHeaders[facts.ask]
  const codes = [401, 403, 406, 500, ...(facts.refuses ?? [])].sort((a, b) => a - b)
  return {
    tags,
    summary: facts.summary,
    ...(facts.description === undefined ? {} : { description: facts.description }),
    ...(facts.hide === true ? { hide: true } : {}),
    ...(asked.length === 0 ? {} : { headers: Type.Object(pick(asked, (name) => Type.Optional(epcisRequestHeaders[name]))) }),
    ...(path === undefined
      ? {}
      : {
          params: Type.Object(Object.fromEntries(Object.entries(path).map(([name, description]) => [name, Type.String({ description })])))
        }),
    ...(facts.query === undefined ? {} : { querystring: facts.query }),
    ...(takes === undefined ? {} : { body: { content: contentOf(takes, true) } }),
    response: {
      ...(facts.switches === undefined
        ? {}
        : {
            101: {
              description: facts.switches.description,
              headers: pick(facts.switches.headers, (name) => epcisAnswerHeaders[name]),
              type: 'null'
            }
          }),
      [good.status]: {
        description: good.description,
        headers: pick([...commonHeaders, ...(good.headers ?? [])], (name) => epcisAnswerHeaders[name]),
        ...(good.body === undefined ? { type: 'null' } : { content: contentOf(good.body.schema, good.body.xml === true) })
      },
      ...Object.fromEntries(codes.map((code) => [code, refusal(code)]))
    }
  }
}

function refusal(code: number): object {
  const limits = ['GS1-EPCIS-Capture-Limit', 'GS1-EPCIS-Capture-File-Size-Limit'] as const
  return {
    description: refusals[code] ?? '',
    ...(code === 413 ? { headers: pick(limits, (name) => epcisAnswerHeaders[name]) } : {}),
    content: {
      'application/problem+json': { schema: Problem },
      'application/problem+xml': { schema: Type.String({ description: 'RFC 7807 appendix A' }) }
    }
  }
}

function contentOf(schema: TSchema, withXml: boolean): Record<string, { schema: TSchema }> {
  const xml = Type.String({ description: 'The same in XML' })
  return Object.fromEntries([
    ...jsonTypes.map((type): [string, { schema: TSchema }] => [type, { schema }]),
    ...(withXml ? xmlTypes.map((type): [string, { schema: TSchema }] => [type, { schema: xml }]) : [])
  ])
}

function pick<Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value): Record<string, Value> {
  return Object.fromEntries(names.map((name) => [name, of(name)]))
}
