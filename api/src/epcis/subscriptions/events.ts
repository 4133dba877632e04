/** What subscriptions report of themselves: one function per business event, a log line and a counter. It never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export type SubscriptionEvents = ReturnType<typeof createSubscriptionEvents>

export interface SubscriptionGauges {
  readonly states: () => { readonly active: number; readonly retrying: number; readonly stopped: number }
  readonly lagMs: () => number
  readonly deadLetters: () => number
  readonly sockets: () => number
}

type DeliveryFields = { readonly subscription: string; readonly query: string }

export function createSubscriptionEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const count = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter({ name: `tracegate_api_${name}_total`, help, labels })
  const deliveries = count('deliveries', 'Attempts to deliver a batch to a webhook, by outcome', ['outcome'])
  const delivered = count('delivered_events', 'Events that receivers took, by way', ['way'])
  const changes = count('subscription_changes', 'Named queries and subscriptions made, removed, resumed', ['what', 'action'])
  const closes = count('query_socket_closes', 'WebSocket subscriptions that ended, by reason', ['reason'])
  const faults = count('subscription_faults', 'Turns of a subscription that failed inside of this process')
  const seconds = metrics.histogram({
    name: 'tracegate_api_delivery_seconds',
    help: 'Time that a receiver took to answer',
    buckets: [0.01, 0.05, 0.2, 1, 5, 10]
  })
  return {
    delivered: (fields: DeliveryFields & { delivery: string; events: number; tookMs: number }) => {
      deliveries.add(1, { outcome: 'sent' })
      delivered.add(fields.events, { way: 'webhook' })
      seconds.observe(fields.tookMs / 1_000)
      logger.debug(fields, 'events delivered')
    },
    retried: (fields: DeliveryFields & { delivery: string; attempts: number; waitMs: number; reason: string }) => {
      deliveries.add(1, { outcome: 'retried' })
      logger.warn(fields, 'delivery failed, will try again')
    },
    halved: (fields: DeliveryFields & { events: number; batchMax: number }) => {
      deliveries.add(1, { outcome: 'halved' })
      logger.info(fields, 'the receiver wants smaller batches')
    },
    died: (fields: DeliveryFields & { delivery: string; kind: string; reason: string }) => {
      deliveries.add(1, { outcome: 'dead' })
      logger.error(fields, 'delivery went to the dead letters')
    },
    streamed: (events: number) => delivered.add(events, { way: 'socket' }),
    socketClosed: (fields: { query: string; reason: string; code: number }) => {
      closes.add(1, { reason: fields.reason })
      logger.info(fields, 'WebSocket subscription ended')
    },
    changed: (fields: { what: 'query' | 'subscription' | 'deadLetter'; action: string; id: string; by: string }) => {
      changes.add(1, { what: fields.what, action: fields.action })
      logger.info(fields, 'named query or subscription changed')
    },
    faulted: (fields: DeliveryFields & { error: unknown }) => {
      faults.add(1)
      logger.error(fields, 'subscription could not go on, will try again')
    },
    rowRefused: (fields: { register: string; row: string; message: string }) =>
      logger.error(fields, 'row of a register does not match its schema and is left out'),
    /** To be called once, when what they read is there. */
    showGauges: (gauges: SubscriptionGauges) => {
      for (const state of ['active', 'retrying', 'stopped'] as const)
        metrics.gauge({
          name: `tracegate_api_subscriptions_${state}`,
          help: `Subscriptions that are ${state}`,
          read: () => gauges.states()[state]
        })
      metrics.gauge({
        name: 'tracegate_api_subscription_lag_seconds',
        help: 'Age of the oldest event that waits for a receiver which does not take it',
        read: () => gauges.lagMs() / 1_000
      })
      metrics.gauge({ name: 'tracegate_api_dead_deliveries', help: 'Dead letters of subscriptions', read: gauges.deadLetters })
      metrics.gauge({ name: 'tracegate_api_query_sockets', help: 'WebSocket subscriptions that are open', read: gauges.sockets })
    }
  }
}
