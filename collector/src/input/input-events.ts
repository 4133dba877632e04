/** What happens at the MQTT input, each as one counter and, where a person may care, one log line. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { MqttInputOptions } from './mqtt-options.ts'

export interface InputEventsOptions {
  readonly input: MqttInputOptions
  readonly logger: Logger
  readonly metrics: Metrics
}

export function createInputEvents({ input, logger, metrics }: InputEventsOptions) {
  const { url } = input
  let counts: (() => { readonly messages: number; readonly bytes: number }) | undefined
  let wasConnected = false
  const connections = metrics.counter({
    name: 'tracegate_collector_input_connections_total',
    help: 'Connections to the broker by what became of them; sessionLost: the broker forgot what it kept for this collector',
    labels: ['event']
  })
  const messages = metrics.counter({
    name: 'tracegate_collector_input_messages_total',
    help: 'Messages that the input did not commit: those of other partitions, and those that will come again',
    labels: ['outcome']
  })
  metrics.gauge({
    name: 'tracegate_collector_input_in_flight_messages',
    help: 'Messages from the broker between arrival and commit',
    read: () => counts?.().messages ?? 0
  })
  metrics.gauge({
    name: 'tracegate_collector_input_in_flight_bytes',
    help: 'Bytes from the broker between arrival and commit',
    read: () => counts?.().bytes ?? 0
  })
  return {
    watch: (read: typeof counts) => void (counts = read),
    connected(sessionPresent: boolean) {
      connections.add(1, { event: 'connected' })
      // What was waiting in a forgotten session comes again from the devices, as no watermark covers it.
      if (wasConnected && !sessionPresent) {
        connections.add(1, { event: 'sessionLost' })
        logger.warn({ url }, 'broker connected, and has forgotten the session')
      } else logger.info({ url, sessionPresent }, 'broker connected')
      wasConnected = true
    },
    closed() {
      connections.add(1, { event: 'closed' })
      logger.warn({ url }, 'broker connection closed')
    },
    refused(error: Error) {
      connections.add(1, { event: 'refused' })
      logger.error({ error: error.message }, 'broker does not honour the mode, no messages are taken')
    },
    ignored: () => messages.add(1, { outcome: 'ofAnotherPartition' }),
    notCommitted(error: unknown) {
      messages.add(1, { outcome: 'notCommitted' })
      logger.warn({ error: textOf(error) }, 'message not committed, connecting anew')
    },
    failed: (what: string, error: unknown) => logger.error({ url, what, error: textOf(error) }, 'broker input failed'),
    [Symbol.dispose]: () => void (counts = undefined)
  }
}
export type InputEvents = ReturnType<typeof createInputEvents>

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
