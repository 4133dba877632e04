/**
 * The MQTT source: field devices on a foreign broker. A message is acknowledged there only when the outbox has it, so that
 * the foreign broker keeps what the agent could not; what cannot be read is acknowledged and goes to the dead letter.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { backOffMs } from '../../uplink/back-off.ts'
import { devicesOfMqtt, type MqttSource, type MqttSubscription } from './mqtt-config.ts'
import { type Finding, readPayload } from './mqtt-format.ts'
import type { Source, SourceDependencies, SourceRunner } from '../source.ts'
import { compileTopicPattern, type TopicPattern } from './topic-pattern.ts'

const backOffLimits = { minMs: 500, maxMs: 30_000 }
/** The code in a SUBACK that is no grant. */
const subackFailure = 128

interface Route {
  readonly pattern: TopicPattern
  readonly subscription: MqttSubscription
}

export const mqttRunner: SourceRunner<MqttSource> = {
  start: startMqttSource,
  async *probe() {}
}

function startMqttSource(config: MqttSource, dependencies: SourceDependencies): Source {
  const { intake, logger, events, onDevice } = dependencies
  const routes: Route[] = config.subscriptions.map((subscription) => ({ pattern: compileTopicPattern(subscription), subscription }))
  const devices = new Set(devicesOfMqtt(config))
  let client: MqttClient | undefined
  let connected = false
  let detail = 'connecting'
  let lastDataAtMs: number | undefined
  let attempt = 0
  let stopped = false
  let retryTimer: NodeJS.Timeout | undefined

  const take = async (topic: string, payload: Uint8Array): Promise<void> => {
    lastDataAtMs = Date.now()
    const route = routes.find((candidate) => candidate.pattern.matches(topic))
    if (route === undefined) return
    const device = route.pattern.deviceOf(topic)
    if (!device.ok) {
      intake.refuse({ source: config.url, topic, reason: device.reason, payload })
      return
    }
    const finding = readPayload(route.subscription.format, payload, { device: device.value, receivedAtMs: lastDataAtMs })
    if (!finding.ok) {
      intake.refuse({ source: config.url, device: device.value, topic, reason: finding.reason, payload })
      return
    }
    if (!devices.has(device.value)) {
      devices.add(device.value)
      onDevice(device.value, true, '')
    }
    await hand(finding.value, device.value)
  }

  const hand = async (finding: Finding, device: string): Promise<void> => {
    if (finding.type === 'readings') return intake.readingsDurably(finding.readings)
    if (finding.type === 'event') return intake.event(finding.epcis, { device })
    for (const scan of finding.scans) await intake.scan(scan, { device, rule: finding.rule })
  }

  const acknowledge = async (message: { work: Promise<void>; done: () => void; line: MqttClient }): Promise<void> => {
    try {
      await message.work
      message.done()
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error)
      events.sourceRestarted(config.url, detail)
      // Not acknowledged: the foreign broker sends it again when the session is resumed.
      message.line.end(true)
    }
  }

  const connect = () => {
    if (stopped) return
    const line = mqtt.connect(config.url, {
      clientId: dependencies.clientId,
      ...(config.username === undefined ? {} : { username: config.username }),
      ...(config.password === undefined ? {} : { password: config.password }),
      protocolVersion: 4,
      clean: false,
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: 10_000,
      keepalive: 15
    })
    client = line
    // MQTT.js acknowledges after this callback, one message after the other.
    line.handleMessage = (packet, done) => {
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
      void acknowledge({ work: take(packet.topic, payload), done, line })
    }
    line.on('connect', () => {
      const filters = Object.fromEntries(routes.map((route) => [route.pattern.filter, { qos: 1 } as const]))
      line.subscribe(filters, (error, granted) => {
        if (line !== client) return
        const refused = granted?.find((grant) => grant.qos === subackFailure)
        if (error || refused !== undefined) {
          detail = `subscription refused: ${error?.message ?? refused?.topic}`
          line.end(true)
          return
        }
        attempt = 0
        connected = true
        detail = 'connected'
        logger.info({ source: config.url }, 'mqtt source connected')
        for (const device of devices) onDevice(device, true, '')
      })
    })
    line.on('error', (error) => {
      detail = error.message
    })
    line.once('close', () => {
      if (line !== client) return
      client = undefined
      connected = false
      line.end(true)
      for (const device of devices) onDevice(device, false, 'source not connected')
      if (stopped) return
      const waitMs = backOffMs(attempt, backOffLimits, Math.random())
      attempt += 1
      logger.warn({ source: config.url, detail, waitMs }, 'mqtt source not connected')
      retryTimer = setTimeout(connect, waitMs)
    })
  }

  connect()
  return {
    status: () => ({ name: config.url, type: 'mqtt', connected, detail, ...(lastDataAtMs === undefined ? {} : { lastDataAtMs }) }),
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(retryTimer)
      const line = client
      client = undefined
      if (line === undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      line.end(true, () => resolve())
      await promise
    }
  }
}
