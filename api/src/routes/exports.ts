/** `/api/v1/exports/fsma204` and `/api/v1/exports/events`: records as files for a regulator. Each export is written to the journal first. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { fsmaColumns, type FsmaRow } from '@tracegate/model/fsma'
import { EventsExportQuery, FsmaAnswer, FsmaQuery, type FsmaFormat } from '@tracegate/model/http-exports'
import { answers, fileAnswers } from '../answers.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { byteOrderMark, csvLine } from '../exports/csv.ts'
import { selectEvents } from '../exports/event-selection.ts'
import { eventCsv, eventLines } from '../exports/events-export.ts'
import { exportFsma, type FsmaExport } from '../exports/fsma-export.ts'
import { writeFsmaWorkbook } from '../exports/fsma-xlsx.ts'
import { questionOf } from '../exports/question.ts'
import type { HttpServer } from '../schema-types.ts'
import { version } from '../version.ts'

/** Rows of a file that must be whole in memory. */
const heldRowsMax = 10_000
const csvRowsMax = 500_000
const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const rule = '21 CFR Part 1 Subpart S (FSMA 204), electronic sortable spreadsheet of §1.1455(c)(3)'

export function regulatorExportRoutes(app: HttpServer, context: ApiContext): void {
  const trail = createAuditTrail(context.cases, context.nowMs)
  const audit = (what: string, by: string, question: object) =>
    trail.append(`exports:${new Date(context.nowMs()).toISOString().slice(0, 7)}`, { by, action: `export ${what}`, state: { question } })
  const answer = async (query: FsmaQuery, by: string) => {
    const question = questionOf(query)
    await audit('fsma204', by, query)
    const format = query.format ?? 'csv'
    const found = await exportFsma(context, { question, rowsMax: format === 'csv' ? csvRowsMax : heldRowsMax })
    if (format === 'csv') return { format, body: Readable.from(csvOf(found), { objectMode: false, highWaterMark: 65_536 }) }
    const rows: FsmaRow[] = []
    for await (const page of found.pages) rows.push(...page)
    const asked: Readonly<Record<string, string>> = query
    const madeAtMs = context.nowMs()
    if (format === 'json') return { format, body: { about: { question: { ...asked }, madeAtMs, by }, summary: found.summary(), rows } }
    const about: [string, string | number][] = [
      ['Rule', rule],
      ['Made at (UTC)', new Date(madeAtMs).toISOString()],
      ['Made by', by],
      ['Software', `Tracegate ${version}`],
      ['Rows at most', heldRowsMax],
      ...Object.entries(asked).map(([name, value]): [string, string] => [`Question: ${name}`, value])
    ]
    return { format, body: await writeFsmaWorkbook({ rows, summary: found.summary(), about }) }
  }
  const schema = {
    tags: ['exports'],
    summary: 'FSMA 204 sortable spreadsheet',
    description: `${rule}: a row for each critical tracking event and traceability lot with its key data elements; what lacks is named in the column of missing ones. CSV is streamed (${csvRowsMax} rows at most), XLSX and JSON hold ${heldRowsMax} rows and a summary. A row "CUT" at the end of a CSV says that a limit left something out.`
  } as const
  app.get('/api/v1/exports/fsma204', { schema: { ...schema, querystring: FsmaQuery, response: fsmaAnswers() } }, async (request, reply) =>
    send(reply, await answer(request.query, nameOf(request)))
  )
  app.post('/api/v1/exports/fsma204', { schema: { ...schema, body: FsmaQuery, response: fsmaAnswers() } }, async (request, reply) =>
    send(reply, await answer(request.body, nameOf(request)))
  )
  app.get(
    '/api/v1/exports/events',
    {
      schema: {
        tags: ['exports'],
        summary: 'EPCIS events as JSON lines or CSV',
        description: 'A line an event in the order of event time, declarations of error included; JSON lines hold the events as captured.',
        querystring: EventsExportQuery,
        response: fileAnswers('application/jsonl', 'The file; `text/csv` with `format=csv`')
      }
    },
    async (request, reply) => {
      const { format = 'jsonl' } = request.query
      const question = questionOf(request.query)
      await audit('events', nameOf(request), request.query)
      const { pages } = selectEvents(context, question)
      const lines = format === 'csv' ? eventCsv(pages) : eventLines(pages)
      return reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8')
        .header('content-disposition', `attachment; filename="events.${format}"`)
        .send(Readable.from(lines, { objectMode: false, highWaterMark: 65_536 }))
    }
  )
}

interface FsmaFile {
  readonly format: FsmaFormat
  readonly body: unknown
}

const mediaTypes = { csv: 'text/csv; charset=utf-8; header=present', xlsx: workbookType, json: 'application/json; charset=utf-8' } as const

function send(reply: FastifyReply, { format, body }: FsmaFile): FastifyReply {
  const typed = reply.type(mediaTypes[format])
  return (format === 'json' ? typed : typed.header('content-disposition', `attachment; filename="fsma204.${format}"`)).send(body)
}

function fsmaAnswers(): Readonly<Record<string, unknown>> {
  const file = { schema: Type.Unknown() }
  const content = { 'text/csv': file, [workbookType]: file, 'application/json': { schema: FsmaAnswer } }
  return { ...answers(FsmaAnswer), 200: { description: 'The spreadsheet in the format asked for', content } }
}

async function* csvOf(found: FsmaExport): AsyncGenerator<Buffer, void> {
  yield Buffer.from(byteOrderMark + csvLine(fsmaColumns.map(({ title }) => title)))
  for await (const page of found.pages) if (page.length > 0) yield Buffer.from(page.map(lineOf).join(''))
  // A file that was cut must not be taken for whole.
  for (const cut of found.summary().cut)
    yield Buffer.from(csvLine(fsmaColumns.map(({ name }) => (name === 'cte' ? 'CUT' : name === 'remarks' ? cut : undefined))))
}

function lineOf(row: FsmaRow): string {
  return csvLine(
    fsmaColumns.map(({ name, type }) => {
      const value = row[name]
      return type === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value
    })
  )
}

export function nameOf(request: FastifyRequest): string {
  return request.principal?.name ?? ''
}
