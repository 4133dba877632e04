/** The query that a URL asks, with what its path fixes; refusals name the parameter and the nearest known one. */
import type { FastifyRequest } from 'fastify'
import { readQuery, type EpcisQuery, type QueryFinding } from '@tracegate/model/epcis/query/query'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { MasterDataLookup } from '@tracegate/model/master-data'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'
import { parameterInvalid, parametersOf } from './scope.ts'

export interface EventQueryOptions {
  /** What the path stands for: parameters that may not be given beside it, and what it asks, e.g. of /bizSteps/{bizStep}. */
  readonly fixed?: { readonly names: readonly string[]; readonly filter: Partial<EventFilter> }
  readonly masterData?: MasterDataLookup
}

export function readEventQuery(request: FastifyRequest, { fixed, masterData }: EventQueryOptions): EpcisQuery {
  const parameters = parametersOf(request)
  const twice = fixed?.names.find((name) => parameters[name] !== undefined)
  if (twice !== undefined) throw parameterInvalid(twice, parameters[twice] ?? '', 'none, as the path says it')
  const read = readQuery(parameters, {
    form: 'url',
    context: request.wishes.extensions,
    ...(masterData === undefined ? {} : { masterData })
  })
  if (read.ok) return fixed === undefined ? read.query : { ...read.query, filter: { ...read.query.filter, ...fixed.filter } }
  throw refusedQuery(read.findings)
}

export function refusedQuery(findings: readonly QueryFinding[]): FindingsError {
  const [first] = findings
  const detail = first?.message ?? 'it cannot be read'
  const complex = first?.exception === 'QueryTooComplexException'
  const reasons = findings.map(({ code, pointer, message }) => ({ code, pointer, message }))
  return new FindingsError(apiError(complex ? 'EPCIS_QUERY_COMPLEX' : 'EPCIS_QUERY_REFUSED', { detail }), reasons)
}
