/** Refuses a connection to a foreign broker whose members do not go together, as an error of the agent's configuration. */
import { connectionFault, type MqttConnection } from '@tracegate/service/mqtt-session/mqtt-connection'
import { edgeError } from '../errors.ts'

/** Throws `EDGE_CONFIG`. */
export function checkMqttConnection(connection: MqttConnection): void {
  const fault = connectionFault(connection)
  if (fault !== undefined) throw edgeError('EDGE_CONFIG', { detail: `source ${connection.url}: ${fault}` })
}
