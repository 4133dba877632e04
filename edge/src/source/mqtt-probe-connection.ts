/** A short connection to a foreign broker for a check: clean session, an id of its own, no second try. */
import mqtt, { type MqttClient } from 'mqtt'
import { clientOptionsOf, type MqttConnection } from '@tracegate/service/mqtt-session/mqtt-connection'
import type { ProbeFinding } from './source.ts'

export interface ProbeConnection extends AsyncDisposable {
  readonly finding: ProbeFinding
  readonly publish: (topic: string, payload: Uint8Array) => void
}

/** From this code on a SUBACK says no, in both versions of MQTT. */
const subackFailure = 128

/** Never rejects: what goes wrong is in the finding. */
export async function probeMqttConnection(options: {
  readonly connection: MqttConnection
  readonly clientId: string
  readonly filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]
  readonly signal: AbortSignal
  readonly onMessage: (topic: string, payload: Uint8Array) => void
}): Promise<ProbeConnection> {
  const { connection, filters } = options
  const { promise, resolve } = Promise.withResolvers<ProbeFinding>()
  const settle = (ok: boolean, detail: string) => resolve({ item: connection.url, ok, detail })
  let client: MqttClient | undefined
  try {
    client = mqtt.connect(connection.url, { ...clientOptionsOf(connection), clientId: options.clientId, clean: true })
  } catch (error) {
    settle(false, error instanceof Error ? error.message : String(error))
  }
  client?.on('message', options.onMessage)
  client?.once('error', (error) => settle(false, `cannot connect: ${error.message}`))
  client?.once('close', () => settle(false, 'the broker closed the connection, expected it to take the agent'))
  client?.once('connect', () => {
    client.subscribe(Object.fromEntries(filters.map(({ topic, qos }) => [topic, { qos }])), (error, granted) => {
      const refused = granted?.find((grant) => grant.qos >= subackFailure)
      if (error) settle(false, `subscription refused: ${error.message}`)
      else if (refused !== undefined) settle(false, `subscription to "${refused.topic}" refused by the broker, expected a grant`)
      else settle(true, `connected, ${filters.length} subscriptions granted`)
    })
  })
  const abort = () => settle(false, 'stopped')
  options.signal.addEventListener('abort', abort, { once: true })
  const finding = await promise
  options.signal.removeEventListener('abort', abort)
  return {
    finding,
    publish: (topic, payload) => client?.publish(topic, Buffer.from(payload), { qos: 0 }),
    async [Symbol.asyncDispose]() {
      if (client === undefined) return
      client.on('error', () => undefined)
      await client.endAsync(true)
    }
  }
}
