/** `/api/v1/device-health`: how devices are doing, as the collector sees it. */
import { Type } from 'typebox'
import { DeviceHealth } from '@tracegate/model/device-health'
import { pageLimitMax } from '@tracegate/model/http'
import { answers, limitDefault, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ point: PointName, id: PointName })
const Query = Type.Object({
  prefix: Type.Optional(Type.String({ maxLength: 129, description: 'Beginning of `point/device`, e.g. `port-1/`' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimitMax })),
  cursor: Type.Optional(Type.String({ maxLength: 512 }))
})
const Page = Type.Object({ items: Type.Array(DeviceHealth), next: Type.Optional(Type.String()) })
const tags = ['devices']

export function deviceHealthRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/device-health',
    {
      schema: {
        tags,
        summary: 'How devices are doing, those heard since the platform started',
        querystring: Query,
        response: answers(Page)
      }
    },
    async (request) => {
      const { limit, ...query } = request.query
      const page = await context.deviceHealth?.list({ ...query, limit: limit ?? limitDefault })
      return page === undefined ? { items: [] } : { ...page, items: [...page.items] }
    }
  )
  app.get(
    '/api/v1/devices/:point/:id/health',
    {
      schema: {
        tags,
        summary: 'How one device is doing: last message, counts of the last hour, clock, lag, watermark',
        params: Params,
        response: answers(DeviceHealth)
      }
    },
    async (request) => {
      const { point, id } = request.params
      const health = await context.deviceHealth?.get(point, id)
      if (health === undefined) throw apiError('NOT_FOUND', { what: 'messages of device', id: `${point}/${id}` })
      return health
    }
  )
}
