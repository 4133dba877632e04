/** `/api/v1/control` and `/api/v1/tasks`: what the scanners of each point refuse and who applied it; what needs somebody by when. */
import { Type } from 'typebox'
import { type ControlCase, isApplied } from '@tracegate/model/control-case'
import { planLists } from '@tracegate/model/control-plan'
import { ControlKeys, ControlLists, ControlSummaries, type ControlSummary, TaskQuery } from '@tracegate/model/http-measures'
import { TaskPage } from '@tracegate/model/task'
import { answers, limitDefault, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'

const pointsMax = 1_000

export function controlRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/control',
    {
      schema: {
        tags: ['measures'],
        summary: 'The control orders of every point: their revision, which devices have applied which, and since when a point is silent',
        response: answers(ControlSummaries)
      }
    },
    async () => ({ items: (await context.measures.controlBook.open(pointsMax)).items.map(summaryOf) })
  )
  app.get(
    '/api/v1/control-keys',
    {
      schema: {
        tags: ['measures'],
        summary: 'The public keys that sign lists of held goods, as `controlKeys` of an agent wants them',
        response: answers(ControlKeys)
      }
    },
    async () => ({ items: await context.measures.keys() })
  )
  app.get(
    '/api/v1/control/:point',
    {
      schema: {
        tags: ['measures'],
        summary:
          'The lists of a point as they are published, all parts and all goods: for devices that cannot hold them as retained messages',
        params: Type.Object({ point: PointName }),
        response: answers(ControlLists)
      }
    },
    async (request) => {
      const { state } = await context.measures.controlBook.get(request.params.point)
      const { point, revision, issuedAtMs, orders } = state
      return { lists: [...planLists({ point, revision, issuedAtMs, orders }).lists] }
    }
  )
  app.get(
    '/api/v1/tasks',
    {
      schema: {
        tags: ['measures'],
        summary: 'What needs somebody, by right and deadline: measures, warnings, recalls and silent points, the most urgent first',
        querystring: TaskQuery,
        response: answers(TaskPage)
      }
    },
    (request) => context.measures.clocks.tasks({ ...request.query, limit: request.query.limit ?? limitDefault })
  )
}

function summaryOf(state: ControlCase): ControlSummary {
  const { orders, policyVersion: _policyVersion, ...rest } = state
  return {
    ...rest,
    orders: orders.map(({ head, ordered, found }) => ({ ...head, keys: ordered.length + found.length })),
    isApplied: isApplied(state)
  }
}
