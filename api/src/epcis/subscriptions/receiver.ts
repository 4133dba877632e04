/** A real HTTP receiver for tests, which fails as it is told to. Nothing of the product imports it. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly eventIDs: readonly string[]
  readonly status: number
}

/** What to answer: a status, with headers where given; hang: nothing at all; close: the connection is cut; flood: success
 * with a body that never ends. */
type Behaviour = number | 'hang' | 'close' | 'flood' | { readonly status: number; readonly headers: Readonly<Record<string, string>> }

export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  /** The ids of events that were answered with success, in order. */
  taken(): string[]
  /** Decides each answer; 200 by default. */
  behave(behaviour: (delivery: Omit<Received, 'status'>, number: number) => Behaviour): void
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = []
  let count = 0
  let decide: (delivery: Omit<Received, 'status'>, number: number) => Behaviour = () => 200
  const server = createServer((request, response) => {
    readBody(request).then(
      (body) => {
        const delivery = { headers: request.headers, body, eventIDs: idsOf(body) }
        const behaviour = decide(delivery, count++)
        received.push({ ...delivery, status: answer(response, behaviour) })
      },
      () => response.destroy()
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const own = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${own}/hook`,
    port: own,
    received,
    taken: () => received.filter(({ status }) => status >= 200 && status < 300).flatMap(({ eventIDs }) => eventIDs),
    behave(behaviour) {
      decide = behaviour
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

function answer(response: ServerResponse, behaviour: Behaviour): number {
  if (behaviour === 'hang') return 0
  if (behaviour === 'close') {
    response.destroy()
    return 0
  }
  if (behaviour === 'flood') {
    response.writeHead(200)
    const more = (): void => void (response.destroyed || !response.write(Buffer.alloc(65_536)) || setImmediate(more))
    response.on('drain', more)
    more()
    return 200
  }
  const { status, headers } = typeof behaviour === 'number' ? { status: behaviour, headers: {} } : behaviour
  response.writeHead(status, headers).end()
  return status
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

export function idsOf(body: string): string[] {
  const { eventList } = JSON.parse(body).epcisBody.queryResults.resultsBody
  return eventList.map((event: { readonly eventID: string }) => event.eventID)
}
