/**
 * Named queries: kept in the register `queries`, in memory by name. A query never changes; whoever wants another makes another. It
 * reads what a body asks for, and runs nothing.
 */
import type { EpcisQuery, QueryRead } from '@tracegate/model/epcis/query/query'
import { NamedQuery } from '@tracegate/model/epcis/subscription'
import { compileValidator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { Type, type Static } from 'typebox'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'
import { readNamedQuery } from './named-query-body.ts'
import { queryError } from './query-errors.ts'

const Row = Type.Object({
  ...NamedQuery.properties,
  /** Prefixes declared by GS1-Extensions when the query was made. */
  extensions: Type.Record(Type.String(), Type.String()),
  createdAtMs: Type.Integer(),
  createdBy: Type.String()
})
type Row = Static<typeof Row>
const rows = compileValidator(Row)

/** How long what was read of a query stands: master data that it looks into may change. */
const readForMs = 10_000

/** Gives the query of a body, judged as things stand. */
export type ReadBody = (query: Readonly<Record<string, unknown>>, extensions: Readonly<Record<string, string>>) => Promise<QueryRead>

export interface NamedQueries {
  /** To be awaited before anything else; loads once. */
  ready(): Promise<void>
  /** Throws a `FindingsError`, `EPCIS_QUERY_EXISTS` or `EPCIS_QUERIES_FULL`. */
  add(body: unknown, maker: { readonly by: string; readonly extensions: Readonly<Record<string, string>> }): Promise<NamedQuery>
  /** Throws `NOT_FOUND`. */
  get(name: string): NamedQuery
  has(name: string): boolean
  /** By name, those behind `after` first. */
  page(query: { readonly after: string | undefined; readonly limit: number }): {
    readonly queries: readonly NamedQuery[]
    readonly next?: string
  }
  /** What the query asks for now. Throws `NOT_FOUND`, or a `FindingsError` when it cannot be read any longer. */
  read(name: string): Promise<EpcisQuery>
  remove(name: string): Promise<void>
}

export interface NamedQueryOptions {
  readonly cases: CaseStore
  readonly readBody: ReadBody
  readonly nowMs: () => number
  readonly queriesMax: number
  readonly onRowRefused: (row: string, message: string) => void
}

export function createNamedQueries(options: NamedQueryOptions): NamedQueries {
  const { cases, nowMs } = options
  const kept = new Map<string, Row>()
  const readings = new Map<string, { readonly query: EpcisQuery; readonly atMs: number }>()
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    for (const row of await cases.list('queries')) {
      const read = rows.check(row.document)
      if (read.ok) kept.set(read.value.name, read.value)
      else options.onRowRefused(row.id, read.reason.message)
    }
  }
  function rowOf(name: string): Row {
    const row = kept.get(name)
    if (row === undefined) throw apiError('NOT_FOUND', { what: 'query', id: name.slice(0, 64) })
    return row
  }
  async function readRow({ query, extensions }: Row, queryPointer = '/query'): Promise<EpcisQuery> {
    const read = await options.readBody(query, extensions)
    if (read.ok) return read.query
    throw refusedQuery(read.findings, queryPointer)
  }

  return {
    ready: () =>
      (loading ??= load().catch((error: unknown) => {
        loading = undefined
        throw error
      })),
    async add(body, { by, extensions }) {
      const { name, query, queryPointer } = readNamedQuery(body)
      if (kept.has(name)) throw queryError('EPCIS_QUERY_EXISTS', { name: name.slice(0, 64) })
      if (kept.size >= options.queriesMax) throw queryError('EPCIS_QUERIES_FULL', { kept: kept.size, max: options.queriesMax })
      const row = { name, query, extensions, createdAtMs: nowMs(), createdBy: by }
      await readRow(row, queryPointer)
      try {
        await cases.put('queries', name, row, 0)
      } catch (error) {
        if (isStoreError(error, 'STORE_CONFLICT')) throw queryError('EPCIS_QUERY_EXISTS', { name: name.slice(0, 64) }, error)
        throw error
      }
      kept.set(name, row)
      return { name, query }
    },
    get(name) {
      const { query } = rowOf(name)
      return { name, query }
    },
    has: (name) => kept.has(name),
    page({ after, limit }) {
      const names = [...kept.keys()].filter((name) => after === undefined || name > after).sort()
      const queries = names.slice(0, limit).map((name) => ({ name, query: rowOf(name).query }))
      const last = queries.at(-1)
      return { queries, ...(names.length > limit && last !== undefined ? { next: last.name } : {}) }
    },
    async read(name) {
      const row = rowOf(name)
      const known = readings.get(name)
      if (known !== undefined && Math.abs(nowMs() - known.atMs) < readForMs) return known.query
      const query = await readRow(row)
      readings.set(name, { query, atMs: nowMs() })
      return query
    },
    async remove(name) {
      rowOf(name)
      await cases.remove('queries', name)
      kept.delete(name)
      readings.delete(name)
    }
  }
}

function refusedQuery(findings: Extract<QueryRead, { ok: false }>['findings'], queryPointer: string): FindingsError {
  const isTooComplex = findings.some(({ exception }) => exception === 'QueryTooComplexException')
  const reasons: Reason[] = findings.map(({ code, pointer, message }) => ({ code, pointer: `${queryPointer}${pointer}`, message }))
  return new FindingsError(
    queryError(isTooComplex ? 'EPCIS_QUERY_TOO_COMPLEX' : 'EPCIS_QUERY_PARAMETERS', { count: reasons.length }),
    reasons
  )
}
