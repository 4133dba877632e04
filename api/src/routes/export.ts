/** `/api/v1/readings/export`: readings of many series as a file, sent as fast as the taker takes it. */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { QueryTime } from '@tracegate/model/http'
import { exportFormats, exportMediaTypes, exportReadings } from '@tracegate/store/export'
import { fileAnswers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

/** Series in one file; more are refused, as a file that is silently cut would be taken for whole. */
const seriesMax = 10_000

const ExportQuery = Type.Object({
  prefix: Type.String({
    minLength: 1,
    maxLength: 256,
    pattern: '^[A-Za-z0-9_./-]*$',
    description: 'Beginning of the series keys, e.g. `port-1/` or a whole key'
  }),
  from: QueryTime,
  to: QueryTime,
  format: Type.Optional(Type.Enum(exportFormats, { default: 'csv' }))
})

export function exportRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/readings/export',
    {
      schema: {
        tags: ['readings'],
        summary: 'Readings of all series with a prefix as a CSV or Parquet file',
        description: 'A line or row a reading, ordered by series and time; a missing value is empty, with quality 9.',
        querystring: ExportQuery,
        response: fileAnswers('text/csv', 'The file; `application/vnd.apache.parquet` with `format=parquet`')
      }
    },
    async (request, reply) => {
      const { prefix, from, to, format = 'csv' } = request.query
      const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
      if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
      const rows = await context.telemetry.series(prefix)
      if (rows.length > seriesMax) throw apiError('EXPORT_TOO_WIDE', { series: rows.length, seriesMax })
      const series = rows.filter(({ firstMs, lastMs }) => firstMs <= toMs && lastMs >= fromMs).map((row) => row.series)
      return reply
        .type(exportMediaTypes[format])
        .header('content-disposition', `attachment; filename="readings.${format}"`)
        .send(
          Readable.from(exportReadings(context.telemetry, { series, fromMs, toMs }, format), { objectMode: false, highWaterMark: 65_536 })
        )
    }
  )
}
