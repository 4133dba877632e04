/** `/api/v1/sim/scenarios`: what can be made to happen in the simulated port. Without a simulator there is nothing here. */
import { Type } from 'typebox'
import { ScenarioStarted } from '@tracegate/model/http'
import { ScenarioPage } from '@tracegate/model/http-details'
import type { SimulatorControl } from '@tracegate/service/simulator'
import { answers, Empty } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) })
const Target = Type.String({ minLength: 1, maxLength: 512, description: 'Place key or device, where the scenario allows a choice' })

export function scenarioRoutes(app: HttpServer, context: ApiContext): void {
  const simulator = (): SimulatorControl => {
    if (context.simulator === undefined) throw apiError('SIMULATOR_ABSENT')
    return context.simulator
  }
  app.get(
    '/api/v1/sim/scenarios',
    { schema: { tags: ['simulator'], summary: 'Scenarios', response: answers(ScenarioPage) } },
    async () => ({ items: simulator().scenarios() })
  )
  app.post(
    '/api/v1/sim/scenarios/:name',
    {
      config: { right: 'simulate' },
      schema: {
        tags: ['simulator'],
        summary: 'Start a scenario',
        params: Params,
        querystring: Type.Object({ target: Type.Optional(Target) }),
        response: answers(ScenarioStarted)
      }
    },
    async (request) => {
      const target = request.query.target
      return simulator().start(request.params.name, target === undefined ? {} : { target })
    }
  )
  app.delete(
    '/api/v1/sim/scenarios/:name',
    {
      config: { right: 'simulate' },
      schema: { tags: ['simulator'], summary: 'End a scenario', params: Params, response: { 204: Empty } }
    },
    async (request, reply) => {
      await simulator().stop(request.params.name)
      return reply.code(204).send(null)
    }
  )
}
