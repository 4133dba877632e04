/** `/api/v1/dead-letters`: what could not be taken, with the reason. */
import { DeadLetterPage, PageQuery } from '@tracegate/model/http'
import { answers, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'

export function deadLetterRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/dead-letters',
    {
      schema: {
        tags: ['dead letters'],
        summary: 'Messages that could not be taken, newest first',
        querystring: PageQuery,
        response: answers(DeadLetterPage)
      }
    },
    async (request) => {
      const { limit, cursor } = request.query
      return (
        (await context.deadLetters?.list({ limit: limit ?? limitDefault, ...(cursor === undefined ? {} : { cursor }) })) ?? { items: [] }
      )
    }
  )
}
