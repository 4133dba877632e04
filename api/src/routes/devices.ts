/** `/api/v1/devices`: what is connected, where, and whether it answers. */
import { Type } from 'typebox'
import { DevicePage, PageQuery } from '@tracegate/model/http'
import { Device } from '@tracegate/model/registers'
import { answers, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { pageOf } from './points.ts'

export function deviceRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/devices',
    {
      schema: {
        tags: ['devices'],
        summary: 'Devices, of one point or of all',
        querystring: Type.Object({ ...PageQuery.properties, point: Type.Optional(PointName) }),
        response: answers(DevicePage)
      }
    },
    async (request) => {
      const point = request.query.point
      const devices = await context.registers.devices()
      return pageOf(point === undefined ? devices : devices.filter((device) => device.point === point), request.query)
    }
  )
  app.get(
    '/api/v1/devices/:point/:id',
    {
      schema: {
        tags: ['devices'],
        summary: 'A device',
        params: Type.Object({ point: PointName, id: PointName }),
        response: answers(Device)
      }
    },
    async (request) => {
      const { point, id } = request.params
      const device = (await context.registers.devices()).find((row) => row.point === point && row.id === id)
      if (device === undefined) throw apiError('NOT_FOUND', { what: 'device', id: `${point}/${id}` })
      return device
    }
  )
}
