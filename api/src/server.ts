/** Puts the fastify server together: security headers, problems, gatekeeper, docs, routes. It opens no port. */
import type { Server } from 'node:http'
import fastify, { type FastifyHttpOptions } from 'fastify'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { auditRefusal, createAuditTrail } from './audit.ts'
import type { ApiContext } from './context.ts'
import type { LinkOptions } from './digital-link/levels.ts'
import { digitalLinkRoutes } from './digital-link/routes.ts'
import { installDocs } from './docs.ts'
import { apiError } from './errors.ts'
import { epcisRoutes } from './epcis/routes.ts'
import { isSocketRequest } from './epcis/subscriptions/socket-route.ts'
import { installFiniteNumbers } from './finite-numbers.ts'
import { installGatekeeper } from './gatekeeper.ts'
import { answerSocketFault, createFrameworkErrors, installProblems } from './problem.ts'
import { alertRoutes } from './routes/alerts.ts'
import { anomalyRoutes } from './routes/anomalies.ts'
import { completenessRoutes } from './routes/completeness.ts'
import { credentialRoutes } from './routes/credentials.ts'
import { deviceRoutes } from './routes/devices.ts'
import { exchangeRoutes } from './routes/exchange.ts'
import { exposureRoutes } from './routes/exposure.ts'
import { linkRoutes } from './routes/links.ts'
import { liveRoutes } from './routes/live.ts'
import { lookupRoutes } from './routes/lookup.ts'
import { controlRoutes } from './routes/control.ts'
import { measureRoutes } from './routes/measures.ts'
import { orderRoutes } from './routes/orders.ts'
import { masterDataRoutes } from './routes/master-data.ts'
import { pageRoutes, type PageOptions } from './routes/pages.ts'
import { policyRoutes } from './routes/policy.ts'
import { pointRoutes } from './routes/points.ts'
import { exportRoutes } from './routes/export.ts'
import { evidenceRoutes } from './routes/evidence.ts'
import { regulatorExportRoutes } from './routes/exports.ts'
import { feedRoutes } from './routes/feeds.ts'
import { historyRoutes } from './routes/history.ts'
import { readingRoutes, seriesRoutes } from './routes/series.ts'
import { sessionRoutes } from './routes/session.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deviceHealthRoutes } from './routes/device-health.ts'
import { publicationRoutes } from './routes/publication.ts'
import { publicRoutes } from './routes/public.ts'
import { publicReportRoutes } from './routes/public-reports.ts'
import { reportRoutes } from './routes/reports.ts'
import { reportImportRoutes } from './routes/report-imports.ts'
import { ruleRoutes } from './routes/rules.ts'
import { attachmentRoutes } from './routes/attachments.ts'
import { subscriptionStatusRoutes } from './routes/subscriptions.ts'
import { recallNoticeRoutes } from './routes/recall-notices.ts'
import { publicRecallRoutes } from './routes/public-recalls.ts'
import { recallPageRoutes } from './routes/recall-pages.ts'
import { recallProgressRoutes } from './routes/recall-progress.ts'
import { recallReplyRoutes } from './routes/recall-replies.ts'
import { recallScopeRoutes } from './routes/recall-scope.ts'
import { recallRoutes } from './routes/recalls.ts'
import { scenarioRoutes } from './routes/scenarios.ts'
import { traceRoutes } from './routes/trace.ts'
import { assessmentRoutes } from './routes/assessments.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { warningStepRoutes } from './routes/warning-steps.ts'
import { warningRoutes } from './routes/warnings.ts'
import { certificateRoutes, laboratoryRoutes } from './routes/supervision-certificates.ts'
import { creditRoutes } from './routes/supervision-companies.ts'
import { consignmentRoutes } from './routes/supervision-consignments.ts'
import { drawRoutes, planRoutes } from './routes/supervision-plans.ts'
import { systemRoutes } from './routes/system.ts'
import type { HttpServer } from './schema-types.ts'

const bodyBytesMax = 1_048_576
const urlLengthMax = 8_192
/** A request that is still sending its head or body after this is closed. */
const requestTimeoutMs = 30_000

export interface ServerOptions {
  readonly context: ApiContext
  readonly pages?: PageOptions
  /** How strictly Digital Links are read. */
  readonly links?: LinkOptions
  /** Told how an answer becomes text; tests pass one that checks the answer against the schema of its route. */
  readonly serializerCompiler?: Parameters<HttpServer['setSerializerCompiler']>[0]
}

export async function buildServer(options: ServerOptions): Promise<HttpServer> {
  const { context } = options
  const app: HttpServer = fastify({ ...fastifyOptions, frameworkErrors: createFrameworkErrors(context.events) })
  // Answers are made by us and typed by their schema, so the engine's own JSON writer is the fastest that is right.
  app.setSerializerCompiler(options.serializerCompiler ?? (() => (data) => JSON.stringify(data)))
  installProblems(app, context.events)
  app.addHook('onRequest', async (request) => {
    if (request.url.length > urlLengthMax) throw apiError('URL_TOO_LONG', { length: request.url.length, lengthMax: urlLengthMax })
  })
  const trail = createAuditTrail(context.cases, context.nowMs)
  installGatekeeper(app, { ...context, refused: (refusal) => auditRefusal(trail, refusal) })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched'
    context.events.answered({ method: request.method, route, status: reply.statusCode, tookMs: reply.elapsedTime })
  })
  installFiniteNumbers(app)
  await app.register(helmet, helmetOptions)
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, limit) => apiError('RATE_LIMITED', { max: limit.max, window: limit.after })
  })
  await installDocs(app)
  systemRoutes(app, context)
  sessionRoutes(app, context)
  pointRoutes(app, context)
  deviceRoutes(app, context)
  credentialRoutes(app, context)
  orderRoutes(app, context)
  measureRoutes(app, context)
  controlRoutes(app, context)
  seriesRoutes(app, context)
  readingRoutes(app, context)
  historyRoutes(app, context)
  exportRoutes(app, context)
  regulatorExportRoutes(app, context)
  evidenceRoutes(app, context)
  anomalyRoutes(app, context)
  liveRoutes(app, context)
  deadLetterRoutes(app, context)
  deviceHealthRoutes(app, context)
  publicRoutes(app, context)
  publicReportRoutes(app, context)
  reportRoutes(app, context)
  reportImportRoutes(app, context)
  ruleRoutes(app, context)
  attachmentRoutes(app, context)
  scenarioRoutes(app, context)
  traceRoutes(app, context)
  exposureRoutes(app, context)
  recallScopeRoutes(app, context)
  recallRoutes(app, context)
  recallProgressRoutes(app, context)
  recallNoticeRoutes(app, context)
  recallPageRoutes(app, context)
  recallReplyRoutes(app, context)
  publicRecallRoutes(app, context)
  lookupRoutes(app, context)
  warningRoutes(app, context)
  warningStepRoutes(app, context)
  policyRoutes(app, context)
  assessmentRoutes(app, context)
  evaluationRoutes(app, context)
  masterDataRoutes(app, context)
  completenessRoutes(app, context)
  linkRoutes(app, context)
  planRoutes(app, context)
  drawRoutes(app, context)
  consignmentRoutes(app, context)
  creditRoutes(app, context)
  certificateRoutes(app, context)
  laboratoryRoutes(app, context)
  subscriptionStatusRoutes(app, context)
  feedRoutes(app, context)
  publicationRoutes(app, context)
  alertRoutes(app, context)
  exchangeRoutes(app, context)
  await epcisRoutes(app, context)
  digitalLinkRoutes(app, context, options.links)
  await pageRoutes(app, options.pages ?? { webRoot: undefined, webReady: undefined })
  return app
}

const fastifyOptions = {
  logger: false,
  bodyLimit: bodyBytesMax,
  requestTimeout: requestTimeoutMs,
  connectionTimeout: 0,
  keepAliveTimeout: 10_000,
  forceCloseConnections: 'idle',
  clientErrorHandler: answerSocketFault,
  // Without it any Upgrade, such as that of HTTP/2, would be taken for a WebSocket and refused.
  http: { shouldUpgradeCallback: isSocketRequest },
  routerOptions: { maxParamLength: 2_048 },
  ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true, allErrors: false, verbose: true } }
} as const satisfies FastifyHttpOptions<Server>

const helmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'", 'data:'],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      objectSrc: ["'none'"],
      // Compiling WebAssembly is what the barcode reader of the trace page needs; it allows no script text.
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      // The component library writes its styles into the page at run time.
      styleSrc: ["'self'", "'unsafe-inline'"],
      workerSrc: ["'self'", 'blob:']
    }
  },
  // Plain HTTP on a loopback address is the quickstart; HSTS belongs to whoever terminates TLS.
  strictTransportSecurity: false,
  crossOriginEmbedderPolicy: false
}
