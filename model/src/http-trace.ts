/** What callers ask of the trace over HTTP: the same members in the address of a GET and in the body of a POST. Schemas only. */
import { Type, type Static } from 'typebox'
import { QueryTime } from './http.ts'

/** json: the graph or the answer as it is; table: its rows as JSON; csv: the rows as a file; graphml: the graph for yEd, Gephi and the like. */
export const traceFormats = ['json', 'table', 'csv', 'graphml'] as const
export type TraceFormat = (typeof traceFormats)[number]
export const plainFormats = ['json', 'table', 'csv'] as const

export const codesInUrlMax = 100
export const codesInBodyMax = 10_000
export const nodesAskedMax = 100_000
const timeLimitMaxMs = 30_000

const Code = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'EPC URN, GS1 Digital Link, element string or canonical key; a shipment, business transaction or transformation by its URI'
})

const options = {
  at: Type.Optional(QueryTime),
  depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'Hops from what is asked about' })),
  breadth: Type.Optional(Type.Integer({ minimum: 1, maximum: nodesAskedMax, description: 'Neighbours followed from one node' })),
  nodes: Type.Optional(Type.Integer({ minimum: 1, maximum: nodesAskedMax, description: 'Nodes of the whole answer' })),
  timeLimitMs: Type.Optional(Type.Integer({ minimum: 1, maximum: timeLimitMaxMs, description: 'Past this much work the answer is cut' })),
  knownAt: Type.Optional(QueryTime),
  withDeclared: Type.Optional(Type.Boolean({ description: 'Events that were declared wrong take part, marked' }))
}

const place = {
  place: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: 'SGLN as URN or Digital Link, instead of `of`' })),
  from: Type.Optional(QueryTime),
  to: Type.Optional(QueryTime)
}

/** What of an answer becomes rows; by default the first that it has. */
export const rowKinds = ['nodes', 'edges', 'holders', 'goods'] as const
export type RowKind = (typeof rowKinds)[number]
const Rows = Type.Optional(Type.Enum(rowKinds, { description: 'What becomes the rows of a table or CSV' }))
const format = { format: Type.Optional(Type.Enum(traceFormats)), rows: Rows }
const plainFormat = { format: Type.Optional(Type.Enum(plainFormats)), rows: Rows }

const codesInUrl = { of: Type.Optional(Type.Array(Code, { minItems: 1, maxItems: codesInUrlMax })) }
const codesInBody = { of: Type.Optional(Type.Array(Code, { minItems: 1, maxItems: codesInBodyMax })) }
/** A member that nobody knows is a slip of the pen: it is refused rather than left out of account. */
const strict = { additionalProperties: false }

export const TraceQuery = Type.Object({ ...codesInUrl, ...place, ...options, ...format }, strict)
export const TraceBody = Type.Object({ ...codesInBody, ...place, ...options, ...format }, strict)
/** Every member there may be: what the questions have in common is read from it. */
export type TraceAsk = Static<typeof TraceBody>

export const HoldersQuery = Type.Object({ ...codesInUrl, ...place, ...options, ...plainFormat }, strict)
export const HoldersBody = Type.Object({ ...codesInBody, ...place, ...options, ...plainFormat }, strict)

const scope = {
  holders: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Holders listed; the sums are exact all the same' })),
  goods: Type.Optional(Type.Integer({ minimum: 0, maximum: nodesAskedMax, description: 'Goods listed of one holder; its count is exact' })),
  include: Type.Optional(Type.Enum(['siblings'] as const, { description: 'Also other goods made of the same inputs' }))
}
export const ScopeQuery = Type.Object({ ...codesInUrl, ...place, ...options, ...scope, ...plainFormat }, strict)
export const ScopeBody = Type.Object({ ...codesInBody, ...place, ...options, ...scope, ...plainFormat }, strict)

const { at, knownAt, withDeclared, timeLimitMs } = options
export const JourneyQuery = Type.Object({ of: Code, at, knownAt, withDeclared, timeLimitMs, depth: options.depth, ...plainFormat }, strict)

export const BalanceQuery = Type.Object(
  {
    of: Code,
    ...options,
    tolerance: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Share of the input that may be missing, 0.01 unless told' })
    ),
    ...plainFormat
  },
  strict
)

export const ExposureQuery = Type.Object(
  {
    place: Type.String({ minLength: 1, maxLength: 2_048, description: 'SGLN as URN or Digital Link' }),
    from: QueryTime,
    to: QueryTime,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    at,
    knownAt,
    withDeclared,
    timeLimitMs,
    ...plainFormat
  },
  strict
)

/** An answer as rows. */
export const TraceTable = Type.Object({
  columns: Type.Array(Type.String()),
  rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]))),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type TraceTable = Static<typeof TraceTable>
