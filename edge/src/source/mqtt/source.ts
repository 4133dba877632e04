/** Field devices on a foreign MQTT broker. Names the protocol; the client library is loaded when it is used. */
import { defineSourceKind } from '../source.ts'
import { devicesOfMqtt, MqttSource } from './mqtt-config.ts'

export const sourceKind = defineSourceKind({
  type: 'mqtt',
  schema: MqttSource,
  devicesOf: devicesOfMqtt,
  load: async () => (await import('./mqtt.ts')).mqttRunner
})
