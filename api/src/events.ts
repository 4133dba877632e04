/** What the HTTP interface reports of itself: one function per business event, a log line and a counter. It never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export type ApiEvents = ReturnType<typeof createApiEvents>

export function createApiEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const requests = metrics.counter({
    name: 'tracegate_api_requests_total',
    help: 'HTTP requests answered',
    labels: ['method', 'route', 'status']
  })
  const seconds = metrics.histogram({
    name: 'tracegate_api_request_seconds',
    help: 'Time to answer an HTTP request',
    labels: ['route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]
  })
  const count = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter({ name: `tracegate_api_${name}_total`, help, labels })
  const signIns = count('sign_ins', 'Sign-ins by outcome', ['outcome'])
  const refused = count('refused', 'Requests refused before their handler ran', ['code'])
  const liveDropped = count('live_dropped', 'Live frames or clients dropped', ['what'])
  const triggers = count('triggers', 'Anomalies taken by the trigger engine, by outcome', ['outcome'])
  const triggerSeconds = metrics.histogram({
    name: 'tracegate_api_trigger_seconds',
    help: 'From the reading or event being received to the warning draft being stored',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30]
  })
  const captured = count('epcis_events', 'EPCIS events captured over HTTP, by outcome', ['outcome'])
  const reports = count('reports', 'Reports of harm, by outcome and source', ['outcome', 'source'])
  const orders = count('orders', 'Orders to devices, by outcome', ['outcome'])
  const credentials = count('credential_changes', 'Credentials of devices changed, by action', ['action'])
  const registerRows = count('register_rows_refused', 'Register rows left out because they do not match their schema', ['register'])
  return {
    answered: (request: { method: string; route: string; status: number; tookMs: number }) => {
      requests.add(1, { method: request.method, route: request.route, status: String(request.status) })
      seconds.observe(request.tookMs / 1_000, { route: request.route })
    },
    failed: (fields: { request: string; method: string; path: string; error: unknown }) =>
      logger.error({ ...fields }, 'request failed unexpectedly'),
    refused: (code: string) => refused.add(1, { code }),
    signIn: (fields: { name: string; from: string; outcome: 'ok' | 'failed' | 'locked' }) => {
      signIns.add(1, { outcome: fields.outcome })
      logger.info(fields, 'sign-in')
    },
    liveDropped: (what: 'client' | 'reading' | 'frame', countDropped = 1) => liveDropped.add(countDropped, { what }),
    triggered: (fields: { anomaly: string; outcome: 'drafted' | 'updated' | 'unchanged' | 'noGoods' | 'ignored'; warning?: string }) => {
      triggers.add(1, { outcome: fields.outcome })
      if (fields.outcome === 'drafted' || fields.outcome === 'updated') logger.info(fields, `warning ${fields.outcome}`)
    },
    triggerFailed: (fields: { anomaly: string; error: unknown }) => {
      triggers.add(1, { outcome: 'failed' })
      logger.error(fields, 'anomaly could not be assessed')
    },
    triggerDropped: (fields: { anomaly: string; waiting: number }) => {
      triggers.add(1, { outcome: 'dropped' })
      logger.error(fields, 'anomaly dropped: too many are waiting to be assessed')
    },
    supervisionFailed: (fields: { what: string; error: unknown }) =>
      logger.error(fields, 'the office of supervision could not do its work'),
    /** By source, an insider's as one of the public. */
    reportReceived: (source: string) => reports.add(1, { outcome: 'received', source: source === 'insider' ? 'public' : source }),
    reportRefused: (outcome: 'trap' | 'spam') => reports.add(1, { outcome, source: 'public' }),
    surgeFailed: (fields: { error: unknown }) => logger.error(fields, 'reports could not be judged for surges'),
    triggerTook: (tookMs: number) => triggerSeconds.observe(tookMs / 1_000),
    exportFailed: (fields: { id: string; error: unknown }) => logger.error(fields, 'evidence bundle could not be made'),
    captured: (outcome: 'stored' | 'duplicate' | 'refused', countEvents: number) => captured.add(countEvents, { outcome }),
    captureFailed: (fields: { capture: string; error: unknown }) => logger.error(fields, 'capture failed'),
    registerRowRefused: (fields: { register: string; row: string; pointer: string; message: string }) => {
      registerRows.add(1, { register: fields.register })
      logger.warn(fields, 'register row does not match its schema and is left out')
    },
    orderGiven: (fields: { device: string; name: string; by: string; status: string }) => {
      orders.add(1, { outcome: fields.status })
      logger.info(fields, 'order to a device')
    },
    credentialChanged: (fields: { device: string; action: 'made' | 'rotated' | 'revoked'; kind: string; by: string }) => {
      credentials.add(1, { action: fields.action })
      logger.info(fields, 'credentials of a device changed')
    },
    keyIgnored: (fields: { name: string }) =>
      logger.warn(fields, 'the configured bootstrap key differs from the one made at the first start; the first one stays')
  }
}
