/** `/api/v1/points`: the monitoring points and how they are doing; `/api/v1/names`: the names behind keys. */
import { Type } from 'typebox'
import { NameBook, PageQuery, PointDetail, PointPage, type LatestReading } from '@tracegate/model/http'
import type { LatestValue } from '@tracegate/store/telemetry-store'
import { answers, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { pointSummaries } from '../point-status.ts'
import type { HttpServer } from '../schema-types.ts'

export function pointRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/points',
    { schema: { tags: ['points'], summary: 'Monitoring points', querystring: PageQuery, response: answers(PointPage) } },
    async (request) => pageOf(await pointSummaries(context), request.query)
  )
  app.get(
    '/api/v1/points/:id',
    {
      schema: {
        tags: ['points'],
        summary: 'A monitoring point with its places, devices, limits and latest readings',
        params: Type.Object({ id: PointName }),
        response: answers(PointDetail)
      }
    },
    async (request) => {
      const id = request.params.id
      const [summaries, places, profiles, devices, latest] = await Promise.all([
        pointSummaries(context),
        context.registers.places(),
        context.registers.profiles(),
        context.registers.devices(),
        context.telemetry.latest(`${id}/`)
      ])
      const point = summaries.find((summary) => summary.id === id)
      if (point === undefined) throw apiError('NOT_FOUND', { what: 'monitoring point', id })
      const ownPlaces = places.filter((place) => place.point === id)
      const profileIds = new Set(ownPlaces.map((place) => place.profile))
      return {
        point,
        places: ownPlaces,
        profiles: profiles.filter((profile) => profileIds.has(profile.id)),
        devices: devices.filter((device) => device.point === id),
        latest: latest.map(latestReading)
      }
    }
  )
  app.get(
    '/api/v1/names',
    { schema: { tags: ['points'], summary: 'Names of parties, places, points, products and profiles', response: answers(NameBook) } },
    () => context.registers.names()
  )
}

export function latestReading(value: LatestValue): LatestReading {
  return {
    series: value.series,
    unit: value.unit,
    timeMs: value.timeMs,
    value: Number.isFinite(value.value) ? value.value : null,
    quality: value.quality
  }
}

/** Pages of a register that is in memory anyway; the cursor is the place in it. */
export function pageOf<Item>(all: readonly Item[], query: { limit?: number; cursor?: string }): { items: Item[]; next?: string } {
  const start = query.cursor === undefined ? 0 : Number(query.cursor)
  if (!Number.isSafeInteger(start) || start < 0) throw apiError('CURSOR_INVALID')
  const end = start + (query.limit ?? 1_000)
  return { items: all.slice(start, end), ...(end < all.length ? { next: String(end) } : {}) }
}
