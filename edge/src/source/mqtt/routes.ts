/** The subscriptions of an MQTT source, ready to use: which topics they want, and who reads a message. Pure. */
import type { PayloadResult } from './finding.ts'
import type { MqttSource } from './mqtt-config.ts'
import { compileFormat } from './mqtt-format.ts'
import { compileTopicPattern, type TopicPattern } from './topic-pattern.ts'

export interface Route {
  readonly pattern: TopicPattern
  readonly qos: 0 | 1
  readonly read: (topic: string, payload: Uint8Array, receivedAtMs: number) => PayloadResult
}

export function routesOf(config: MqttSource): Route[] {
  return config.subscriptions.map((subscription): Route => {
    const pattern = compileTopicPattern(subscription)
    const read = compileFormat(subscription.format)
    return {
      pattern,
      qos: subscription.qos ?? 1,
      read: (topic, payload, receivedAtMs) =>
        read(payload, {
          device: pattern.deviceOf(topic),
          metric: pattern.metricOf(topic),
          receivedAtMs,
          deviceNamed: (name) => pattern.deviceNamed(name)
        })
    }
  })
}

/** One subscription per filter: a broker sends a message once for each that overlaps, and some replace equal ones. */
export function filtersOf(routes: readonly Route[]): { readonly topic: string; readonly qos: 0 | 1 }[] {
  const filters = new Map<string, 0 | 1>()
  for (const { pattern, qos } of routes) filters.set(pattern.filter, qos === 1 || filters.get(pattern.filter) === 1 ? 1 : 0)
  return [...filters].map(([topic, qos]) => ({ topic, qos }))
}
