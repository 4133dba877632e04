/**
 * One HTTP request to an InfluxDB by the transport of the 2.x client, which also carries the writes of 1.x: the writer of the 1.x
 * package forgets body and headers of an answer from 500 on, so neither the reason nor Retry-After, and compresses nothing.
 * Nothing is sent twice; secrets are in headers only.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { HttpError, InfluxDB, RequestTimedOutError, type Headers } from '@influxdata/influxdb-client'
import { CodedError } from '@tracegate/model/errors'
import { storeError } from '../errors.ts'
import type { InfluxOptions } from './client.ts'
import { detailOf, type HttpAnswer } from './write-answer.ts'

export interface HttpRequest {
  /** For the message of an error: `write 500 points`. */
  readonly action: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface InfluxHttp {
  readonly agent: HttpAgent | HttpsAgent
  readonly client: InfluxDB
  readonly timeoutMs: number
  /** Resolves with any answer, of whatever status. Rejects with `STORE_UNREACHABLE` or `STORE_TIMEOUT`. */
  request(request: HttpRequest): Promise<HttpAnswer & { readonly version?: string }>
  /** The same for work of another client library; what it rejects with becomes a coded error. */
  guard<Result>(action: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result>
  close(): void
}

const timeoutMsDefault = 30_000
/** A small body costs more to compress than to send. */
const gzipThresholdBytes = 1_000
const connectionsMax = 8
const requestsMax = 1_000

/** Anything; by its first half the transport gives the body as it came. */
const asText = 'text/plain, */*'

export function nameOf({ origin, database, organization }: InfluxOptions): string {
  return organization === undefined ? `${origin}/${database}` : `${origin}/${organization}/${database}`
}

export function createInfluxHttp(options: InfluxOptions): InfluxHttp {
  const { origin, timeoutMs = timeoutMsDefault, compress = !isLoopback(origin) } = options
  const agentOptions = { keepAlive: true, maxSockets: connectionsMax }
  const agent = origin.startsWith('https:') ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  const headers = authorizationOf(options)
  // The token goes with every request as a header, so that 3.x and 1.x can have their own scheme.
  const client = new InfluxDB({ url: origin, timeout: timeoutMs, headers, transportOptions: { agent } })
  const server = nameOf(options)
  let asking = 0

  async function guard<Result>(action: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    if (asking >= requestsMax)
      throw storeError('STORE_BUSY', { action: `${action} at ${server}`, waiting: asking, waitingMax: requestsMax })
    asking += 1
    const stop = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(storeError('STORE_TIMEOUT', { action: `${action} at ${server}`, timeoutMs }))
        stop.abort()
      }, timeoutMs)
    })
    try {
      // A library may wait for ever for the end of an answer that breaks off: the race ends it.
      return await Promise.race([work(stop.signal), tooLate])
    } catch (error) {
      throw codedErrorOf(error, { action, server, timeoutMs })
    } finally {
      asking -= 1
      clearTimeout(timer)
    }
  }
  return {
    agent,
    client,
    timeoutMs,
    guard,
    request: (request) =>
      guard(request.action, async (signal) => {
        let status = 0
        let version: string | undefined
        const onStart = (headers: Headers, code?: number): void => {
          status = code ?? 0
          const told = headers['x-influxdb-version']
          if (typeof told === 'string') version = told
        }
        const { method, path, query, body = '', headers: own = {} } = request
        const asked = query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`
        const send = { method, headers: { ...own, accept: asText }, ...(compress ? { gzipThreshold: gzipThresholdBytes } : {}), signal }
        try {
          const answer: unknown = await client.transport.request(asked, body, send, onStart)
          return { status, body: bodyTextOf(answer), ...(version === undefined ? {} : { version }) }
        } catch (error) {
          if (!(error instanceof HttpError)) throw error
          const retryAfter = error.headers?.['retry-after']
          const text = error.body ?? ''
          return { status: error.statusCode, body: text, ...(typeof retryAfter === 'string' ? { retryAfter } : {}) }
        }
      }),
    close: () => agent.destroy()
  }
}

/** There compressing costs both sides more than it saves: a quarter of the rate, measured on 1.6. */
function isLoopback(origin: string): boolean {
  return /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(new URL(origin).hostname)
}

/** Of an answer without content the transport gives nothing. */
function bodyTextOf(answer: unknown): string {
  return typeof answer === 'string' ? answer : ''
}

function authorizationOf({ kind, username, password, token }: InfluxOptions): Record<string, string> {
  if (token !== undefined) return { authorization: `${kind === 'influx3' ? 'Bearer' : 'Token'} ${token}` }
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }
}

interface FailureContext {
  readonly action: string
  readonly server: string
  readonly timeoutMs: number
}

/** Any failure of a request as a coded error. */
function codedErrorOf(error: unknown, { action, server, timeoutMs }: FailureContext): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof RequestTimedOutError) return storeError('STORE_TIMEOUT', { action: `${action} at ${server}`, timeoutMs }, error)
  if (error instanceof HttpError) return serverErrorOf({ action, server }, { status: error.statusCode, body: error.body ?? '' })
  const detail = error instanceof Error ? error.message || error.name : String(error)
  return storeError('STORE_UNREACHABLE', { action, server, detail }, error)
}

/** An answer that is none to what was asked. */
export function serverErrorOf(context: { readonly action: string; readonly server: string }, answer: HttpAnswer): CodedError {
  const { status } = answer
  const parameters = { ...context, status, detail: detailOf(answer) }
  return status === 401 || status === 403 ? storeError('STORE_ACCESS', parameters) : storeError('STORE_SERVER', parameters)
}
