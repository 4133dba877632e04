/**
 * The forms of a trace answer: as it is, as a table, as CSV, as GraphML. `?format=` decides, then Accept. Files are made while they are
 * sent; how much they hold is bounded by the limits of the question.
 */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { Problem } from '@tracegate/model/http'
import { traceFormats, TraceTable, type TraceFormat } from '@tracegate/model/http-trace'
import type { TraceAnswer } from '@tracegate/model/trace'
import { chooseType } from '../epcis/accept.ts'
import { apiError } from '../errors.ts'
import { byteOrderMark, csvLine } from '../exports/csv.ts'
import { graphmlOf } from './graphml.ts'
import type { Table } from './tables.ts'

const mediaTypes = {
  json: 'application/json',
  table: 'application/vnd.tracegate.table+json',
  csv: 'text/csv',
  graphml: 'application/graphml+xml'
} as const satisfies Record<TraceFormat, string>

/** Says in a file's header what its rows cannot: that a limit left something out. */
const truncatedHeader = 'tracegate-truncated'

export interface Formed<Answer> {
  readonly answer: Answer & { readonly truncated: boolean; readonly tookMs: number }
  readonly table: () => Table
  /** Missing where the answer is no graph. */
  readonly graph?: TraceAnswer
  /** Of the file, without ending. */
  readonly name: string
}

/** Refused before any work when the caller takes none of the forms. */
export function formatOf(
  request: Pick<FastifyRequest, 'headers'>,
  asked: TraceFormat | undefined,
  offered: readonly TraceFormat[] = traceFormats
): TraceFormat {
  const format = asked ?? byType(request.headers.accept, offered)
  if (format !== undefined && offered.includes(format)) return format
  const wanted = offered.map((name) => mediaTypes[name]).join(', ')
  throw apiError('ACCEPT_UNSUPPORTED', { accept: (asked ?? request.headers.accept ?? '').slice(0, 128), wanted })
}

function byType(accept: string | undefined, offered: readonly TraceFormat[]): TraceFormat | undefined {
  const type = chooseType(
    accept,
    offered.map((name) => mediaTypes[name])
  )
  return offered.find((name) => mediaTypes[name] === type)
}

export function sendFormed<Answer>(reply: FastifyReply, format: TraceFormat, formed: Formed<Answer>): FastifyReply {
  const { answer, table, graph, name } = formed
  reply.header('vary', 'accept').header(truncatedHeader, String(answer.truncated))
  if (format === 'json') return reply.type('application/json; charset=utf-8').send(answer)
  if (format === 'table') {
    const { columns, rows } = table()
    const body = { columns, rows: [...rows], truncated: answer.truncated, tookMs: answer.tookMs }
    return reply.type(mediaTypes.table).send(body)
  }
  const isGraph = format === 'graphml' && graph !== undefined
  const text = isGraph ? graphmlOf(graph) : csvOf(table())
  const type = isGraph ? mediaTypes.graphml : 'text/csv; charset=utf-8; header=present'
  return reply
    .type(type)
    .header('content-disposition', `attachment; filename="${name}.${isGraph ? 'graphml' : 'csv'}"`)
    .send(Readable.from(inPieces(text), { objectMode: false }))
}

function* csvOf({ columns, rows }: Table): Generator<string> {
  yield `${byteOrderMark}${csvLine(columns)}`
  for (const row of rows) yield csvLine(row.map((cell) => cell ?? undefined))
}

const pieceLength = 32_768

/** Lines are short; a stream of larger pieces costs a tenth. */
function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

/** The answers of a route that speaks these formats. */
export function formedAnswers(schema: TSchema, offered: readonly TraceFormat[] = traceFormats): Readonly<Record<string, unknown>> {
  const problem = { description: 'RFC 9457 problem details', content: { 'application/problem+json': { schema: Problem } } }
  const file = { schema: Type.Unknown() }
  const schemas: Readonly<Record<TraceFormat, { readonly schema: TSchema }>> = {
    json: { schema },
    table: { schema: TraceTable },
    csv: file,
    graphml: file
  }
  const content = Object.fromEntries(offered.map((name) => [mediaTypes[name], schemas[name]]))
  return {
    200: { description: `In the form of \`format\` or Accept; the header ${truncatedHeader} says whether a limit cut it`, content },
    '4xx': problem,
    '5xx': problem
  }
}
