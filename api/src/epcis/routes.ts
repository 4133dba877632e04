/** `/epcis/v2`: the REST binding of EPCIS 2.0. It puts the parts together; operations are in the `…-routes.ts` beside it. */
import type { ApiContext } from '../context.ts'
import type { HeaderSource } from '../master-data/header.ts'
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
  const onFailed = (what: string) => (error: unknown) => events.captureFailed({ capture: what, error })
  const jobs = await openCaptureJobs({ cases, trace, nowMs, onFailed: onFailed('ends of jobs') })
  const book = await openPrefixBook({ cases, parties: () => context.registers.parties(), onFailed: onFailed('company prefixes') })
  await app.register(async (inside) => {
    const scope = openEpcisScope(inside, context, book.prefixes)
    inside.addHook('onRequest', async (request) => {
      if (request.headers['gs1-epc-format'] !== undefined) await book.refresh()
    })
    inside.addHook('onClose', () => jobs.flush().catch(onFailed('ends of jobs')))
    const takeMasterData = async (list: unknown, source?: HeaderSource) => (await context.masterData.takeHeader(list, source)).findings
    const captures = createCaptures({ ...context, jobs, learnPrefixes: (json) => book.learn(json), takeMasterData })
    const routes = { captures, masterData: async () => ({ masterData: await context.masterData.lookup() }) }
    discoveryRoutes(scope)
    captureRoutes(scope, { captures, jobs })
    eventRoutes(scope, routes)
    resourceRoutes(scope, routes)
    context.subscriptions.writeWith(book.prefixes)
    await namedQueryRoutes(scope)
  })
}
