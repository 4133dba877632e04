/** `/api/v1/devices/{point}/{device}/gaps` and `…/commands`: what is missing of a device, and orders to it. */
import { Type } from 'typebox'
import { GapReport } from '@tracegate/model/gap'
import { GapQuery, OrderAnswer, OrderRequest } from '@tracegate/model/http-orders'
import { answers, limitDefault, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ point: PointName, id: PointName })
const dayMs = 86_400_000

export function orderRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/devices/:point/:id/gaps',
    {
      schema: {
        tags: ['devices'],
        summary: 'The gap ledger: what came of a device in a period, what is missing, since when, why, and whether it can still come',
        description: 'Without `from` and `to` the last 24 hours. Counts are by the hours of the period; times are those of the device.',
        params: Params,
        querystring: GapQuery,
        response: answers(GapReport)
      }
    },
    async (request) => {
      const { point, id: device } = request.params
      const toMs = request.query.to === undefined ? context.nowMs() : Date.parse(request.query.to)
      const fromMs = request.query.from === undefined ? toMs - dayMs : Date.parse(request.query.from)
      if (!(fromMs < toMs)) throw apiError('RANGE_INVALID', { from: String(request.query.from), to: String(request.query.to) })
      const query = { point, device, fromMs: Math.max(0, fromMs), toMs: Math.max(0, toMs), limit: request.query.limit ?? limitDefault }
      const report = await context.gaps?.report(query)
      if (report === undefined) throw apiError('NOT_FOUND', { what: 'messages of device', id: `${point}/${device}` })
      return report
    }
  )
  app.post(
    '/api/v1/devices/:point/:id/commands',
    {
      config: { right: 'administer' },
      schema: {
        tags: ['devices'],
        summary: 'Give a device an order and wait for its reply',
        params: Params,
        body: OrderRequest,
        response: answers(OrderAnswer)
      }
    },
    async (request) => {
      const { point, id } = request.params
      const device = (await context.registers.devices()).find((row) => row.point === point && row.id === id)
      if (device === undefined) throw apiError('NOT_FOUND', { what: 'device', id: `${point}/${id}` })
      if (!device.online) throw apiError('DEVICE_OFFLINE', { device: `${point}/${id}` })
      const answer = await context.orders.send({ ...request.body, point, device: id })
      context.events.orderGiven({
        device: `${point}/${id}`,
        name: request.body.name,
        by: request.principal?.name ?? '',
        status: answer.status
      })
      return answer
    }
  )
}
