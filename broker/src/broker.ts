/**
 * The embedded MQTT 3.1.1 broker: device identity, topic rights, and a PUBACK that waits until the sink has committed the
 * message. Everything is bounded (`limits.ts`). It never acknowledges what the sink has not taken, and never looks into payloads.
 */
import { Aedes } from 'aedes'
import type { DeviceDirectory } from '@tracegate/service/identity'
import type { IngestSink, MessagePublisher } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createAdmission } from './admission.ts'
import { createAuthentication } from './authentication.ts'
import { createClients } from './clients.ts'
import { createBudget } from './connection.ts'
import { brokerError } from './errors.ts'
import { createBrokerEvents } from './events.ts'
import { createHooks } from './hooks.ts'
import { defaultBrokerLimits, type BrokerLimits } from './limits.ts'
import { startListeners, type ListenerOptions, type ListenerPort } from './listeners.ts'
import { createSessions } from './sessions.ts'
import { maySubscribe } from './topic-rights.ts'

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
}

export interface Broker extends AsyncDisposable {
  /** Of the first listener. */
  readonly port: number
  /** Of every listener, that of the option `port` first. */
  readonly ports: readonly ListenerPort[]
  /** Reads certificates and keys of all listeners anew; connections stay. Rejects, and keeps what was, when they cannot be used. */
  reloadTls(): Promise<void>
  readonly publisher: MessagePublisher
  /** Ends every connection of a user, as when its secret was changed. */
  disconnect(username: string): void
  /** How many clients are connected. */
  connections(): number
}

const closeTimeoutMs = 1_500

export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...options.limits }
  const events = createBrokerEvents(options)
  const clients = createClients()
  const budget = createBudget(limits)
  const sessions = createSessions({
    limits,
    onLoss: (loss) => events.messageUnkept(loss),
    maySubscribe(client, filter) {
      const identity = clients.of(client)?.identity
      return identity !== undefined && maySubscribe(identity, filter)
    }
  })
  const hooks = createHooks({ limits, events, clients, sessions, sink: options.sink })
  const authentication = createAuthentication({
    limits,
    events,
    clients,
    sessions,
    directory: options.directory,
    peerOf: (client) => admission.peerOf(client)
  })
  const aedes = await Aedes.createBroker({
    ...hooks.handlers,
    authenticate: authentication.authenticate,
    // Any other value lets a flood recurse until the stack overflows (mqemitter `released`).
    concurrency: 0,
    persistence: sessions,
    maxTopicLevels: limits.topicLevelsMax,
    maxInflightInbound: limits.unreleasedPerClientMax,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs
  })
  hooks.listen(aedes)
  const admission = createAdmission({
    limits,
    events,
    clients,
    budget,
    onFault: (client, found) => hooks.fault(client, found),
    handle: (stream) => aedes.handle(stream)
  })
  const listeners = await startListeners(wantedOf(options), { host: options.host, limits, events, admission }).catch((error: unknown) => {
    aedes.close()
    throw error
  })
  registerGauges(options.metrics, { clients: () => clients.count(), budget, sessions })
  return {
    port: listeners[0]?.port ?? 0,
    ports: listeners.map(({ name, type, port }) => ({ name, type, port })),
    async reloadTls() {
      await Promise.all(listeners.map((listener) => listener.reloadTls()))
    },
    publisher: createPublisher(aedes, limits),
    disconnect: (username) => authentication.disconnect(username),
    connections: () => clients.count(),
    async [Symbol.asyncDispose]() {
      hooks.close()
      for (const listener of listeners) listener.close()
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, closeTimeoutMs)
      aedes.close(resolve)
      await promise
      clearTimeout(timer)
      admission.destroyAll()
    }
  }
}

function wantedOf({ port, listeners = [] }: BrokerOptions): readonly ListenerOptions[] {
  return port === undefined ? listeners : [{ type: 'tcp', port }, ...listeners]
}

function createPublisher(aedes: Aedes, limits: BrokerLimits): MessagePublisher {
  return {
    publish(topic, payload, { qos, retain }) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
      aedes.publish({ cmd: 'publish', topic, payload: bytes, qos, retain, dup: false }, (error) => {
        if (error === undefined || error === null) resolve()
        else reject(brokerError('BROKER_PUBLISH', { topic, levels: limits.topicLevelsMax }, error))
      })
      return promise
    }
  }
}

interface GaugeSources {
  readonly clients: () => number
  readonly budget: { readonly messages: number; readonly bytes: number }
  readonly sessions: { counts(): { readonly sessions: number; readonly retained: number } }
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
  metrics.gauge({ name: 'tracegate_broker_retained_messages', help: 'Messages retained', read: () => sources.sessions.counts().retained })
}
