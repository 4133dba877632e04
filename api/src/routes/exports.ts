/** `/api/v1/exports/fsma204` and `/api/v1/exports/events`: records as files for a regulator. Each export is in the journal before it leaves. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { EventsExportQuery, FsmaAnswer, FsmaQuery } from '@tracegate/model/http-exports'
import { answers, fileAnswers } from '../answers.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { parametersOf } from '../epcis/scope.ts'
import { eventCsv, eventLines } from '../exports/events-export.ts'
import { createFsmaFiles, csvRowsMax, fsmaRule, heldRowsMax, type FsmaFile } from '../exports/fsma-file.ts'
import { eventPagesOf } from '../exports/question.ts'
import type { HttpServer } from '../schema-types.ts'

const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const mediaTypes = { csv: 'text/csv; charset=utf-8; header=present', xlsx: workbookType, json: 'application/json; charset=utf-8' } as const

type Audit = (what: string, by: string, question: object) => Promise<void>

export function regulatorExportRoutes(app: HttpServer, context: ApiContext): void {
  const trail = createAuditTrail(context.cases, context.nowMs)
  const audit: Audit = (what, by, question) => {
    const month = new Date(context.nowMs()).toISOString().slice(0, 7)
    return trail.append(`exports:${month}`, { by, action: `export ${what}`, state: { question } })
  }
  fsmaRoutes(app, context, audit)
  eventsRoute(app, context, audit)
}

function fsmaRoutes(app: HttpServer, context: ApiContext, audit: Audit): void {
  const files = createFsmaFiles(context)
  const schema = {
    tags: ['exports'],
    summary: 'FSMA 204 sortable spreadsheet',
    description: `${fsmaRule}: a row for each critical tracking event and traceability lot with its key data elements; what lacks is named in the column of missing ones. CSV is streamed (${csvRowsMax} rows at most), XLSX and JSON hold ${heldRowsMax} rows and a summary. A row "CUT" at the end of a CSV says that a limit left something out.`
  } as const
  const path = '/api/v1/exports/fsma204'
  const answer = async (query: FsmaQuery, by: string) => files.make(query, by, () => audit('fsma204', by, query))
  app.get(path, { schema: { ...schema, querystring: FsmaQuery, response: fsmaAnswers() } }, async (request, reply) =>
    send(reply, await answer(request.query, nameOf(request)))
  )
  app.post(path, { schema: { ...schema, body: FsmaQuery, response: fsmaAnswers() } }, async (request, reply) =>
    send(reply, await answer(request.body, nameOf(request)))
  )
}

function send(reply: FastifyReply, { format, body }: FsmaFile): FastifyReply {
  const typed = reply.type(mediaTypes[format])
  return (format === 'json' ? typed : typed.header('content-disposition', `attachment; filename="fsma204.${format}"`)).send(body)
}

function fsmaAnswers(): Readonly<Record<string, unknown>> {
  const file = { schema: Type.Unknown() }
  const content = { 'text/csv': file, [workbookType]: file, 'application/json': { schema: FsmaAnswer } }
  return { ...answers(FsmaAnswer), 200: { description: 'The spreadsheet in the format asked for', content } }
}

function eventsRoute(app: HttpServer, context: ApiContext, audit: Audit): void {
  app.get(
    '/api/v1/exports/events',
    {
      schema: {
        tags: ['exports'],
        summary: 'EPCIS events as JSON lines or CSV',
        description:
          'A line an event in the order of event time, declarations of error included; JSON lines hold the events as captured. Beside `from` and `to` every parameter of the EPCIS 2.0 query is taken (`EQ_bizStep`, `MATCH_epc`, ...), as at `/epcis/v2/events`.',
        querystring: EventsExportQuery,
        response: fileAnswers('application/jsonl', 'The file; `text/csv` with `format=csv`')
      }
    },
    async (request, reply) => {
      const { format = 'jsonl' } = request.query
      const parameters = parametersOf(request)
      const pages = await eventPagesOf(context, parameters)
      await audit('events', nameOf(request), parameters)
      const lines = format === 'csv' ? eventCsv(pages) : eventLines(pages)
      return reply
        .type(format === 'csv' ? mediaTypes.csv : 'application/jsonl; charset=utf-8')
        .header('content-disposition', `attachment; filename="events.${format}"`)
        .send(Readable.from(lines, { objectMode: false, highWaterMark: 65_536 }))
    }
  )
}

function nameOf(request: FastifyRequest): string {
  return request.principal?.name ?? ''
}
