/** Reads the body that names a query; every finding at once. What the parameters of the query mean is read by the model. */
import { createHash } from 'node:crypto'
import { isTooDeep, jsonDepthMax } from '@tracegate/model/codec'
import { queryNameLengthMax, type NamedQuery } from '@tracegate/model/epcis/subscription'
import { FindingsError } from '../problem.ts'
import { queryError } from './query-errors.ts'

/** A query with its name, and where in the body it stands. */
export interface ReadNamedQuery extends NamedQuery {
  readonly queryPointer: '' | '/query'
}

/** A body that is the bare query, as test suites send it, gets a name made of its content; the Location tells it. */
export function readNamedQuery(body: unknown): ReadNamedQuery {
  if (isTooDeep(body))
    throw invalid([{ pointer: '', message: `the body nests deeper than ${jsonDepthMax} levels, expected at most so many` }])
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid([{ pointer: '', message: `the body is ${shown(body)}, expected an object with name and query` }])
  if (isTooDeep(body))
    throw invalid([{ pointer: '', message: `the body nests deeper than ${jsonDepthMax} levels, expected at most so many` }])
  const members: Readonly<Record<string, unknown>> = { ...body }
  if (!Object.hasOwn(members, 'name') && !Object.hasOwn(members, 'query')) {
    const isQuery = Object.keys(members).some((member) => member !== '@context')
    if (!isQuery) throw invalid([{ pointer: '', message: 'the body has neither name nor query, expected both' }])
    return {
      name: `query-${createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 16)}`,
      query: members,
      queryPointer: ''
    }
  }
  const { name, query, ...others } = members
  const findings = Object.keys(others).map((member) => ({
    pointer: `/${member.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 64)}`,
    message: `the body has "${member.slice(0, 64)}", expected name and query only`
  }))
  if (!isName(name))
    findings.push({
      pointer: '/name',
      message: `name is ${shown(name)}, expected 1 to ${queryNameLengthMax} characters without control characters`
    })
  if (!isParameters(query))
    findings.push({ pointer: '/query', message: `query is ${shown(query)}, expected an object of query parameters` })
  if (!isName(name) || !isParameters(query) || findings.length > 0) throw invalid(findings)
  return { name, query, queryPointer: '/query' }
}

/** `.` and `..` cannot stand in a path. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= queryNameLengthMax && /^[^\p{Cc}\p{Cs}]+$/u.test(value) && !/^\.{1,2}$/.test(value)
}

function isParameters(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(findings: readonly { readonly pointer: string; readonly message: string }[]): FindingsError {
  const reasons = findings.map((finding) => ({ code: 'EPCIS_QUERY_INVALID', ...finding }))
  return new FindingsError(queryError('EPCIS_QUERY_INVALID', { count: reasons.length }), reasons)
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 64) ?? 'missing'
}
