/**
 * The embedded MQTT 3.1.1 broker: device identity, topic rights, and a PUBACK that waits until the sink has committed the
 * message. Everything is bounded (`limits.ts`). It never acknowledges what the sink has not taken, and never looks into payloads.
 */
import { Aedes } from 'aedes'
import type { DeviceSessions } from '@tracegate/service/access-notices'
import type { DeviceDirectory } from '@tracegate/service/identity'
import type { IngestSink, MessagePublisher } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createAdmission } from './admission.ts'
import { createAuthentication } from './authentication.ts'
import { createParts, registerGauges } from './broker-parts.ts'
import { createClientConnections } from './client-connections.ts'
import { createBrokerEvents } from './events.ts'
import { createHooks, listenTo, type HooksOptions } from './hooks.ts'
import { createDelivery, createPersistence } from './library.ts'
import { defaultBrokerLimits, type BrokerLimits } from './limits.ts'
import { tooFewFiles } from './open-files.ts'
import { startListeners, type ListenerOptions, type ListenerPort } from './listeners.ts'

export interface BrokerOptions {
  readonly host: string
  /** Of plain TCP; 0 takes a free one. May be missing where `listeners` are given. */
  readonly port?: number
  /** Further ones. */
  readonly listeners?: readonly ListenerOptions[]
  readonly directory: DeviceDirectory
  readonly sink: IngestSink
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<BrokerLimits>
  /** Where sessions and retained messages outlive the process, in `broker.db`; without it they are in memory. */
  readonly dataDir?: string
}

/** `disconnect` without an end sends away every client of the user at once. */
export interface Broker extends DeviceSessions, AsyncDisposable {
  /** Of the first listener. */
  readonly port: number
  /** Of every listener, that of the option `port` first. */
  readonly ports: readonly ListenerPort[]
  /** Reads certificates and keys of all listeners anew; connections stay. Rejects, and keeps what was, when they cannot be used. */
  reloadTls(): Promise<void>
  readonly publisher: MessagePublisher
  /** How many clients are connected. */
  connections(): number
  /** Why what depends on `broker.db` is not acknowledged; undefined when all is well. */
  trouble(): string | undefined
}

const closeTimeoutMs = 1_500

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...options.limits }
  const events = createBrokerEvents(options)
  let closing = false
  const isClosing = () => closing
  const { sink, dataDir } = options
  const parts = createParts({ limits, events, sink, isClosing, ...(dataDir === undefined ? {} : { dataDir }) })
  const { sessions, clients, inbound } = parts
  const { router, sessionOf, outletFor } = parts.subscribers
  const few = tooFewFiles(limits.connectionsMax)
  if (few !== undefined) options.logger.warn({}, few)
  const authentication = createAuthentication({
    limits,
    events,
    clients,
    sessions,
    directory: options.directory,
    peerOf: (client) => admission.peerOf(client)
  })
  const { authenticate } = authentication
  const hooks: HooksOptions = { limits, events, clients, sessions, inbound, authenticate, sessionOf, outletFor, isClosing }
  const aedes = await Aedes.createBroker({
    ...createHooks(hooks),
    // Any other value lets a flood recurse until the stack overflows (mqemitter `released`).
    concurrency: 0,
    mq: createDelivery((message) => void router.route(message)),
    persistence: createPersistence(sessions),
    maxTopicLevels: limits.topicLevelsMax,
    connectTimeout: limits.connectTimeoutMs
  })
  listenTo(aedes, hooks)
  const connections = createClientConnections({
    ...parts,
    limits,
    events,
    sink,
    nowMs: () => parts.watch.nowMs(),
    handle: (stream) => aedes.handle(stream)
  })
  const admission = createAdmission({ limits, events, connect: (stream, address) => connections.accept(stream, address) })
  const listeners = await startListeners(wantedOf(options), { host: options.host, limits, events, admission }).catch((error: unknown) => {
    aedes.close()
    parts.stop()
    throw error
  })
  registerGauges(options.metrics, parts)
  return {
    port: listeners[0]?.port ?? 0,
    ports: listeners.map(({ name, type, port }) => ({ name, type, port })),
    async reloadTls() {
      await Promise.all(listeners.map((listener) => listener.reloadTls()))
    },
    publisher: parts.publisher,
    disconnect: (username, end) => authentication.disconnect(username, end),
    connections: () => clients.count(),
    trouble: () => sessions.trouble(),
    async [Symbol.asyncDispose]() {
      closing = true
      for (const listener of listeners) listener.close()
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, closeTimeoutMs)
      aedes.close(resolve)
      await promise
      clearTimeout(timer)
      admission.destroyAll()
      parts.stop()
    }
  }
}

function wantedOf({ port, listeners = [] }: BrokerOptions): readonly ListenerOptions[] {
  return port === undefined ? listeners : [{ type: 'tcp', port }, ...listeners]
}
