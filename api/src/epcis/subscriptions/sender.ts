/** One POST to a receiver: time-bounded, no redirects followed, little of the answer read. It decides nothing about what comes next. */
import { lookup as resolveName } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { DeliveryOutcome } from './delivery-rules.ts'

/** What is read of an answer before its connection is given up; nothing of it is used. */
const answerBytesMax = 65_536
const socketsPerReceiverMax = 4
const socketsMax = 256

/** Why a receiver may not be called, or undefined when it may. `address` is the resolved one, when it is about to be connected to. */
export type AllowedDestination = (url: URL, address?: string) => string | undefined

export interface SenderOptions {
  readonly timeoutMs: number
  readonly allowedDestination: AllowedDestination
  readonly nowMs: () => number
}

interface Delivery {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

export interface Sender {
  /** Rejects only when the signal ended it. */
  send(delivery: Delivery): Promise<DeliveryOutcome>
  close(): void
}

export function createSender(options: SenderOptions): Sender {
  const limits = { keepAlive: true, maxSockets: socketsPerReceiverMax, maxTotalSockets: socketsMax, maxFreeSockets: 32, timeout: 30_000 }
  const agents = { 'http:': new HttpAgent(limits), 'https:': new HttpsAgent(limits) }
  return {
    async send(delivery) {
      const url = URL.canParse(delivery.url) ? new URL(delivery.url) : undefined
      const refusal = url === undefined ? 'it is no address' : destinationFault(url, options.allowedDestination)
      if (url === undefined || refusal !== undefined)
        return { type: 'failed', code: 'RECEIVER_REFUSED', message: `the receiver may not be called: ${refusal}` }
      const signal = AbortSignal.any([delivery.signal, AbortSignal.timeout(options.timeoutMs)])
      try {
        const secure = url.protocol === 'https:'
        const agent = secure ? agents['https:'] : agents['http:']
        const answer = await postOnLive(url, delivery, { agent, lookup: checkedLookup(url, options.allowedDestination), signal })
        return outcomeOf(answer, options.nowMs())
      } catch (error) {
        delivery.signal.throwIfAborted()
        const message = signal.aborted ? `the receiver gave no answer within ${options.timeoutMs} ms` : messageOf(error)
        return { type: 'failed', code: signal.aborted ? 'RECEIVER_TIMEOUT' : 'RECEIVER_UNREACHABLE', message }
      }
    },
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    }
  }
}

/** What every destination must be, then what the policy says. */
export function destinationFault(url: URL, allowed: AllowedDestination): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `its scheme is "${url.protocol.slice(0, -1)}", expected http or https`
  if (url.username !== '' || url.password !== '') return 'it carries credentials, expected none in the address'
  // A name is resolved later and judged then; an address is there already.
  const literal = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return allowed(url, isIP(literal) === 0 ? undefined : literal)
}

/** The policy sees the address that is connected to, so that a name which changes its address cannot pass it by. */
function checkedLookup(url: URL, allowed: AllowedDestination): LookupFunction {
  return (hostname, lookupOptions, done) => {
    resolveName(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '')
      const refusal = addresses.map(({ address }) => allowed(url, address)).find((reason) => reason !== undefined)
      if (refusal !== undefined) return done(new Error(`the receiver may not be called: ${refusal}`), '')
      const [first] = addresses
      if (lookupOptions.all === true) return done(null, addresses)
      return done(first === undefined ? new Error(`${hostname} has no address`) : null, first?.address ?? '', first?.family)
    })
  }
}

/** The receiver had closed a connection that was kept for the next delivery. */
class StaleConnection extends Error {}

/** A stale connection says nothing of the receiver: a new one is tried at once. */
async function postOnLive(url: URL, delivery: Delivery, options: RequestOptions): Promise<IncomingMessage> {
  try {
    return await post(url, delivery, options)
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error
    return post(url, delivery, { ...options, agent: false })
  }
}

function post(url: URL, delivery: Delivery, options: RequestOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const body = Buffer.from(delivery.body)
  const headers = { ...delivery.headers, 'content-length': String(body.length) }
  const outgoing = send(url, { ...options, method: 'POST', headers })
  outgoing.on('response', resolve)
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    reject(isStale ? new StaleConnection(error.message, { cause: error }) : error)
  })
  outgoing.end(body)
  return promise
}

function outcomeOf(answer: IncomingMessage, nowMs: number): DeliveryOutcome {
  drain(answer)
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) return { type: 'delivered' }
  const retryAfterMs = retryAfterOf(answer.headers['retry-after'], nowMs)
  const after = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 413) return { type: 'tooLarge', ...after }
  if (status === 410) return { type: 'gone' }
  const redirects = status >= 300 && status < 400 ? '; redirects are not followed' : ''
  return { type: 'failed', code: `RECEIVER_${status}`, message: `the receiver answered ${status}, expected 2xx${redirects}`, ...after }
}

/** A short answer leaves the connection for the next delivery; a long one costs it. */
function drain(answer: IncomingMessage): void {
  let bytes = 0
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > answerBytesMax) answer.destroy()
  })
  answer.on('error', () => undefined)
}

/** RFC 9110 §10.2.3: seconds or a date. */
export function retryAfterOf(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `the receiver cannot be reached: ${text.slice(0, 200)}`
}
