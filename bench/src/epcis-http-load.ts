/** HTTP/1.1 requests over kept-alive sockets, one at a time on each: as little work a request as a load beside its server may cost. */
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly head: string
  readonly body: Buffer
}

export interface Caller extends AsyncDisposable {
  ask(request: Buffer | string): Promise<HttpAnswer>
}

const answerTimeoutMs = 60_000

export async function openCaller(port: number): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket)
  let waiting: PromiseWithResolvers<HttpAnswer> | undefined
  let chunks: Buffer[] = []
  let received = 0
  let wanted: { readonly status: number; readonly head: string; readonly start: number; readonly end: number } | undefined
  const fail = (error: Error) => waiting?.reject(error)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed the connection')))
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)))
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    received += chunk.length
    if (wanted === undefined) {
      const all = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      chunks = [all]
      wanted = readHead(all)
    }
    if (wanted === undefined || received < wanted.end) return
    const all = chunks.length === 1 ? (chunks[0] ?? chunk) : Buffer.concat(chunks)
    const { status, head, start, end } = wanted
    chunks = []
    received = 0
    wanted = undefined
    waiting?.resolve({ status, head, body: all.subarray(start, end) })
  })
  return {
    ask(request) {
      waiting = Promise.withResolvers<HttpAnswer>()
      socket.write(request)
      return waiting.promise
    },
    async [Symbol.asyncDispose]() {
      waiting = undefined
      socket.destroy()
    }
  }
}

function readHead(bytes: Buffer) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return { status: Number(head.slice(9, 12)), head, start: end + 4, end: end + 4 + length }
}

async function once(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('connect', resolve)
  socket.once('error', reject)
  await promise
}

export interface LoadResult {
  readonly requests: number
  readonly tookMs: number
  readonly latenciesMs: readonly number[]
  readonly bytes: number
}

/** Sends the requests over so many connections; each takes the next one when it has its answer. Rejects at the first other status. */
export async function sendAll(options: {
  readonly port: number
  readonly connections: number
  readonly count: number
  readonly request: (number: number) => Buffer | string
  readonly status: number
  readonly onAnswer?: (answer: HttpAnswer, number: number) => void
}): Promise<LoadResult> {
  const { port, connections, count, request, status, onAnswer } = options
  const callers = await Promise.all(Array.from({ length: Math.min(connections, count) }, () => openCaller(port)))
  const latenciesMs: number[] = []
  let next = 0
  let bytes = 0
  const startedMs = performance.now()
  const work = async (caller: Caller): Promise<void> => {
    while (next < count) {
      const number = next
      next += 1
      const sentMs = performance.now()
      const answer = await caller.ask(request(number))
      latenciesMs.push(performance.now() - sentMs)
      bytes += answer.body.length
      if (answer.status !== status) throw new Error(`answer ${number} is ${answer.status}: ${answer.body.toString('utf8', 0, 300)}`)
      onAnswer?.(answer, number)
    }
  }
  try {
    await Promise.all(callers.map(work))
    return { requests: count, tookMs: performance.now() - startedMs, latenciesMs, bytes }
  } finally {
    for (const caller of callers) await caller[Symbol.asyncDispose]()
  }
}

const key = 'bench-key-0123456789abcdef'
export const benchKey = key

export function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\naccept: application/json\r\n\r\n`
}

export function postRequest(path: string, body: string): Buffer {
  const bytes = Buffer.from(body)
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}
