/** An HTTP proxy before a real server that misbehaves as told: for what no server does on demand. Loopback only. */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'

export type Fault =
  | { readonly type: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** No answer, ever; the request does not reach the server. */
  | { readonly type: 'hang' }
  /** The server does what was asked; then the connection ends without an answer. */
  | { readonly type: 'cutAfter' }
  /** The server's answer breaks off after so many bytes. */
  | { readonly type: 'cutWithin'; readonly bytes: number }

export interface FaultProxy {
  readonly origin: string
  /** Asked for each request; undefined lets it pass. */
  decide: (request: { readonly method: string; readonly path: string; readonly body: Buffer }) => Fault | undefined
  /** Requests so far. */
  readonly requests: number
  stop(): Promise<void>
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const fault = proxy.decide({ method: request.method ?? '', path: request.url ?? '', body })
      if (fault?.type === 'answer') response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '')
      else if (fault?.type !== 'hang') pass({ target, request, response, body, fault })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const proxy: FaultProxy = {
    origin: `http://127.0.0.1:${port}`,
    decide: () => undefined,
    get requests() {
      return requests
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
  return proxy
}

interface Passing {
  readonly target: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  readonly fault: Exclude<Fault, { type: 'answer' | 'hang' }> | undefined
}

function pass({ target, request, response, body, fault }: Passing): void {
  const { method, headers } = request
  const url = new URL(request.url ?? '/', target)
  const passed = forward(url, { method, headers: { ...headers, host: url.host, connection: 'close' } }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => {
      const whole = Buffer.concat(chunks)
      if (fault?.type === 'cutAfter') {
        response.destroy()
        return
      }
      const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers
      response.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': String(whole.length) })
      if (fault === undefined) response.end(whole)
      else {
        response.write(whole.subarray(0, fault.bytes))
        // Not before the client has begun to read it.
        setTimeout(() => response.destroy(), 50)
      }
    })
  })
  passed.on('error', () => response.destroy())
  passed.end(body)
}
