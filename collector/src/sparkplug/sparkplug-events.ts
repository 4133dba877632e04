/** What happens at the Sparkplug input, each as one counter and, where a person may care, one log line. Never throws. */
import type { NodeName } from '@tracegate/model/sparkplug/host/host-types'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export interface SparkplugEventsOptions {
  readonly url: string
  readonly hostId: string
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Read at each scrape. */
export interface SparkplugFigures {
  readonly nodesOnline: number
  readonly devicesOnline: number
  readonly waitingMessages: number
  readonly waitingBytes: number
}

export function createSparkplugEvents({ url, hostId, logger, metrics }: SparkplugEventsOptions) {
  let figures: (() => SparkplugFigures) | undefined
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter({ name: `tracegate_collector_sparkplug_${name}_total`, help, labels })
  const messages = counter('messages', 'Messages of Sparkplug by what became of them', ['outcome'])
  const gaps = counter('gaps', 'Times that messages of an edge node were missing for longer than the reorder time-out')
  const missing = counter('missing_messages', 'Messages of edge nodes that never came, as far as their sequence tells')
  const dropped = counter('dropped_readings', 'Readings that gave way as the queue to the log was full')
  const rebirths = counter('rebirths', 'Requests for births')
  const deaths = counter('deaths', 'Edge nodes and devices that ended, or are not known to live')
  const takeovers = counter('takeovers', 'Times that another host application was seen with the id of this one')
  const retries = counter('retries', 'Commits that were refused and tried again')
  const gauge = (name: string, help: string, read: (now: SparkplugFigures) => number) =>
    metrics.gauge({ name: `tracegate_collector_sparkplug_${name}`, help, read: () => (figures === undefined ? 0 : read(figures())) })
  gauge('nodes_online', 'Edge nodes that live', (now) => now.nodesOnline)
  gauge('devices_online', 'Edge nodes and devices that live', (now) => now.devicesOnline)
  gauge('waiting_messages', 'Messages that wait for their commit', (now) => now.waitingMessages)
  gauge('waiting_bytes', 'Bytes that wait for their commit', (now) => now.waitingBytes)
  return {
    watch: (read: () => SparkplugFigures) => void (figures = read),
    taken: () => messages.add(1, { outcome: 'taken' }),
    ofAnotherPartition: () => messages.add(1, { outcome: 'ofAnotherPartition' }),
    retained: () => messages.add(1, { outcome: 'retained' }),
    refused: () => messages.add(1, { outcome: 'refused' }),
    refusalLost: () => messages.add(1, { outcome: 'refusedAndNotKept' }),
    gap(node: NodeName, count: number) {
      gaps.add()
      missing.add(count)
      logger.warn({ url, ...node, missing: count }, 'sparkplug messages are missing')
    },
    full: () => logger.warn({ url }, 'sparkplug messages come faster than they are committed, readings are dropped'),
    dropped: (readings: number) => dropped.add(readings),
    roomAgain: (devices: number) => logger.info({ url, devices }, 'sparkplug messages are taken again, births are asked for'),
    rebirthAsked(node: NodeName, reason: string) {
      rebirths.add()
      logger.info({ url, ...node, reason }, 'sparkplug births asked for')
    },
    died(id: string, reason: string) {
      deaths.add()
      logger.info({ url, device: id, reason }, 'sparkplug device is stale')
    },
    hostSeen: (host: string, online: boolean) => logger.info({ url, host, online }, 'another sparkplug host application'),
    takenOver(stopped: boolean) {
      takeovers.add()
      if (stopped) logger.error({ url, hostId }, 'another sparkplug host application has the same id, this one stops')
      else logger.warn({ url, hostId }, 'another sparkplug host application has the same id')
    },
    retried(error: unknown) {
      retries.add()
      logger.warn({ url, error: textOf(error) }, 'sparkplug message not committed, trying again')
    },
    left: (count: number) => logger.warn({ url, messages: count }, 'sparkplug messages were not committed at the end'),
    failed: (what: string, error: unknown) => logger.error({ url, what, error: textOf(error) }, 'sparkplug input failed'),
    [Symbol.dispose]: () => void (figures = undefined)
  }
}
export type SparkplugEvents = ReturnType<typeof createSparkplugEvents>

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
