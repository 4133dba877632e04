/** `/api/v1/master-data/{kind}/import` and `…/export`: products, parties and places as spreadsheet files. */
import { Type } from 'typebox'
import { CsvImportAnswer } from '@tracegate/model/master-data-import'
import { masterDataKinds } from '@tracegate/model/master-data-record'
import { answers, fileAnswers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { importCsv } from '../master-data/csv-import.ts'
import { csvBytesMax, csvEncodings } from '../master-data/csv-read.ts'
import { writeCsv } from '../master-data/csv-write.ts'
import { kindSpecs } from '../master-data/kinds.ts'
import type { HttpServer } from '../schema-types.ts'

const ImportQuery = Type.Object({
  dryRun: Type.Optional(Type.Boolean({ default: true, description: 'Only say what every line would change' })),
  onError: Type.Optional(
    Type.Enum(['rollback', 'proceed'] as const, { default: 'rollback', description: 'proceed: wrong lines are left out, the others taken' })
  ),
  encoding: Type.Optional(Type.Enum(csvEncodings, { description: 'Found out without it' }))
})

export function masterDataCsvRoutes(app: HttpServer, context: ApiContext): void {
  void app.register(async (inside: HttpServer) => {
    // The bytes as they came: which encoding they are in is found out from them.
    inside.addContentTypeParser(
      ['text/csv', 'application/csv', 'text/plain', 'text/tab-separated-values', 'application/vnd.ms-excel', 'application/octet-stream'],
      { parseAs: 'buffer', bodyLimit: csvBytesMax },
      (_request, body, done) => done(null, body)
    )
    for (const kind of masterDataKinds) {
      inside.post(
        `/api/v1/master-data/${kind}/import`,
        {
          config: { right: 'administer' },
          bodyLimit: csvBytesMax,
          schema: {
            tags: ['master data'],
            summary: `Take ${kind} from a CSV file; a dry run unless \`dryRun=false\``,
            description:
              'UTF-8 or GB18030, comma, semicolon or tab, header names in English or Chinese: ' +
              `${kindSpecs[kind].fields.map((field) => `${field.header} (${field.zh})`).join(', ')}. An empty cell leaves the field as it is.`,
            consumes: ['text/csv'],
            querystring: ImportQuery,
            response: answers(CsvImportAnswer)
          }
        },
        async (request) => {
          const { dryRun = true, onError = 'rollback', encoding } = request.query
          if (!(request.body instanceof Uint8Array))
            throw apiError('MEDIA_TYPE_UNSUPPORTED', { type: request.headers['content-type'] ?? '', wanted: 'text/csv' })
          return importCsv(context.masterData, {
            kind,
            bytes: request.body,
            ...(encoding === undefined ? {} : { encoding }),
            dryRun,
            onError,
            by: request.principal?.name ?? 'unknown',
            nowMs: context.nowMs()
          })
        }
      )
    }
  })
  for (const kind of masterDataKinds) {
    app.get(
      `/api/v1/master-data/${kind}/export`,
      {
        schema: {
          tags: ['master data'],
          summary: `The registered ${kind} as a CSV file that imports again unchanged`,
          querystring: Type.Object({ language: Type.Optional(Type.Enum(['en', 'zh'] as const, { description: 'Of the header names' })) }),
          response: fileAnswers('text/csv', 'The file, UTF-8 with a byte order mark')
        }
      },
      async (request, reply) => {
        const records = await context.masterData.registered(kind)
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${kind}.csv"`)
          .serializer((text: string) => text)
          .send(writeCsv(kindSpecs[kind], records, request.query.language ?? 'en'))
      }
    )
  }
}
