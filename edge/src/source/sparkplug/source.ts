/** Sparkplug B edge nodes on a foreign broker. Names the protocol; the client library is loaded when it is used. */
import { edgeError } from '../../errors.ts'
import { checkMqttConnection } from '../mqtt-connection.ts'
import { defineSourceKind } from '../source.ts'
import { devicesOfSparkplug, SparkplugSource } from './sparkplug-config.ts'

export const sourceKind = defineSourceKind({
  type: 'sparkplug',
  schema: SparkplugSource,
  devicesOf: devicesOfSparkplug,
  check: checkSparkplugSource,
  load: async () => (await import('./sparkplug.ts')).sparkplugRunner
})

/** Members that are right by themselves and do not go together. */
function checkSparkplugSource(config: SparkplugSource): void {
  checkMqttConnection(config)
  const wrong = (detail: string) => edgeError('EDGE_CONFIG', { detail: `source ${config.url}: ${detail}` })
  const bad = Object.keys(config.devices ?? {}).find((key) => !/^[^+/#]+\/[^+/#]+(\/[^+/#]+)?$/.test(key))
  if (bad !== undefined) throw wrong(`devices has "${bad}", expected group/node or group/node/device`)
  const ids = Object.values(config.devices ?? {})
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw wrong(`devices gives the id "${twice}" twice, expected each once`)
  if (config.onlyNamed === true && ids.length === 0) throw wrong('onlyNamed is true and devices is empty, expected at least one')
}
