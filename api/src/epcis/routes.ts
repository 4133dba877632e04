/** `/epcis/v2`: the REST binding of EPCIS 2.0. It puts the parts together; operations are in the `…-routes.ts` beside it. */
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { openCaptureJobs } from './capture-jobs.ts'
import { captureRoutes } from './capture-routes.ts'
import { createCaptures } from './capture.ts'
import { discoveryRoutes } from './discovery-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { openPrefixBook } from './prefix-book.ts'
import { resourceRoutes } from './resource-routes.ts'
import { namedQueryRoutes } from './named-queries-routes.ts'
import { openEpcisScope } from './scope.ts'

export async function epcisRoutes(app: HttpServer, context: ApiContext): Promise<void> {
  const { cases, trace, events, nowMs } = context
  const jobs = await openCaptureJobs({ cases, trace, nowMs })
  const book = await openPrefixBook({ cases, onFailed: (error) => events.captureFailed({ capture: 'company prefixes', error }) })
  await app.register(async (inside) => {
    const scope = openEpcisScope(inside, context, book.prefixes)
    const captures = createCaptures({ ...context, jobs, learnPrefixes: (json) => book.learn(json) })
    const routes = { captures, masterData: async () => ({}) }
    discoveryRoutes(scope)
    captureRoutes(scope, { captures, jobs })
    eventRoutes(scope, routes)
    resourceRoutes(scope, routes)
    context.subscriptions.writeWith(book.prefixes)
    await namedQueryRoutes(scope)
  })
}
