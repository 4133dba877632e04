/** An EPCIS 2.0 query in full, read from the parameters of a URL or from the body of a named query alike. Pure: it asks nothing. */
import { decodeJson } from '../../codec.ts'
import { declaredPrefixes } from '../context.ts'
import type { Reason } from '../../errors.ts'
import type { MasterDataLookup } from '../../master-data.ts'
import type { ExtensionName } from './condition.ts'
import type { EventFilter } from './filter.ts'
import { extensionName, type Draft } from './draft.ts'
import { nearestName } from './nearest.ts'
import { nearestParameter, pageParameters, parameterOf, type PageParameter, type Parameter } from './parameter.ts'
import { readParameter } from './read-parameter.ts'
import { pointerOf, readInteger, readText, refuse, refuseCost, type Given } from './read-values.ts'

export interface EpcisQuery {
  /** What an event must be; for `TraceStore.events` and `TraceStore.feed`. */
  readonly filter: EventFilter
  readonly order: 'ascending' | 'descending'
  readonly orderBy: 'eventTime' | 'recordTime' | ExtensionName
  /** Only the first so many events. */
  readonly eventCountLimit?: number
  /** More than so many events are a QueryTooLargeException. */
  readonly maxEventCount?: number
  /** True when no event can match, as with a place that has no master data: there is nothing to ask a store for. */
  readonly nothing: boolean
  /** The same question gives the same text, whatever the order and spelling of its parameters; for digests and caches. */
  readonly text: string
  /** Of a URL only. */
  readonly perPage?: number
  readonly nextPageToken?: string
}

export interface QueryOptions {
  /** In a URL every value is text and lists are separated by pipes; in a body values have JSON types and lists are arrays. */
  readonly form: 'url' | 'body'
  /** JSON-LD context that declares prefixes beside the body's own `@context`, as `GS1-Extensions` does. */
  readonly context?: unknown
  readonly masterData?: MasterDataLookup
  /** Names of a URL that somebody else reads, as `stream`. */
  readonly ignored?: readonly string[]
}

export const queryExceptions = ['QueryParameterException', 'QueryTooComplexException'] as const
export type QueryException = (typeof queryExceptions)[number]

/** `pointer` is into a body; the name of a URL's parameter likewise, after a slash. */
export interface QueryFinding extends Reason {
  readonly exception: QueryException
  readonly name: string
  readonly current?: string
  readonly wanted?: string
  /** The known name that the caller probably meant. */
  readonly nearest?: string
}

export type QueryRead =
  | { readonly ok: true; readonly query: EpcisQuery }
  | { readonly ok: false; readonly findings: readonly QueryFinding[] }

/** Most parameters of one query, and most values of all its parameters together. */
export const parametersMax = 256
export const valuesMax = 10_000
const findingsMax = 10

/** Reads every parameter before it refuses, so that a caller hears of up to ten faults at once. */
export function readQuery(parameters: Readonly<Record<string, unknown>>, options: QueryOptions): QueryRead {
  const draft = beginDraft(parameters, options)
  const names = Object.keys(parameters)
  if (names.length > parametersMax) refuseCost(draft, '', { current: `${names.length} parameters`, wanted: `at most ${parametersMax}` })
  const result: Partial<Record<ResultParameter, unknown>> = {}
  for (const name of names.slice(0, parametersMax)) {
    if (options.ignored?.includes(name) === true) continue
    const parameter = parameterOf(name)
    const given = { name, value: parameters[name] }
    if (parameter === undefined || (parameter.family === 'page' && options.form === 'body')) refuseName(draft, name)
    else if (isResult(parameter)) result[parameter.name] = given.value
    else readParameter(draft, parameter, given)
    if (draft.findings.length >= findingsMax) break
  }
  const ordering = readResult(draft, result)
  const filter = finishFilter(draft)
  if (draft.findings.length > 0) return { ok: false, findings: draft.findings.slice(0, findingsMax) }
  return {
    ok: true,
    query: {
      filter,
      ...ordering,
      nothing: draft.conditions.some((condition) => 'keys' in condition && condition.keys.length === 0),
      text: canonicalText({ filter, ...ordering, perPage: undefined, nextPageToken: undefined })
    }
  }
}

type ResultParameter = 'orderBy' | 'orderDirection' | 'eventCountLimit' | 'maxEventCount' | PageParameter
const resultParameters: ReadonlySet<string> = new Set(['orderBy', 'orderDirection', 'eventCountLimit', 'maxEventCount', ...pageParameters])

function isResult(parameter: Parameter): parameter is Parameter & { readonly name: ResultParameter } {
  return 'name' in parameter && resultParameters.has(parameter.name)
}

function beginDraft(parameters: Readonly<Record<string, unknown>>, options: QueryOptions): Draft {
  const own = options.form === 'body' ? parameters['@context'] : urlContext(parameters['@context'])
  return {
    form: options.form,
    findings: [],
    filter: {},
    conditions: [],
    prefixes: new Map([...declaredPrefixes(options.context), ...declaredPrefixes(own)]),
    masterData: options.masterData
  }
}

/** In a URL a context is JSON text; anything else names a context, which is never fetched. */
function urlContext(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined
  const decoded = decodeJson(new TextEncoder().encode(value))
  return decoded.ok ? decoded.value : undefined
}

function refuseName(draft: Draft, name: string): void {
  const nearest = nearestParameter(name)
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  draft.findings.push({
    exception: 'QueryParameterException',
    code: 'QUERY_PARAMETER_UNKNOWN',
    pointer: pointerOf(name),
    message: `"${name.slice(0, 64)}" is no parameter of the EPCIS 2.0 query${meant}`,
    name,
    ...(nearest === undefined ? {} : { nearest })
  })
}

type Ordering = Pick<EpcisQuery, 'order' | 'orderBy' | 'eventCountLimit' | 'maxEventCount' | 'perPage' | 'nextPageToken'>

function readResult(draft: Draft, result: Partial<Record<ResultParameter, unknown>>): Ordering {
  const given = (name: ResultParameter): Given | undefined => (Object.hasOwn(result, name) ? { name, value: result[name] } : undefined)
  const integer = (name: ResultParameter, minimum: number): number | undefined => {
    const asked = given(name)
    return asked === undefined ? undefined : readInteger(draft, asked, minimum)
  }
  const eventCountLimit = integer('eventCountLimit', 1)
  const maxEventCount = integer('maxEventCount', 0)
  const perPage = integer('perPage', 1)
  const token = given('nextPageToken')
  const nextPageToken = token === undefined ? undefined : readText(draft, token, 'the token of a page')
  const limit = given('eventCountLimit')
  const maximum = given('maxEventCount')
  // EPCIS 2.0 §8.2.7.1: the first so many of no order would be any; and either limit excludes the other.
  if (limit !== undefined && maximum !== undefined) refuse(draft, maximum, 'none, as eventCountLimit is given')
  if (limit !== undefined && !Object.hasOwn(result, 'orderBy')) refuse(draft, limit, 'orderBy beside it')
  return {
    order: directionOf(draft, given('orderDirection')),
    orderBy: orderOf(draft, given('orderBy')),
    ...(eventCountLimit === undefined ? {} : { eventCountLimit }),
    ...(maxEventCount === undefined ? {} : { maxEventCount }),
    ...(perPage === undefined ? {} : { perPage }),
    ...(nextPageToken === undefined ? {} : { nextPageToken })
  }
}

function directionOf(draft: Draft, given: Given | undefined): EpcisQuery['order'] {
  if (given !== undefined && given.value !== 'ASC' && given.value !== 'DESC') refuse(draft, given, 'ASC or DESC')
  return given?.value === 'ASC' ? 'ascending' : 'descending'
}

const orderWanted = 'eventTime, recordTime or an extension field with its prefix'

function orderOf(draft: Draft, given: Given | undefined): EpcisQuery['orderBy'] {
  if (given === undefined) return 'eventTime'
  const { value } = given
  if (value === 'eventTime' || value === 'recordTime') return value
  const text = readText(draft, given, orderWanted)
  const uri = text === undefined ? null : /^((?:https?:\/\/|urn:)\S*[/#:])([\w.-]+)$/i.exec(text)
  if (uri !== null) return { prefix: uri[1] ?? '', local: uri[2] ?? '', namespace: uri[1] ?? '' }
  if (text !== undefined && /^[A-Za-z][A-Za-z0-9.-]*:[\w.-]+$/.test(text)) return extensionName(draft, text)
  if (text !== undefined) refuse(draft, given, orderWanted, nearestName(text, ['eventTime', 'recordTime']))
  return 'eventTime'
}

function finishFilter(draft: Draft): EventFilter {
  const { conditions } = draft
  const filter: EventFilter = conditions.length === 0 ? draft.filter : { ...draft.filter, conditions }
  const values = [...Object.values(draft.filter), ...conditions.flatMap((condition) => Object.values(condition))]
  const count = values.reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0)
  if (count > valuesMax) refuseCost(draft, '', { current: `${count} values`, wanted: `at most ${valuesMax}` })
  return filter
}

/** Order means nothing in a question: lists and members are sorted. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).sort().join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`)
    .sort()
    .join()}}`
}
