/** What the routes of named queries and of their subscriptions share: paths and OPTIONS. */
import type { FastifyRequest } from 'fastify'
import { epcisRoot, type EpcisAnswerHeader } from '@tracegate/model/http-epcis'
import { operationSchema } from './route-schema.ts'
import { pathValue, type EpcisScope } from './scope.ts'

export const queriesPath = `${epcisRoot}/queries`
export const queryParameters = { queryName: 'Name of the query' } as const

/** OPTIONS of a path below a query: 404 when the query is not there. */
export function addQueryOptions(
  scope: EpcisScope,
  options: {
    readonly path: string
    readonly methods: readonly ('GET' | 'POST' | 'DELETE')[]
    readonly parameters?: Readonly<Record<string, string>>
    /** Headers of the answer beside the common ones; throws when what is asked about is not there. */
    readonly told?: readonly EpcisAnswerHeader[]
    readonly headersOf?: (request: FastifyRequest) => Readonly<Record<string, string>>
  }
): void {
  const { path, methods, parameters, told, headersOf } = options
  const allow = [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'].join(', ')
  scope.app.options(
    path,
    {
      config: { produces: 'nothing' },
      schema: operationSchema({
        summary: 'Methods and GS1 headers',
        ask: 'discover',
        ...(parameters === undefined ? {} : { path: parameters }),
        good: { status: 204, description: 'What is served here', headers: ['Allow', ...(told ?? [])] },
        refuses: parameters === undefined ? [414] : [404, 414]
      })
    },
    async (request, reply) => {
      const added = headersOf?.(request) ?? {}
      return reply
        .code(204)
        .headers({ allow, ...added })
        .send()
    }
  )
}

/** For OPTIONS: nothing is added, but the query must be there. */
export function requireQuery({ context }: EpcisScope): (request: FastifyRequest) => Readonly<Record<string, string>> {
  return (request) => {
    context.subscriptions.queries.get(pathValue(request, 'queryName'))
    return {}
  }
}
