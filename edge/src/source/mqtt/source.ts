/** Field devices on a foreign MQTT broker. Names the protocol; the client library is loaded when it is used. */
import { edgeError } from '../../errors.ts'
import { checkMqttConnection } from '../mqtt-connection-check.ts'
import { defineSourceKind } from '../source.ts'
import { devicesOfMqtt, MqttSource } from './mqtt-config.ts'
import { topicFault } from './topic-pattern.ts'

export const sourceKind = defineSourceKind({
  type: 'mqtt',
  schema: MqttSource,
  devicesOf: devicesOfMqtt,
  check: checkMqttSource,
  load: async () => (await import('./mqtt.ts')).mqttRunner
})

/** Members that are right by themselves and do not go together. */
function checkMqttSource(config: MqttSource): void {
  checkMqttConnection(config)
  config.subscriptions.forEach(({ topic, device, format }, index) => {
    const wrong = (detail: string) =>
      edgeError('EDGE_CONFIG', { detail: `source ${config.url}: subscriptions[${index}] (${topic}) ${detail}` })
    const fault = topicFault(topic)
    if (fault !== undefined) throw wrong(fault)
    const devicePath = format.type === 'json' || format.type === 'scan' ? format.devicePath : undefined
    if (device === undefined && devicePath === undefined && !topic.split('/').includes('{device}'))
      throw wrong('names no device, expected a {device} level, `device`, or `devicePath` in the format')
    const hasMetric = topic.split('/').includes('{metric}')
    if (format.type === 'text' && format.metric === undefined && !hasMetric)
      throw wrong('names no metric, expected a {metric} level or `metric` in the format')
    if (format.type === 'scan' && format.encoding !== 'text' && format.dataPath === undefined)
      throw wrong('has no dataPath, expected one, or `encoding: text`')
    if (format.type !== 'json') return
    for (const reading of format.readings) {
      if (reading.metric === undefined && reading.metricPath === undefined && !hasMetric)
        throw wrong(`reading ${reading.path} names no metric, expected metric, metricPath or a {metric} level`)
      if (reading.unit === undefined && reading.unitPath === undefined)
        throw wrong(`reading ${reading.path} names no unit, expected unit or unitPath`)
    }
  })
}
