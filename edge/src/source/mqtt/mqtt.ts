/**
 * The MQTT source: field devices on a foreign broker. A message is acknowledged there only when the outbox has it, so that
 * the foreign broker keeps what the agent could not; what cannot be read is acknowledged and goes to the dead letter.
 */
import { type MqttSession, openMqttSession } from '@tracegate/service/mqtt-session/mqtt-session'
import type { Source, SourceDependencies, SourceRunner } from '../source.ts'
import type { Finding } from './finding.ts'
import { devicesOfMqtt, type MqttSource } from './mqtt-config.ts'
import { probeMqtt } from './mqtt-probe.ts'
import { filtersOf, routesOf } from './routes.ts'

export const mqttRunner: SourceRunner<MqttSource> = { start: startMqttSource, probe: probeMqtt }

/** Most devices that are announced because a topic or payload named them; readings of others are kept all the same. */
const announcedMax = 1_000

function startMqttSource(config: MqttSource, dependencies: SourceDependencies): Source {
  const { intake, logger, events, onDevice } = dependencies
  const routes = routesOf(config)
  const devices = new Set(devicesOfMqtt(config))
  let lastDataAtMs: number | undefined

  const hand = (finding: Finding): Promise<void>[] => {
    if (finding.type === 'readings') return [intake.readingsDurably(finding.readings)]
    if (finding.type === 'event') return [intake.event(finding.epcis, { device: finding.device })]
    // Handed over in one turn, so that scans of the next message cannot come between.
    return finding.scans.map((scan) => intake.scan(scan, { device: finding.device, rule: finding.rule }))
  }

  const take = async (topic: string, payload: Uint8Array): Promise<void> => {
    const receivedAtMs = Date.now()
    lastDataAtMs = receivedAtMs
    const route = routes.find((candidate) => candidate.pattern.matches(topic))
    if (route === undefined) return
    const { findings, refused } = route.read(topic, payload, receivedAtMs)
    for (const device of devicesIn(findings)) {
      if (devices.has(device) || devices.size >= announcedMax) continue
      devices.add(device)
      onDevice(device, true, '')
    }
    await settled(findings.flatMap(hand))
    // Last, as a message that comes again because it could not be kept would be refused again.
    const named = route.pattern.deviceOf(topic)
    if (refused !== undefined)
      intake.refuse({ source: config.url, topic, reason: refused, payload, ...(named?.ok === true ? { device: named.value } : {}) })
  }

  const session: MqttSession = openMqttSession({
    connection: config,
    clientId: config.clientId ?? dependencies.clientId,
    persistent: config.session !== 'clean',
    ...(config.sessionExpirySeconds === undefined ? {} : { sessionExpirySeconds: config.sessionExpirySeconds }),
    filters: filtersOf(routes),
    inFlightMax: config.inFlightMax ?? 500,
    onMessage: take,
    onUp: () => devices.forEach((device) => onDevice(device, true, '')),
    onDown: () => devices.forEach((device) => onDevice(device, false, 'source not connected')),
    onFailed: (detail) => events.sourceRestarted(config.url, detail),
    logger
  })
  return {
    status: () => ({
      name: config.url,
      type: 'mqtt',
      connected: session.connected,
      detail: session.detail,
      ...(lastDataAtMs === undefined ? {} : { lastDataAtMs })
    }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]()
  }
}

function devicesIn(findings: readonly Finding[]): Set<string> {
  return new Set(
    findings.flatMap((finding) => (finding.type === 'readings' ? finding.readings.map(({ device }) => device) : [finding.device]))
  )
}

/** All are tried before one of them fails the message. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
