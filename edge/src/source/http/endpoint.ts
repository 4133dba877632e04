/**
 * The HTTP server of the endpoint: who asks, how much, for what; and the answer, once `keep` has said that it is durable. It knows no
 * outbox.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { edgeError } from '../../errors.ts'
import { type Answer, problem, send } from './answers.ts'
import { httpDefaults, type HttpSource } from './http-config.ts'
import { createIdempotencyMemory, type KeptParts } from './idempotency.ts'
import { type HttpPath, paths, type Posted, understand } from './requests.ts'
import type { HttpDevice, Tokens } from './tokens.ts'

export interface EndpointOptions {
  readonly config: HttpSource
  readonly tokens: Tokens
  /** Resolves when all parts are durable; puts each into `kept` while it is tried and when it is, and does not try those that are there. */
  readonly keep: (posted: Posted, device: HttpDevice, kept: KeptParts) => Promise<void>
  readonly onRequest: (request: { readonly device: string | undefined; readonly status: number; readonly code: string }) => void
}

/** Seconds after which a full outbox may have room again. */
const retryAfterSeconds = 5
const keyPattern = /^[\x21-\x7e]{1,128}$/
const headerBytesMax = 8_192
const requestsPerConnectionMax = 10_000

/** A server that listens nowhere yet. Throws `EDGE_CONFIG` for a certificate that cannot be read. */
export function createEndpoint(options: EndpointOptions): Server {
  const settings = { ...httpDefaults, ...options.config }
  const memory = createIdempotencyMemory<Answer>({
    keysMax: settings.idempotencyKeysMax,
    ttlMs: settings.idempotencyTtlMs,
    nowMs: () => performance.now()
  })

  const answer = async (request: IncomingMessage, receivedAtMs: number): Promise<{ device?: string; answer: Answer }> => {
    const device = options.tokens.deviceOf(request.headers.authorization)
    if (device === undefined) return { answer: unauthorized() }
    const refusal = refuseHead(request, settings.bodyBytesMax)
    if (refusal !== undefined) return { device: device.device, answer: refusal }
    const body = await readBody(request, settings.bodyBytesMax)
    if (body === undefined) return { device: device.device, answer: tooLarge(settings.bodyBytesMax) }
    return { device: device.device, answer: await answerBody({ request, device, body, receivedAtMs }) }
  }

  const answerBody = async (asked: {
    request: IncomingMessage
    device: HttpDevice
    body: Uint8Array
    receivedAtMs: number
  }): Promise<Answer> => {
    const { request, device, body } = asked
    const path = pathOf(request)
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (path === undefined) return notFound(request)
    const understood = understand({ ...asked, path, mediaType })
    if (!understood.ok) return problem(understood.status, understood.findings, { title: 'Request refused' })
    const key = request.headers['idempotency-key']
    if (key === undefined) return keep(understood.posted, device, new Map())
    if (typeof key !== 'string' || !keyPattern.test(key))
      return problem(400, [reason('IDEMPOTENCY_KEY', 'Idempotency-Key is unusable, expected 1 to 128 printable characters')], {
        title: 'Request refused'
      })
    const attempt = memory.attempt(`${device.device}\n${path}\n${key}`, createHash('sha256').update(body).digest('base64'))
    if (attempt.type === 'conflict')
      return problem(422, [reason('IDEMPOTENCY_CONFLICT', 'Idempotency-Key was used for another body, expected a new key')], {
        title: 'Request refused'
      })
    if (attempt.type === 'again') {
      const before = await attempt.answer
      return before === undefined
        ? busy('IN_PROGRESS', 'the first try of this request failed; expected another try')
        : { ...before, status: 200 }
    }
    const result = await keep(understood.posted, device, attempt.kept)
    attempt.done(result.status < 300 ? result : undefined)
    return result
  }

  const keep = async (posted: Posted, device: HttpDevice, kept: KeptParts): Promise<Answer> => {
    try {
      await options.keep(posted, device, kept)
      return { status: 201, body: { kept: countOf(posted) } }
    } catch (error) {
      return busy('OUTBOX', error instanceof Error ? error.message : String(error))
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let result: { device?: string; answer: Answer }
    try {
      result = await answer(request, Date.now())
    } catch {
      // The client went away in the middle of its request: there is nobody to answer.
      request.destroy()
      return
    }
    const { device, answer: given } = result
    options.onRequest({ device, status: given.status, code: 'code' in given.body ? String(given.body.code) : '' })
    send(request, response, given)
  }
  return configureServer(options.config, settings, (request, response) => void handle(request, response))
}

function configureServer(
  config: HttpSource,
  settings: { readonly connectionsMax: number; readonly requestTimeoutMs: number },
  handler: (request: IncomingMessage, response: ServerResponse) => void
): Server {
  const limits = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: settings.requestTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, settings.requestTimeoutMs)
  }
  const { certificateFile, keyFile } = config
  const server =
    certificateFile === undefined || keyFile === undefined
      ? createServer(limits, handler)
      : createSecureServer({ ...limits, cert: readPem(certificateFile), key: readPem(keyFile) }, handler)
  server.maxConnections = settings.connectionsMax
  server.maxRequestsPerSocket = requestsPerConnectionMax
  return server
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw edgeError(
      'EDGE_CONFIG',
      { detail: `http source: cannot read file "${path}" (${error instanceof Error ? error.message : String(error)})` },
      error
    )
  }
}

function pathOf(request: IncomingMessage): HttpPath | undefined {
  const path = (request.url ?? '').split('?')[0]
  return paths.find((candidate) => candidate === path)
}

/** What can be said before the body is read. */
function refuseHead(request: IncomingMessage, bodyBytesMax: number): Answer | undefined {
  if (pathOf(request) === undefined) return notFound(request)
  if (request.method !== 'POST')
    return problem(405, [reason('METHOD', `method is ${request.method}, expected POST`)], {
      title: 'Method not allowed',
      headers: { allow: 'POST' }
    })
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return problem(415, [reason('CONTENT_ENCODING', `content-encoding is "${encoding}", expected none`)], { title: 'Request refused' })
  return Number(request.headers['content-length'] ?? 0) > bodyBytesMax ? tooLarge(bodyBytesMax) : undefined
}

/** Undefined when it has more bytes than are taken. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue
    bytes += chunk.length
    if (bytes > bytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function countOf(posted: Posted): number {
  if (posted.type === 'events') return 1
  return posted.type === 'readings' ? posted.readings.length : posted.scans.length
}

function unauthorized(): Answer {
  const headers = { 'www-authenticate': 'Bearer realm="tracegate-edge"' }
  return problem(401, [reason('TOKEN', 'no device has this token, expected `Authorization: Bearer …` with one of them')], {
    title: 'Unauthorized',
    headers
  })
}

function notFound(request: IncomingMessage): Answer {
  return problem(404, [reason('PATH', `path is "${(request.url ?? '').slice(0, 100)}", expected ${paths.join(', ')}`)], {
    title: 'Not found'
  })
}

function tooLarge(bytesMax: number): Answer {
  return problem(413, [reason('PAYLOAD_TOO_LARGE', `body is too large, expected at most ${bytesMax} bytes`)], { title: 'Request refused' })
}

function busy(code: string, message: string): Answer {
  return problem(503, [reason(code, message)], { title: 'Not kept, try again', headers: { 'retry-after': String(retryAfterSeconds) } })
}

function reason(code: string, message: string) {
  return { code, pointer: '', message }
}
