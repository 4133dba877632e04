/**
 * The Sparkplug B source: the agent as a host application of the edge nodes on a foreign broker. Sparkplug's data is QoS 0 and its sessions
 * are clean, so that what is lost on that line is noticed, told, and not got back; nothing here pretends otherwise.
 */
import { sparkplugTopic } from '@tracegate/model/sparkplug/topic'
import { openMqttSession } from '@tracegate/service/mqtt-session/mqtt-session'
import type { Source, SourceDependencies, SourceRunner } from '../source.ts'
import { filtersOf, rebirthCommand } from '@tracegate/model/sparkplug/host/filters'
import { createSparkplugHost } from '@tracegate/model/sparkplug/host/host'
import { probeSparkplug } from './sparkplug-probe.ts'
import type { SparkplugSource } from './sparkplug-config.ts'

export const sparkplugRunner: SourceRunner<SparkplugSource> = { start: startSparkplugSource, probe: probeSparkplug }

const tickMs = 250

function startSparkplugSource(config: SparkplugSource, dependencies: SourceDependencies): Source {
  const { intake, logger, events, onDevice } = dependencies
  const source = config.url
  let lastDataAtMs: number | undefined
  /** Of the last will and of the state that follows it: they must be equal. */
  let stateTimeMs = Date.now()

  const stateOf = (online: boolean) => Buffer.from(JSON.stringify({ online, timestamp: stateTimeMs }))
  const publishState = (online: boolean) => {
    if (config.hostId === undefined) return
    session.publish(sparkplugTopic({ type: 'STATE', host: config.hostId }), stateOf(online), { qos: 1, retain: true })
  }

  const host = createSparkplugHost({
    config,
    actions: {
      readings: (readings) => intake.readings(readings),
      device: ({ id, declared, reason }) => onDevice(id, declared !== undefined, reason, declared),
      askRebirth(node, reason) {
        logger.info({ source, ...node, reason }, 'sparkplug births asked for')
        session.publish(sparkplugTopic({ type: 'NCMD', ...node }), rebirthCommand(Date.now()), { qos: 0 })
      },
      gap(node, missing) {
        events.sourceOverflowed(source)
        logger.warn({ source, ...node, missing }, 'sparkplug messages are missing')
      },
      refuse: ({ node: _node, ...entry }) => intake.refuse({ source, ...entry }),
      // Another program with the same id, or the will of an earlier connection (chapter 5.14).
      stateSeen(hostId, payload) {
        if (hostId === config.hostId && isOffline(payload)) publishState(true)
      }
    },
    now: Date.now
  })

  const session = openMqttSession({
    connection: config,
    clientId: config.clientId ?? dependencies.clientId,
    persistent: false,
    ...(config.hostId === undefined ? {} : { will: () => willOf(config.hostId ?? '') }),
    filters: filtersOf(config),
    inFlightMax: 1_000,
    onMessage(topic, payload) {
      lastDataAtMs = Date.now()
      host.take(topic, payload, lastDataAtMs)
      return Promise.resolve()
    },
    onUp() {
      publishState(true)
      host.connected()
    },
    onDown: () => host.lost(),
    onFailed: (detail) => events.sourceRestarted(source, detail),
    logger
  })
  const willOf = (hostId: string) => {
    stateTimeMs = Date.now()
    return { topic: sparkplugTopic({ type: 'STATE', host: hostId }), payload: stateOf(false), qos: 1 as const, retain: true }
  }
  const ticker = setInterval(() => host.tick(), tickMs)

  return {
    status() {
      const { nodesOnline, devicesOnline, gaps, passedOver } = host.counts
      const figures = `${nodesOnline} edge nodes, ${devicesOnline} devices online, ${gaps} gaps, ${passedOver} messages passed over`
      const detail = session.connected ? figures : session.detail
      return {
        name: source,
        type: 'sparkplug',
        connected: session.connected,
        detail,
        ...(lastDataAtMs === undefined ? {} : { lastDataAtMs })
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(ticker)
      publishState(false)
      await session[Symbol.asyncDispose]()
    }
  }
}

function isOffline(payload: Uint8Array): boolean {
  try {
    const state: unknown = JSON.parse(Buffer.from(payload).toString())
    return typeof state === 'object' && state !== null && 'online' in state && state.online === false
  } catch {
    return false
  }
}
