/**
 * The HTTP source: a small local endpoint for hand-held scanners and scripts. It answers 201 only when the outbox has what was sent, so that a
 * sender may forget it then and not before.
 */
import type { Server } from 'node:http'
import { CodedError } from '@tracegate/model/errors'
import type { Source, SourceDependencies, SourceRunner } from '../source.ts'
import { createEndpoint } from './endpoint.ts'
import { httpDefaults, type HttpSource } from './http-config.ts'
import { probeHttp } from './http-probe.ts'
import type { KeptParts } from './idempotency.ts'
import type { Posted } from './requests.ts'
import { type HttpDevice, readTokens } from './tokens.ts'

export const httpRunner: SourceRunner<HttpSource> = { start: startHttpSource, probe: probeHttp }

/** Wait before an address that is in use is tried again. */
const retryMs = 2_000

function startHttpSource(config: HttpSource, dependencies: SourceDependencies): Source {
  const { intake, logger, onDevice, events } = dependencies
  const tokens = readTokens(config, process.env)
  const settings = { ...httpDefaults, ...config }
  const seen = new Set<string>()
  const counts = { kept: 0, refused: 0 }
  let listening = false
  let detail = 'starting'
  let lastDataAtMs: number | undefined
  let stopped = false
  let retryTimer: NodeJS.Timeout | undefined

  const keep = async (posted: Posted, device: HttpDevice, kept: KeptParts) => {
    lastDataAtMs = Date.now()
    const work = partsOf(posted, device).map((part, index) => {
      const before = kept.get(index)
      if (before !== undefined) return before
      const trial = part()
      kept.set(index, trial)
      trial.catch(() => kept.delete(index))
      return trial
    })
    const results = await withLimit(Promise.allSettled(work), settings.requestTimeoutMs)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
  const partsOf = (posted: Posted, { device, rule }: HttpDevice): (() => Promise<void>)[] => {
    if (posted.type === 'readings') return [() => intake.readingsDurably(posted.readings)]
    if (posted.type === 'events') return [() => intake.event(posted.epcis, { device })]
    return posted.scans.map((scan) => () => intake.scan(scan, { device, rule }))
  }

  const server = createEndpoint({
    config,
    tokens,
    keep,
    onRequest({ device, status, code }) {
      counts[status < 300 ? 'kept' : 'refused'] += 1
      if (status >= 300) logger.warn({ source: 'http', device, status, code }, 'request refused')
      if (device === undefined || seen.has(device)) return
      seen.add(device)
      onDevice(device, true, '')
    }
  })
  const listen = () => {
    if (!stopped) server.listen(settings.port, settings.host)
  }
  server.on('listening', () => {
    listening = true
    detail = addressOf(server, config)
    logger.info({ source: 'http', address: detail }, 'http source listens')
  })
  server.on('error', (error) => {
    listening = false
    detail = `cannot listen at ${settings.host}:${settings.port}: ${error.message}`
    events.sourceRestarted('http', detail)
    if (!stopped) retryTimer = setTimeout(listen, retryMs)
  })
  listen()

  return {
    status: () => ({
      name: `http:${settings.port}`,
      type: 'http',
      connected: listening,
      detail: listening ? `${detail}, ${counts.kept} requests kept, ${counts.refused} refused` : detail,
      ...(lastDataAtMs === undefined ? {} : { lastDataAtMs })
    }),
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(retryTimer)
      for (const device of seen) onDevice(device, false, 'source ended')
      if (!server.listening) return
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      // Requests that are being kept are answered; idle connections have nothing to wait for.
      server.closeIdleConnections()
      const force = setTimeout(() => server.closeAllConnections(), 500)
      await promise
      clearTimeout(force)
    }
  }
}

/** `http://127.0.0.1:8080`, with the port that was given out. */
function addressOf(server: Server, config: HttpSource): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return ''
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${config.certificateFile === undefined ? 'http' : 'https'}://${host}:${address.port}`
}

/** What is not durable by then may be so later: the sender is told to try again, and with a key it is not kept twice. */
async function withLimit<Value>(work: Promise<Value>, timeoutMs: number): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const message = `not durable within ${timeoutMs} ms, expected the outbox to take it sooner`
  const timer = setTimeout(() => reject(new CodedError({ code: 'TIMEOUT', status: 503, message, parameters: {} })), timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
