/** Sparkplug B edge nodes on a foreign broker. Names the protocol; the client library is loaded when it is used. */
import { namingFault } from '@tracegate/model/sparkplug/host/host-config'
import { edgeError } from '../../errors.ts'
import { checkMqttConnection } from '../mqtt-connection-check.ts'
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
  const fault = namingFault(config)
  if (fault !== undefined) throw edgeError('EDGE_CONFIG', { detail: `source ${config.url}: ${fault}` })
}
