/** A query string of `GET /epcis/v2/events` as a question to the trace store. Pure: it asks nothing. */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { keyOf, parseTimeMs } from '@tracegate/model/epcis/normalise'
import { bareTerm } from '@tracegate/model/epcis/vocabulary'
import { keyKind } from '@tracegate/model/gs1/key'
import { actions } from '@tracegate/model/trace-event'
import type { EventQuery } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import { isOfStandard, isServed, nearestParameter, type ServedParameter } from './parameters.ts'

export const perPageDefault = 30
export const perPageMax = 1_000
const valuesMax = 1_000

export interface SimpleQuery {
  readonly query: Omit<EventQuery, 'limit' | 'cursor'>
  readonly perPage: number
  /** Names the question, so that a page token of another one is refused. */
  readonly digest: string
  /** Events given on the pages before. */
  readonly given: number
  readonly cursor?: string
  readonly eventCountLimit?: number
  readonly maxEventCount?: number
  /** True when a condition can match nothing, as MATCH_epc with a class. */
  readonly nothing: boolean
}

type Values = Partial<Record<ServedParameter, string>>

export function readQuery(parameters: URLSearchParams): SimpleQuery {
  const values = servedValues(parameters)
  const digest = digestOf(parameters)
  const token = values.nextPageToken === undefined ? undefined : readToken(values.nextPageToken, digest)
  const eventCountLimit = integerOf(values, 'eventCountLimit', 1)
  const maxEventCount = integerOf(values, 'maxEventCount', 0)
  if (eventCountLimit !== undefined && maxEventCount !== undefined)
    throw invalid('maxEventCount', String(maxEventCount), 'none, as eventCountLimit is given')
  if (eventCountLimit !== undefined && values.orderBy === undefined)
    throw invalid('eventCountLimit', String(eventCountLimit), 'orderBy beside it')
  const { match, nothing } = matchMembers(values)
  return {
    query: {
      ...match,
      eventTypes: list(values.eventType, (value) => value.replace(/^(https?:\/\/\S*[#/]|epcis:)/, '')),
      actions: list(values.EQ_action, actionOf),
      bizSteps: list(values.EQ_bizStep, (value) => bareTerm('bizStep', value)),
      dispositions: list(values.EQ_disposition, (value) => bareTerm('disposition', value)),
      readPoints: list(values.EQ_readPoint, keyOf),
      bizLocations: list(values.EQ_bizLocation, keyOf),
      eventIDs: list(values.EQ_eventID, (value) => value),
      fromMs: timeOf(values, 'GE_eventTime'),
      toMs: timeOf(values, 'LT_eventTime'),
      recordFromMs: timeOf(values, 'GE_recordTime'),
      recordToMs: timeOf(values, 'LT_recordTime'),
      order: oneOf(values, 'orderDirection', { ASC: 'ascending', DESC: 'descending' } as const, 'descending'),
      orderBy: orderByOf(values)
    },
    perPage: Math.min(perPageMax, integerOf(values, 'perPage', 1) ?? perPageDefault),
    digest,
    given: token?.given ?? 0,
    ...(token === undefined ? {} : { cursor: token.cursor }),
    ...(eventCountLimit === undefined ? {} : { eventCountLimit }),
    ...(maxEventCount === undefined ? {} : { maxEventCount }),
    nothing
  }
}

function servedValues(parameters: URLSearchParams): Values {
  const values: Values = {}
  for (const [name, value] of parameters) {
    if (!isServed(name)) {
      if (isOfStandard(name)) throw apiError('EPCIS_PARAMETER_UNSUPPORTED', { name })
      const nearest = nearestParameter(name)
      throw apiError('EPCIS_PARAMETER_UNKNOWN', {
        name: name.slice(0, 64),
        nearest: nearest === undefined ? '' : `; did you mean ${nearest}?`
      })
    }
    if (values[name] !== undefined) throw invalid(name, value, 'it once, with its values separated by a pipe')
    values[name] = value
  }
  return values
}

function listOf(value: string): string[] {
  const values = value.split('|')
  if (values.length > valuesMax || values.includes('')) throw invalid('a list', value, `1 to ${valuesMax} values separated by a pipe`)
  return values
}

function list<Item>(value: string | undefined, map: (text: string) => Item): Item[] | undefined {
  return value === undefined ? undefined : listOf(value).map(map)
}

function actionOf(value: string): string {
  const action = actions.find((known) => known === value)
  if (action === undefined) throw invalid('EQ_action', value, actions.join(', '))
  return action
}

const dateTimePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)$/

function timeOf(values: Values, parameter: ServedParameter): number | undefined {
  const value = values[parameter]
  if (value === undefined) return undefined
  // A plus sign that was not percent-encoded arrives as a space.
  const text = value.replace(/ (?=\d\d:\d\d$)/, '+')
  const timeMs = dateTimePattern.test(text) ? parseTimeMs(text) : Number.NaN
  if (!Number.isFinite(timeMs)) throw invalid(parameter, value, 'a date and time with offset, e.g. 2026-01-31T08:00:00+08:00')
  return timeMs
}

function integerOf(values: Values, name: ServedParameter, minimum: number): number | undefined {
  const value = values[name]
  if (value === undefined) return undefined
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= minimum)) throw invalid(name, value, `an integer from ${minimum}`)
  return number
}

function oneOf<Value extends string>(
  values: Values,
  name: ServedParameter,
  table: Readonly<Record<string, Value>>,
  fallback: Value
): Value {
  const value = values[name]
  if (value === undefined) return fallback
  const found = Object.hasOwn(table, value) ? table[value] : undefined
  if (found === undefined) throw invalid(name, value, Object.keys(table).join(' or '))
  return found
}

function orderByOf(values: Values): EventQuery['orderBy'] {
  if (values.orderBy?.includes(':') === true) throw apiError('EPCIS_PARAMETER_UNSUPPORTED', { name: `orderBy=${values.orderBy}` })
  return oneOf(values, 'orderBy', { eventTime: 'eventTime', recordTime: 'recordTime' } as const, 'eventTime')
}

const matchParameters = [
  { member: 'objectKeys', instance: 'MATCH_epc', ofClass: 'MATCH_epcClass' },
  { member: 'inputKeys', instance: 'MATCH_inputEPC', ofClass: 'MATCH_inputEPCClass' },
  { member: 'outputKeys', instance: 'MATCH_outputEPC', ofClass: 'MATCH_outputEPCClass' },
  { member: 'anyKeys', instance: 'MATCH_anyEPC', ofClass: 'MATCH_anyEPCClass' }
] as const
type MatchMember = (typeof matchParameters)[number]['member'] | 'parentKeys'

/**
 * The store keeps instances and classes of one role together, so each parameter takes only the keys of its own sort: lists of EPCs
 * hold instances, quantity lists hold classes (EPCIS 2.0 §8.2.7.1).
 */
function matchMembers(values: Values): { match: { [Member in MatchMember]?: string[] }; nothing: boolean } {
  const match: { [Member in MatchMember]?: string[] } = {}
  let nothing = false
  for (const { member, instance, ofClass } of matchParameters) {
    const name = values[instance] === undefined ? ofClass : instance
    const value = values[name]
    if (value === undefined) continue
    if (values[instance] !== undefined && values[ofClass] !== undefined)
      throw apiError('EPCIS_PARAMETER_UNSUPPORTED', { name: `${instance} together with ${ofClass}` })
    const keys = listOf(value).map((text) => matchKey(name, text))
    match[member] = keys.filter((key) => isClass(key) === (name === ofClass))
    nothing ||= match[member].length === 0
  }
  if (values.MATCH_parentID !== undefined) match.parentKeys = listOf(values.MATCH_parentID).map((text) => matchKey('MATCH_parentID', text))
  return { match, nothing }
}

function isClass(key: string): boolean {
  const kind = keyKind(key)
  return kind === 'lot' || kind === 'product'
}

function matchKey(name: string, text: string): string {
  const isPattern = /^urn:epc:idpat:/i.test(text) && !/^urn:epc:idpat:(sgtin|itip):[^*]+\.\*$/i.test(text)
  if (isPattern || (text.includes('*') && !/^urn:epc:idpat:/i.test(text)))
    throw apiError('EPCIS_PARAMETER_UNSUPPORTED', { name: `a pattern in ${name}` })
  return keyOf(text)
}

function invalid(name: string, value: string, wanted: string) {
  return apiError('EPCIS_PARAMETER_INVALID', { name, value: value.slice(0, 64), wanted })
}

const Token = Type.Object({ d: Type.String(), c: Type.String({ maxLength: 128 }), n: Type.Integer({ minimum: 0 }) })
const tokens = compileValidator(Token)

export function writeToken(digest: string, next: { readonly cursor: string; readonly given: number }): string {
  return Buffer.from(JSON.stringify({ d: digest, c: next.cursor, n: next.given })).toString('base64url')
}

function readToken(text: string, digest: string): { cursor: string; given: number } {
  const decoded = decodeJson(Buffer.from(text, 'base64url'))
  const read = decoded.ok ? tokens.check(decoded.value) : decoded
  if (!read.ok || read.value.d !== digest) throw apiError('CURSOR_INVALID')
  return { cursor: read.value.c, given: read.value.n }
}

function digestOf(parameters: URLSearchParams): string {
  const asked = [...parameters].filter(([name]) => name !== 'nextPageToken' && name !== 'perPage').map((pair) => JSON.stringify(pair))
  return createHash('sha256').update(asked.sort().join()).digest('base64url').slice(0, 16)
}
