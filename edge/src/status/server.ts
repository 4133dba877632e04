/**
 * The window into an agent: a page for people, JSON for programs, metrics for Prometheus, health for supervisors. Answers GET and HEAD
 * only and changes nothing. On loopback it answers to names of loopback only, so that no page in a browser can read it under its own.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { edgeError } from '../errors.ts'
import type { AgentStatus } from './agent-status.ts'
import { statusJson } from './json.ts'
import { statusMetrics } from './metrics.ts'
import { statusPage } from './page.ts'

export interface StatusServer extends AsyncDisposable {
  readonly url: string
}

export interface StatusServerOptions {
  readonly host: string
  readonly port: number
  readonly status: () => AgentStatus
  readonly metrics: Metrics
  readonly logger: Logger
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const connectionsMax = 64
const requestTimeoutMs = 5_000
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer'
} as const

/** Rejects with `EDGE_STATUS_PORT`. */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { host, logger } = options
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }, (request, response) => {
    answerTo(request, options, isLoopback)
      .catch((error: unknown): Answer => {
        logger.error({ detail: String(error) }, 'the status page failed')
        return { status: 500, type: 'text/plain; charset=utf-8', body: 'internal error\n' }
      })
      .then((answer) => send(request, response, answer))
      .catch(() => response.destroy())
  })
  server.maxConnections = connectionsMax
  const port = await listen(server, options)
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
  logger.info({ url }, 'status page')
  return {
    url,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    }
  }
}

async function answerTo(request: IncomingMessage, options: StatusServerOptions, isLoopback: boolean): Promise<Answer> {
  const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` })
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET and HEAD only')
  if (isLoopback && !isLoopbackName(request.headers.host ?? '')) return text(421, 'this page answers to localhost only')
  const path = (request.url ?? '/').replace(/\?.*$/, '')
  const status = options.status()
  switch (path) {
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: statusPage(status, Date.now()) }
    case '/status.json':
      return { status: 200, type: 'application/json', body: statusJson(status, Date.now()) }
    case '/metrics':
      return { status: 200, type: options.metrics.contentType, body: (await options.metrics.text()) + statusMetrics(status, Date.now()) }
    case '/health/live':
      return text(200, 'alive')
    case '/health/ready':
      return status.connected ? text(200, 'ready') : text(503, `not connected to the broker: ${status.lastError ?? 'connecting'}`)
    default:
      return text(404, 'expected /, /status.json, /metrics, /health/live or /health/ready')
  }
}

function isLoopbackName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host)
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...headers, 'content-type': answer.type, 'content-length': Buffer.byteLength(answer.body) })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function listen(server: Server, { host, port }: StatusServerOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error) => reject(edgeError('EDGE_STATUS_PORT', { port, host, detail: error.message }, error)))
  server.listen(port, host, () => resolve())
  await promise
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
