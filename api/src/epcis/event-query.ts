/** The query that a URL asks, with what its path fixes; refusals name the parameter and the nearest known one. */
import type { FastifyRequest } from 'fastify'
import { readQuery, type EpcisQuery, type QueryFinding } from '@tracegate/model/epcis/query/query'
import type { MasterDataLookup } from '@tracegate/model/master-data'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'
import { parameterInvalid, parametersOf } from './scope.ts'

export interface EventQueryOptions {
  /** Parameter that the path stands for, e.g. `EQ_bizStep` under /bizSteps/{bizStep}. */
  readonly fixed?: { readonly name: string; readonly value: string }
  readonly masterData?: MasterDataLookup
}

export function readEventQuery(request: FastifyRequest, { fixed, masterData }: EventQueryOptions): EpcisQuery {
  const parameters = parametersOf(request)
  if (fixed !== undefined && parameters[fixed.name] !== undefined)
    throw parameterInvalid(fixed.name, parameters[fixed.name] ?? '', 'none, as the path says it')
  const read = readQuery(fixed === undefined ? parameters : { ...parameters, [fixed.name]: fixed.value }, {
    form: 'url',
    context: request.wishes.extensions,
    ...(masterData === undefined ? {} : { masterData })
  })
  if (read.ok) return read.query
  throw refusedQuery(read.findings)
}

export function refusedQuery(findings: readonly QueryFinding[]): FindingsError {
  const [first] = findings
  const detail =
    first === undefined ? 'it cannot be read' : first.message + (first.nearest === undefined ? '' : `; did you mean ${first.nearest}?`)
  const complex = first?.exception === 'QueryTooComplexException'
  const reasons = findings.map(({ code, pointer, message }) => ({ code, pointer, message }))
  return new FindingsError(apiError(complex ? 'EPCIS_QUERY_COMPLEX' : 'EPCIS_QUERY_REFUSED', { detail }), reasons)
}
