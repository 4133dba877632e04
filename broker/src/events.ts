/** What happens in the broker, each as one log line and one counter. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { SessionLoss } from './sessions.ts'

export type ConnectionRefusal =
  | 'connectionsMax'
  | 'connectionsPerAddressMax'
  | 'credentials'
  | 'clientId'
  | 'will'
  | 'sessionsMax'
  | 'directory'
export type DropReason = 'slowSubscriber' | 'packet' | 'topic' | 'payload' | 'commit' | 'protocol'

export function createBrokerEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const received = metrics.counter({ name: 'tracegate_broker_received_messages_total', help: 'PUBLISH packets taken', labels: ['qos'] })
  const refused = metrics.counter({
    name: 'tracegate_broker_refused_connections_total',
    help: 'Connections refused',
    labels: ['reason']
  })
  const dropped = metrics.counter({
    name: 'tracegate_broker_dropped_connections_total',
    help: 'Connections ended by the broker',
    labels: ['reason']
  })
  const subscriptions = metrics.counter({ name: 'tracegate_broker_refused_subscriptions_total', help: 'Topic filters refused' })
  const lost = metrics.counter({
    name: 'tracegate_broker_unkept_messages_total',
    help: 'Messages not queued for a client that is away, or not retained, because the bound was reached',
    labels: ['reason']
  })
  return {
    received: (qos: number) => received.add(1, { qos: String(qos) }),
    connected(fields: { readonly clientId: string; readonly username: string; readonly address: string }) {
      logger.debug(fields, 'client connected')
    },
    connectionRefused(
      reason: ConnectionRefusal,
      fields: { readonly address: string; readonly clientId?: string; readonly username?: string }
    ) {
      refused.add(1, { reason })
      logger.warn({ ...fields, reason }, 'connection refused')
    },
    connectionDropped(reason: DropReason, fields: { readonly clientId?: string; readonly detail: string }) {
      dropped.add(1, { reason })
      logger.warn({ ...fields, reason }, 'connection dropped')
    },
    subscriptionRefused(fields: { readonly clientId: string; readonly filter: string }) {
      subscriptions.add()
      logger.warn(fields, 'subscription refused')
    },
    messageUnkept(reason: SessionLoss) {
      lost.add(1, { reason })
    },
    failed(what: string, error: unknown) {
      logger.error({ what, error: error instanceof Error ? error.message : String(error) }, 'broker failed')
    }
  }
}
export type BrokerEvents = ReturnType<typeof createBrokerEvents>
