/** `POST /api/v1/reports/import`: lists of reports from institutions, and the notices of other regulators as they publish them. */
import { Type } from 'typebox'
import { BulkAnswer } from '@tracegate/model/http-reports'
import { reportSources } from '@tracegate/model/report-sources'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { csvBytesMax } from '../master-data/csv-read.ts'
import { importFormats, importReports } from '../reports/import/import-reports.ts'
import type { HttpServer } from '../schema-types.ts'

const mediaTypes = [
  'application/json',
  'application/xml',
  'application/rss+xml',
  'text/xml',
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/octet-stream'
]

export function reportImportRoutes(app: HttpServer, context: ApiContext): void {
  void app.register(async (inside: HttpServer) => {
    // The bytes as they came: each format is read by its own adapter.
    inside.removeAllContentTypeParsers()
    inside.addContentTypeParser(mediaTypes, { parseAs: 'buffer', bodyLimit: csvBytesMax }, (_request, body, done) => done(null, body))
    inside.post(
      '/api/v1/reports/import',
      {
        config: { right: 'capture' },
        bodyLimit: csvBytesMax,
        schema: {
          tags: ['reports'],
          summary: 'Take in a list of reports or the notices of another regulator; a wrong row keeps no other out',
          description:
            'What was taken in before is known again by its number. `reportsJson`: an array of `{ sourceId?, report }`; `reportsCsv`: a header ' +
            'with names of those members; the others are the formats in which CPSC, openFDA, NHTSA and RSS feeds publish.',
          consumes: mediaTypes,
          querystring: Type.Object({
            format: Type.Enum(importFormats),
            source: Type.Optional(Type.Enum(reportSources, { description: 'bilateralNotice where it is left out' }))
          }),
          response: answers(BulkAnswer)
        }
      },
      async (request) => {
        const { format, source = 'bilateralNotice' } = request.query
        if (!(request.body instanceof Uint8Array))
          throw apiError('MEDIA_TYPE_UNSUPPORTED', { type: request.headers['content-type'] ?? '', wanted: mediaTypes.join(', ') })
        const { intake } = (await context.policy.current()).policy.reports
        const by = request.principal?.name ?? 'unknown'
        const answer = await importReports(context.reports, { bytes: request.body, format, source, by, rowsMax: intake.bulkRowsMax })
        for (let count = answer.received + answer.duplicates; count > 0; count -= 1) context.events.reportReceived(source)
        return answer
      }
    )
  })
}
