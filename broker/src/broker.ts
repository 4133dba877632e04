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
import { createClients } from './clients.ts'
import { createBudget } from './budget.ts'
import { createClientConnections } from './client-connections.ts'
import { brokerError } from './errors.ts'
import { createBrokerEvents } from './events.ts'
import { createHooks, listenTo, type HooksOptions } from './hooks.ts'
import { boundOf, createInbound } from './inbound.ts'
import { createDelivery, createPersistence } from './library.ts'
import { defaultBrokerLimits, type BrokerLimits } from './limits.ts'
import type { Router } from './router.ts'
import { startListeners, type ListenerOptions, type ListenerPort } from './listeners.ts'
import { createSessionTable, type SessionTable } from './sessions/session-table.ts'
import { createSubscribers } from './subscribers.ts'
import { startWatch } from './watch.ts'

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
}

const closeTimeoutMs = 1_500

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...options.limits }
  const events = createBrokerEvents(options)
  let closing = false
  const isClosing = () => closing
  const sessions = createSessionTable({
    limits,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    nowMs: Date.now,
    onLoss: (loss) => events.messageUnkept(loss),
    onExpired: (session) => events.sessionExpired(session),
    onFullWindow: () => events.windowFull(),
    onCommit: () => events.sessionFileCommitted(),
    onFailure: (error) => events.sessionFileFailed(error)
  })
  const clients = createClients((id) => sessions.ownerOf(id))
  const budget = createBudget(limits)
  const subscribers = createSubscribers({ limits, events, clients, sessions, nowMs: () => watch.nowMs() })
  const { router, sessionOf, outletFor } = subscribers
  const inbound = createInbound({ limits, events, sessions, router, sink: options.sink, sessionOf, isClosing })
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
  const watch = startWatch({
    limits,
    states: () => clients.states(),
    blocked: subscribers.blocked,
    onSilent: (state, silentMs) => subscribers.dropSilent(state, silentMs),
    onBlocked: (outlet, blockedMs) => subscribers.dropBlocked(outlet, blockedMs),
    expireSessions: () => sessions.expire(),
    onLook: () => events.flush()
  })
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
  const { sink } = options
  const nowMs = () => watch.nowMs()
  const connections = createClientConnections({
    limits,
    events,
    clients,
    budget,
    inbound,
    sink,
    nowMs,
    handle: (stream) => aedes.handle(stream)
  })
  const admission = createAdmission({ limits, events, connect: (stream, address) => connections.accept(stream, address) })
  const stop = () => {
    watch.stop()
    events.flush()
    sessions.close()
  }
  const listeners = await startListeners(wantedOf(options), { host: options.host, limits, events, admission }).catch((error: unknown) => {
    aedes.close()
    stop()
    throw error
  })
  registerGauges(options.metrics, { clients: () => clients.count(), budget, sessions })
  return {
    port: listeners[0]?.port ?? 0,
    ports: listeners.map(({ name, type, port }) => ({ name, type, port })),
    async reloadTls() {
      await Promise.all(listeners.map((listener) => listener.reloadTls()))
    },
    publisher: createPublisher({ router, sessions, limits, isClosing }),
    disconnect: (username, end) => authentication.disconnect(username, end),
    connections: () => clients.count(),
    async [Symbol.asyncDispose]() {
      closing = true
      for (const listener of listeners) listener.close()
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, closeTimeoutMs)
      aedes.close(resolve)
      await promise
      clearTimeout(timer)
      admission.destroyAll()
      stop()
    }
  }
}

function wantedOf({ port, listeners = [] }: BrokerOptions): readonly ListenerOptions[] {
  return port === undefined ? listeners : [{ type: 'tcp', port }, ...listeners]
}

interface PublisherOptions {
  readonly router: Router
  readonly sessions: SessionTable
  readonly limits: BrokerLimits
  readonly isClosing: () => boolean
}

function createPublisher({ router, sessions, limits, isClosing }: PublisherOptions): MessagePublisher {
  return {
    async publish(topic, payload, { qos, retain }) {
      if (isClosing() || topic === '' || boundOf(topic, limits) !== undefined)
        throw brokerError('BROKER_PUBLISH', { topic, levels: limits.topicLevelsMax })
      const message = { topic, payload, qos, retain: false }
      const { isKept } = router.route(message)
      if (retain) sessions.retain(message)
      if (isKept || retain) await sessions.durable()
    }
  }
}

interface GaugeSources {
  readonly clients: () => number
  readonly budget: { readonly messages: number; readonly bytes: number }
  readonly sessions: Pick<SessionTable, 'counts'>
}

function registerGauges(metrics: Metrics, sources: GaugeSources): void {
  metrics.gauge({ name: 'tracegate_broker_connections', help: 'Connected clients', read: sources.clients })
  metrics.gauge({
    name: 'tracegate_broker_in_flight_messages',
    help: 'Messages between arrival and delivery',
    read: () => sources.budget.messages
  })
  metrics.gauge({ name: 'tracegate_broker_in_flight_bytes', help: 'Bytes between arrival and delivery', read: () => sources.budget.bytes })
  metrics.gauge({ name: 'tracegate_broker_sessions', help: 'Sessions kept', read: () => sources.sessions.counts().sessions })
  metrics.gauge({ name: 'tracegate_broker_session_bytes', help: 'Bytes queued for sessions', read: () => sources.sessions.counts().bytes })
  metrics.gauge({ name: 'tracegate_broker_subscriptions', help: 'Subscriptions', read: () => sources.sessions.counts().filters })
  metrics.gauge({ name: 'tracegate_broker_retained_bytes', help: 'Bytes retained', read: () => sources.sessions.counts().retainedBytes })
  metrics.gauge({ name: 'tracegate_broker_retained_messages', help: 'Messages retained', read: () => sources.sessions.counts().retained })
}
