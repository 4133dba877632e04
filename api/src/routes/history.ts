/**
 * `/api/v1/readings/as-of`, `/api/v1/readings/aligned` and `/api/v1/readings/rollups`: what was measured at a time, several series on one
 * grid, and minutes or hours. Columns are arrays of one length; a bucket without a reading is null.
 */
import { Type } from 'typebox'
import { LatestReading, QueryTime, Resolution } from '@tracegate/model/http'
import { TimeMs } from '@tracegate/model/wire'
import type { AlignedSeries, SeriesRollups } from '@tracegate/store/telemetry-store'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { latestReading } from './points.ts'

const seriesPattern = /^[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_.-]{1,64}$/
/** Series in one answer; a longer list is cut and says so. */
const asOfMax = 10_000
const alignedMax = 32

const Prefix = Type.String({ maxLength: 256, pattern: '^[A-Za-z0-9_./-]*$', description: 'Beginning of the series keys, e.g. `port-1/`' })
const AsOfQuery = Type.Object({ prefix: Type.Optional(Prefix), at: QueryTime })
const AlignedQuery = Type.Object({
  series: Type.String({ maxLength: 7_000, description: `Up to ${alignedMax} keys of point/device/metric, with commas between` }),
  from: QueryTime,
  to: QueryTime,
  buckets: Type.Integer({ minimum: 1, maximum: 2_000 })
})
const Values = Type.Array(Type.Union([Type.Number(), Type.Null()]))
const Counts = Type.Array(Type.Integer({ minimum: 0 }))
const AlignedRow = Type.Object({
  series: Type.String(),
  unit: Type.String({ description: 'Empty for a series that is not known' }),
  resolution: Resolution,
  min: Values,
  max: Values,
  mean: Values,
  first: Values,
  last: Values,
  count: Counts
})
const AlignedAnswer = Type.Object({ startMs: Type.Array(TimeMs), series: Type.Array(AlignedRow) })
const RollupQuery = Type.Object({
  series: Type.String({ maxLength: 256, description: 'point/device/metric' }),
  from: QueryTime,
  to: QueryTime,
  resolution: Type.Enum(['1m', '1h'] as const),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 }))
})
const RollupAnswer = Type.Object({
  series: Type.String(),
  unit: Type.String(),
  resolution: Resolution,
  startMs: Type.Array(TimeMs),
  count: Counts,
  min: Values,
  max: Values,
  mean: Values,
  first: Values,
  last: Values,
  mkt: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    description: 'Mean kinetic temperature in Cel (USP <1079>); null where the unit is no temperature'
  }),
  truncated: Type.Boolean()
})
const rollupsDefault = 10_000

export function historyRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/readings/as-of',
    {
      schema: {
        tags: ['readings'],
        summary: 'The last reading of each series at or before a time',
        querystring: AsOfQuery,
        response: answers(Type.Object({ items: Type.Array(LatestReading), truncated: Type.Boolean() }))
      }
    },
    async (request) => {
      const { prefix = '', at } = request.query
      const values = await context.telemetry.asOf({ prefix, atMs: Date.parse(at) })
      return { items: values.slice(0, asOfMax).map(latestReading), truncated: values.length > asOfMax }
    }
  )
  app.get(
    '/api/v1/readings/aligned',
    {
      schema: {
        tags: ['readings'],
        summary: 'Several series on one grid of buckets',
        querystring: AlignedQuery,
        response: answers(AlignedAnswer)
      }
    },
    async (request) => {
      const { from, to, buckets } = request.query
      const series = request.query.series.split(',')
      const unfit = series.length > alignedMax ? `${series.length} keys` : series.find((key) => !seriesPattern.test(key))
      if (unfit !== undefined) throw apiError('SERIES_INVALID', { series: unfit })
      const found = await context.telemetry.aligned({ series, ...rangeOf(from, to), buckets })
      return { startMs: Array.from(found.startMs), series: found.series.map(alignedRow) }
    }
  )
  app.get(
    '/api/v1/readings/rollups',
    {
      schema: {
        tags: ['readings'],
        summary: 'Minutes or hours of one series, with the mean kinetic temperature',
        querystring: RollupQuery,
        response: answers(RollupAnswer)
      }
    },
    async (request) => {
      const { series, from, to, resolution, limit = rollupsDefault } = request.query
      if (!seriesPattern.test(series)) throw apiError('SERIES_INVALID', { series })
      return rollupAnswer(await context.telemetry.rollups({ series, ...rangeOf(from, to), resolution, limit }))
    }
  )
}

function rangeOf(from: string, to: string): { readonly fromMs: number; readonly toMs: number } {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
  return { fromMs, toMs }
}

const valuesOf = (column: Float64Array): (number | null)[] => Array.from(column, (value) => (Number.isFinite(value) ? value : null))

function alignedRow({ series, unit, resolution, min, max, mean, first, last, count }: AlignedSeries) {
  return {
    series,
    unit,
    resolution,
    min: valuesOf(min),
    max: valuesOf(max),
    mean: valuesOf(mean),
    first: valuesOf(first),
    last: valuesOf(last),
    count: Array.from(count)
  }
}

function rollupAnswer(found: SeriesRollups) {
  const { series, unit, resolution, truncated } = found
  return {
    series,
    unit,
    resolution,
    startMs: Array.from(found.startMs),
    count: Array.from(found.count),
    min: valuesOf(found.min),
    max: valuesOf(found.max),
    mean: valuesOf(found.mean),
    first: valuesOf(found.first),
    last: valuesOf(found.last),
    mkt: valuesOf(found.mkt),
    truncated
  }
}
