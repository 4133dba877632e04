/** What the broker is made of, put together; what listens and what speaks CONNECT is added in `broker.ts`. */
import type { IngestSink, MessagePublisher } from '@tracegate/service/ingest'
import type { Metrics } from '@tracegate/service/metrics'
import { createBudget, type Budget } from './budget.ts'
import { createClients, type Clients } from './clients.ts'
import { brokerError } from './errors.ts'
import type { BrokerEvents } from './events.ts'
import { boundOf, createInbound, type Inbound } from './inbound.ts'
import type { BrokerLimits } from './limits.ts'
import type { Router } from './router.ts'
import { createSessionTable, type SessionTable } from './sessions/session-table.ts'
import { createSpareMemory } from './spare-memory.ts'
import { createSubscribers, type Subscribers } from './subscribers.ts'
import { startWatch, type Watch } from './watch.ts'

/** The broker of a few clients never collects by itself. */
const spareMemory = { connections: 1_000, quietMs: 5_000 }

export interface PartsOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly sink: IngestSink
  readonly isClosing: () => boolean
  readonly dataDir?: string
}

export interface BrokerParts {
  readonly sessions: SessionTable
  readonly clients: Clients
  readonly budget: Budget
  readonly subscribers: Subscribers
  readonly inbound: Inbound
  readonly watch: Watch
  readonly publisher: MessagePublisher
  stop(): void
}

export function createParts({ limits, events, sink, isClosing, dataDir }: PartsOptions): BrokerParts {
  const sessions = createSessionTable({
    limits,
    ...(dataDir === undefined ? {} : { dataDir }),
    nowMs: Date.now,
    onLoss: (loss) => events.messageUnkept(loss),
    onExpired: (session) => events.sessionExpired(session),
    onFullWindow: () => events.windowFull(),
    onCommit: () => events.sessionFileCommitted(),
    onFailure: (error) => events.sessionFileFailed(error)
  })
  const clients = createClients((id) => sessions.ownerOf(id))
  const subscribers = createSubscribers({ limits, events, clients, sessions, nowMs: () => watch.nowMs() })
  const { router, sessionOf } = subscribers
  const spare = createSpareMemory(spareMemory)
  const watch = startWatch({
    limits,
    states: () => clients.states(),
    blocked: subscribers.blocked,
    onSilent: (state, silentMs) => subscribers.dropSilent(state, silentMs),
    onBlocked: (outlet, blockedMs) => subscribers.dropBlocked(outlet, blockedMs),
    expireSessions: () => sessions.expire(),
    onLook(nowMs) {
      events.flush()
      spare.look(clients.count(), nowMs)
    }
  })
  return {
    sessions,
    clients,
    budget: createBudget(limits),
    subscribers,
    inbound: createInbound({ limits, events, sessions, router, sink, sessionOf, isClosing }),
    watch,
    publisher: createPublisher({ router, sessions, limits, isClosing }),
    stop() {
      watch.stop()
      events.flush()
      sessions.close()
    }
  }
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

export function registerGauges(metrics: Metrics, { clients, budget, sessions }: BrokerParts): void {
  metrics.gauge({ name: 'tracegate_broker_connections', help: 'Connected clients', read: () => clients.count() })
  metrics.gauge({
    name: 'tracegate_broker_in_flight_messages',
    help: 'Messages between arrival and delivery',
    read: () => budget.messages
  })
  metrics.gauge({ name: 'tracegate_broker_in_flight_bytes', help: 'Bytes between arrival and delivery', read: () => budget.bytes })
  metrics.gauge({ name: 'tracegate_broker_sessions', help: 'Sessions kept', read: () => sessions.counts().sessions })
  metrics.gauge({ name: 'tracegate_broker_session_bytes', help: 'Bytes queued for sessions', read: () => sessions.counts().bytes })
  metrics.gauge({ name: 'tracegate_broker_subscriptions', help: 'Subscriptions', read: () => sessions.counts().filters })
  metrics.gauge({ name: 'tracegate_broker_retained_bytes', help: 'Bytes retained', read: () => sessions.counts().retainedBytes })
  metrics.gauge({ name: 'tracegate_broker_retained_messages', help: 'Messages retained', read: () => sessions.counts().retained })
}
