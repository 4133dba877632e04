/** What happens in the broker, each as one log line and one counter. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { PauseReason } from './guarded-connection.ts'
import type { Qos } from './packets.ts'
import type { WebSocketFault } from './web-socket.ts'
import type { SessionLoss, SubscriptionBound } from './sessions/session-table.ts'

export type ConnectionRefusal =
  | 'connectionsMax'
  | 'connectionsPerAddressMax'
  | 'handshakeTimeout'
  | 'tlsHandshake'
  | 'noCertificate'
  | WebSocketFault
  | 'credentials'
  | 'throttled'
  | 'clientId'
  | 'clientIdBytes'
  | 'willBytes'
  | 'will'
  | 'sessionsMax'
  | 'directory'
export type DropReason =
  | 'slowSubscriber'
  | 'packet'
  | 'topic'
  | 'topicLength'
  | 'topicLevels'
  | 'payload'
  | 'commit'
  | 'protocol'
  | 'unreleased'
  | 'keepAlive'
  | 'connectTimeout'
  | 'closing'
  | 'credential'

export type SubscriptionRefusal = 'right' | 'topicLength' | 'topicLevels' | SubscriptionBound

export function createBrokerEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const received = metrics.counter({ name: 'tracegate_broker_received_messages_total', help: 'PUBLISH packets taken', labels: ['qos'] })
  const refused = metrics.counter({
    name: 'tracegate_broker_refused_connections_total',
    help: 'Connections refused',
    labels: ['reason', 'listener']
  })
  const accepted = metrics.counter({
    name: 'tracegate_broker_accepted_connections_total',
    help: 'Connections through their handshakes',
    labels: ['listener']
  })
  const open = metrics.gauge({
    name: 'tracegate_broker_listener_connections',
    help: 'Connections open, those in a handshake included',
    labels: ['listener']
  })
  const reloads = metrics.counter({
    name: 'tracegate_broker_tls_reloads_total',
    help: 'Certificates and keys read anew, by outcome',
    labels: ['listener', 'outcome']
  })
  const expiry = metrics.gauge({
    name: 'tracegate_broker_tls_certificate_expiry_seconds',
    help: 'When the certificate of a listener ends, in seconds since 1970',
    labels: ['listener']
  })
  const dropped = metrics.counter({
    name: 'tracegate_broker_dropped_connections_total',
    help: 'Connections ended by the broker',
    labels: ['reason']
  })
  const subscriptions = metrics.counter({
    name: 'tracegate_broker_refused_subscriptions_total',
    help: 'Topic filters refused',
    labels: ['reason']
  })
  const paused = metrics.counter({
    name: 'tracegate_broker_paused_reads_total',
    help: 'How often a socket was not read because a bound was reached',
    labels: ['reason']
  })
  const waited = metrics.counter({
    name: 'tracegate_broker_subscriber_waits_total',
    help: 'How often publishers began to wait for a subscriber'
  })
  const windows = metrics.counter({
    name: 'tracegate_broker_full_windows_total',
    help: 'How often messages began to wait for acknowledgements of a subscriber'
  })
  const expired = metrics.counter({ name: 'tracegate_broker_expired_sessions_total', help: 'Sessions ended because nobody came back' })
  const commits = metrics.counter({
    name: 'tracegate_broker_session_commits_total',
    help: 'Commits of sessions and retained messages'
  })
  const failures = metrics.counter({
    name: 'tracegate_broker_session_file_failures_total',
    help: 'Commits of sessions and retained messages that failed'
  })
  const lost = metrics.counter({
    name: 'tracegate_broker_unkept_messages_total',
    help: 'Messages not queued for a client that is away, or not retained, because the bound was reached',
    labels: ['reason']
  })
  const receivedByQos: Record<Qos, number> = { 0: 0, 1: 0, 2: 0 }
  return {
    received: (qos: Qos) => void (receivedByQos[qos] += 1),
    /** Counting every message by its labels would cost more than reading it. */
    flush() {
      for (const qos of [0, 1, 2] as const) {
        if (receivedByQos[qos] > 0) received.add(receivedByQos[qos], { qos: String(qos) })
        receivedByQos[qos] = 0
      }
    },
    readPaused: (reason: PauseReason) => paused.add(1, { reason }),
    subscriberWaitedFor: () => waited.add(),
    windowFull: () => windows.add(),
    sessionExpired(fields: { readonly clientId: string; readonly messages: number }) {
      expired.add()
      logger.info(fields, 'session expired')
    },
    sessionFileCommitted: () => commits.add(),
    sessionFileFailed(error: unknown) {
      failures.add()
      logger.error({ error: error instanceof Error ? error.message : String(error) }, 'sessions cannot be written')
    },
    connected(fields: { readonly clientId: string; readonly username: string; readonly address: string }) {
      logger.debug(fields, 'client connected')
    },
    connectionRefused(
      reason: ConnectionRefusal,
      fields: {
        readonly listener: string
        readonly address: string
        readonly clientId?: string
        readonly username?: string
        readonly detail?: string
      }
    ) {
      refused.add(1, { reason, listener: fields.listener })
      // Whoever has not come as far as CONNECT may be a scanner, of which there are many.
      if (fields.clientId === undefined) logger.debug({ ...fields, reason }, 'connection refused')
      else logger.warn({ ...fields, reason }, 'connection refused')
    },
    accepted: (listener: string) => accepted.add(1, { listener }),
    listenerConnections: (listener: string, count: number) => open.set(count, { listener }),
    tlsReloaded(listener: string, expiresAtMs: number) {
      reloads.add(1, { listener, outcome: 'used' })
      expiry.set(expiresAtMs / 1_000, { listener })
      logger.info({ listener, expiresAt: new Date(expiresAtMs).toISOString() }, 'certificate in use')
    },
    tlsKept(listener: string, error: unknown) {
      reloads.add(1, { listener, outcome: 'kept' })
      logger.error({ listener, error: error instanceof Error ? error.message : String(error) }, 'new certificate cannot be used')
    },
    connectionDropped(reason: DropReason, fields: { readonly clientId?: string; readonly detail: string }) {
      dropped.add(1, { reason })
      logger.warn({ ...fields, reason }, 'connection dropped')
    },
    subscriptionRefused(reason: SubscriptionRefusal, fields: { readonly clientId: string; readonly filter: string }) {
      subscriptions.add(1, { reason })
      logger.warn({ ...fields, reason }, 'subscription refused')
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
