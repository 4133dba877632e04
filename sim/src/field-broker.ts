/**
 * The site's own field bus: a small MQTT broker that devices of other makers speak to in their own dialects. It is no part of
 * the platform; agents of the platform subscribe to it as they would on a real site. For loopback only: it asks for no password.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { simError } from './errors.ts'

export interface FieldBroker extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Whether somebody would get a message on this topic. */
  isHeard(topic: string): boolean
}

/** Further connections are closed at once. */
const connectionsMax = 64

export async function startFieldBroker(options: { readonly host: string; readonly port: number }): Promise<FieldBroker> {
  const filters = new Map<string, Set<string>>()
  // Another concurrency than 0 lets a flood recurse until the stack overflows.
  const aedes = await Aedes.createBroker({ concurrency: 0, drainTimeout: 5_000 })
  aedes.on('subscribe', (subscriptions, client) => {
    const own = filters.get(client.id) ?? new Set()
    for (const { topic } of subscriptions) own.add(topic)
    filters.set(client.id, own)
  })
  aedes.on('unsubscribe', (topics, client) => {
    for (const topic of topics) filters.get(client.id)?.delete(topic)
  })
  aedes.on('clientDisconnect', (client) => filters.delete(client.id))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    if (sockets.size >= connectionsMax) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  const port = await listen(server, { ...options, what: 'field bus', flag: '--field-port' }).catch(async (error: unknown) => {
    await closeAedes(aedes)
    throw error
  })
  return {
    port,
    url: `mqtt://${options.host}:${port}`,
    isHeard: (topic) => [...filters.values()].some((own) => [...own].some((filter) => matches(filter, topic))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([closeAedes(aedes), new Promise((resolve) => server.close(resolve))])
    }
  }
}

function closeAedes(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()))
}

/** Listens, or says in one line that the port is taken. Gives the port that it has. */
export async function listen(server: Server, options: { host: string; port: number; what: string; flag: string }): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', (error) => {
    const taken = 'code' in error && error.code === 'EADDRINUSE'
    reject(taken ? simError('SIM_PORT_IN_USE', { what: options.what, port: options.port, flag: options.flag }, error) : error)
  })
  server.listen(options.port, options.host, () => {
    const address = server.address()
    resolve(typeof address === 'object' && address !== null ? address.port : options.port)
  })
  return promise
}

/** Whether an MQTT topic filter takes a topic (MQTT 3.1.1 §4.7). */
function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const given = topic.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (given[index] === undefined || (level !== '+' && level !== given[index])) return false
  }
  return wanted.length === given.length
}
