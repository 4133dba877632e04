/** What happens at the agent, as log lines and counters: one function per business event. They never throw. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export interface EdgeCounts {
  readingsTaken: number
  readingsKept: number
  eventsKept: number
  scansKept: number
  messagesSent: number
  messagesResent: number
  messagesCommitted: number
  readingsCommitted: number
  readingsDropped: number
  markersDropped: number
  readingsRefused: number
  deadLetters: number
  deadLettersNotKept: number
  watermarksRefused: number
  clockSteps: number
  sourceRestarts: number
  sourceOverflows: number
  scansNotRead: number
  packedForgotten: number
}

export interface EdgeEvents {
  readonly counts: Readonly<EdgeCounts>
  readingsTaken(count: number): void
  kept(channel: 'telemetry' | 'scan' | 'event', readings: number): void
  refusedReadings(count: number, code: string): void
  sent(messages: number): void
  resent(messages: number): void
  released(messages: number, readings: number): void
  dropped(dropped: { readonly messages: number; readonly readings: number; readonly markers: number }): void
  deadLetter(code: string, kept: boolean): void
  watermarkRefused(): void
  clockStepped(byMs: number): void
  sourceRestarted(source: string, reason: string): void
  /** The server's queue for an item was full. */
  sourceOverflowed(source: string): void
  /** A scan that gives no event by its rule; it is sent as it was read. */
  scanNotRead(device: string, code: string, message: string): void
  /** Goods scanned for packing that were too many to remember. */
  packedForgotten(device: string): void
  connected(connected: boolean): void
}

export function createEdgeEvents(dependencies: { readonly logger: Logger; readonly metrics: Metrics; readonly agent: string }): EdgeEvents {
  const { logger, metrics } = dependencies
  const labels = { agent: dependencies.agent }
  const counts: EdgeCounts = {
    readingsTaken: 0,
    readingsKept: 0,
    eventsKept: 0,
    scansKept: 0,
    messagesSent: 0,
    messagesResent: 0,
    messagesCommitted: 0,
    readingsCommitted: 0,
    readingsDropped: 0,
    markersDropped: 0,
    readingsRefused: 0,
    deadLetters: 0,
    deadLettersNotKept: 0,
    watermarksRefused: 0,
    clockSteps: 0,
    sourceRestarts: 0,
    sourceOverflows: 0,
    scansNotRead: 0,
    packedForgotten: 0
  }
  const meters = edgeMeters(metrics)
  const add = (name: keyof EdgeCounts, count = 1) => {
    counts[name] += count
    meters.count.add(count, { ...labels, what: name })
  }
  return {
    counts,
    readingsTaken: (count) => add('readingsTaken', count),
    kept(channel, readings) {
      if (channel === 'telemetry') add('readingsKept', readings)
      else add(channel === 'event' ? 'eventsKept' : 'scansKept')
    },
    refusedReadings(count, code) {
      add('readingsRefused', count)
      logger.warn({ count, code }, 'readings refused by the outbox')
    },
    sent: (messages) => add('messagesSent', messages),
    resent: (messages) => add('messagesResent', messages),
    released(messages, readings) {
      add('messagesCommitted', messages)
      add('readingsCommitted', readings)
    },
    dropped(dropped) {
      add('readingsDropped', dropped.readings)
      add('markersDropped', dropped.markers)
      logger.warn(dropped, 'outbox is full: the oldest telemetry gave way')
    },
    deadLetter(code, kept) {
      add('deadLetters')
      if (!kept) add('deadLettersNotKept')
      meters.refused.add(1, { ...labels, code })
    },
    watermarkRefused: () => add('watermarksRefused'),
    clockStepped(byMs) {
      add('clockSteps')
      logger.warn({ byMs }, 'the clock of this machine stepped')
    },
    sourceRestarted(source, reason) {
      add('sourceRestarts')
      logger.warn({ source, reason }, 'source is started again')
    },
    sourceOverflowed(source) {
      add('sourceOverflows')
      logger.debug({ source }, 'queue of the server overflowed')
    },
    scanNotRead(device, code, message) {
      add('scansNotRead')
      logger.info({ device, code, detail: message }, 'scan gives no event')
    },
    packedForgotten(device) {
      add('packedForgotten')
      logger.warn({ device }, 'too many goods scanned before a label: the oldest is forgotten')
    },
    connected: (connected) => meters.connected.set(connected ? 1 : 0, labels)
  }
}

type Meters = {
  readonly count: ReturnType<Metrics['counter']>
  readonly refused: ReturnType<Metrics['counter']>
  readonly connected: ReturnType<Metrics['gauge']>
}

/** Several agents may share one process and its metrics; a name can be registered once only. */
const metersOf = new WeakMap<Metrics, Meters>()

function edgeMeters(metrics: Metrics): Meters {
  const known = metersOf.get(metrics)
  if (known !== undefined) return known
  const meters = {
    count: metrics.counter({ name: 'tracegate_edge_items_total', help: 'What the edge agent did, by kind', labels: ['agent', 'what'] }),
    refused: metrics.counter({ name: 'tracegate_edge_dead_letters_total', help: 'Inputs refused, by reason', labels: ['agent', 'code'] }),
    connected: metrics.gauge({ name: 'tracegate_edge_connected', help: '1 while the broker is connected', labels: ['agent'] })
  }
  metersOf.set(metrics, meters)
  return meters
}
