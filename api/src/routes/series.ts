/** `/api/v1/series`, `/api/v1/readings` and `/api/v1/readings/latest`: what was measured, raw or down-sampled. */
import { Type } from 'typebox'
import { LatestReading, RangeAnswer, RangeQuery } from '@tracegate/model/http'
import { TimeMs } from '@tracegate/model/wire'
import type { QualityFlag } from '@tracegate/model/quality'
import type { SeriesBuckets, SeriesColumns } from '@tracegate/store/telemetry-store'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { latestReading } from './points.ts'

const seriesPattern = /^[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_.-]{1,64}$/
const Prefix = Type.String({ maxLength: 256, pattern: '^[A-Za-z0-9_./-]*$', description: 'Beginning of the series keys, e.g. `port-1/`' })
const PrefixQuery = Type.Object({ prefix: Type.Optional(Prefix) })
const SeriesRow = Type.Object({
  series: Type.String(),
  unit: Type.String(),
  firstMs: TimeMs,
  lastMs: TimeMs,
  count: Type.Integer({ minimum: 0 })
})
const readingsDefault = 10_000
/** Series in one answer; a longer list is cut and says so. */
const seriesMax = 10_000

export function seriesRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/series',
    {
      schema: {
        tags: ['readings'],
        summary: 'Series with their first and last time',
        querystring: PrefixQuery,
        response: answers(Type.Object({ items: Type.Array(SeriesRow), truncated: Type.Boolean() }))
      }
    },
    async (request) => {
      const rows = await context.telemetry.series(request.query.prefix ?? '')
      const items = rows.slice(0, seriesMax).map(({ series, unit, firstMs, lastMs, count }) => ({ series, unit, firstMs, lastMs, count }))
      return { items, truncated: rows.length > items.length }
    }
  )
  app.get(
    '/api/v1/readings/latest',
    {
      schema: {
        tags: ['readings'],
        summary: 'The latest reading of each series',
        querystring: PrefixQuery,
        response: answers(Type.Object({ items: Type.Array(LatestReading), truncated: Type.Boolean() }))
      }
    },
    async (request) => {
      const values = await context.telemetry.latest(request.query.prefix ?? '')
      return { items: values.slice(0, seriesMax).map(latestReading), truncated: values.length > seriesMax }
    }
  )
}

export function readingRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/readings',
    {
      schema: {
        tags: ['readings'],
        summary: 'Readings of one series in a period, raw or in buckets, with its gaps',
        querystring: RangeQuery,
        response: answers(RangeAnswer)
      }
    },
    async (request) => {
      const { series, from, to, buckets, limit, gapAfterMs } = request.query
      const fromMs = Date.parse(from)
      const toMs = Date.parse(to)
      if (!seriesPattern.test(series)) throw apiError('SERIES_INVALID', { series })
      if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
      const range = { series, fromMs, toMs }
      const answer =
        buckets === undefined
          ? rawAnswer(await context.telemetry.range({ ...range, limit: limit ?? readingsDefault }))
          : bucketAnswer(await context.telemetry.buckets({ ...range, buckets }))
      if (gapAfterMs === undefined) return answer
      const { gaps, truncated } = await context.telemetry.gaps({ ...range, gapAfterMs })
      return { ...answer, truncated: answer.truncated || truncated, gaps: gaps.map((gap): [number, number] => [gap.fromMs, gap.toMs]) }
    }
  )
}

function bucketAnswer(found: SeriesBuckets): RangeAnswer {
  const buckets: [number, number, number, number, number][] = []
  const edges: [number, number, number, number, number, number][] = []
  const { startMs, min, minMs, max, maxMs, first, firstMs, last, lastMs, mean, count } = found
  for (let at = 0; at < startMs.length; at += 1) {
    buckets.push([Math.round(startMs[at] ?? 0), min[at] ?? 0, max[at] ?? 0, mean[at] ?? 0, count[at] ?? 0])
    edges.push([firstMs[at] ?? 0, first[at] ?? 0, minMs[at] ?? 0, maxMs[at] ?? 0, lastMs[at] ?? 0, last[at] ?? 0])
  }
  return { series: found.series, unit: found.unit, resolution: found.resolution, buckets, edges, truncated: false }
}

function rawAnswer(found: SeriesColumns): RangeAnswer {
  const readings: [number, number | null, QualityFlag][] = []
  for (let at = 0; at < found.timeMs.length; at += 1) {
    const value = found.value[at] ?? Number.NaN
    readings.push([found.timeMs[at] ?? 0, Number.isFinite(value) ? value : null, flagOf(found.quality[at])])
  }
  return { series: found.series, unit: found.unit, readings, truncated: found.truncated }
}

function flagOf(value: number | undefined): QualityFlag {
  return value === 1 || value === 3 || value === 4 || value === 9 ? value : 2
}
