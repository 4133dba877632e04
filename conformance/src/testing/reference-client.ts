/** The MQTT connection of the reference device: one client a connection, signed in as the contract says, or wrongly by a flaw. */
import mqtt, { type MqttClient } from 'mqtt'
import type { Flaw } from './flaws.ts'

export interface ReferenceClientOptions {
  readonly port: number
  readonly point: string
  readonly device: string
  readonly secret: string
  readonly mqttVersion?: 4 | 5
  readonly boot: string
  /** How many connections there have been, this one included. */
  readonly connects: number
  readonly is: (...names: Flaw[]) => boolean
}

export function connectReference(options: ReferenceClientOptions): MqttClient {
  const { point, device, is, boot, connects } = options
  const clientId = is('client-id-changes') ? `c-${connects}` : is('secret-in-client-id') ? `c-${options.secret}` : `${point}-${device}`
  const death = { v: 1, online: false, boot: is('will-other-boot') ? `${boot}w` : boot }
  const will = {
    topic: `tg/v1/${point}/${device}/state`,
    payload: Buffer.from(JSON.stringify(death)),
    qos: 1,
    retain: !is('will-not-retained')
  } as const
  return mqtt.connect({
    host: '127.0.0.1',
    port: options.port,
    clientId,
    username: is('user-name-without-point') ? device : `${point}/${device}`,
    password: is('wrong-password') ? 'guess' : options.secret,
    protocolVersion: is('protocol-3') ? 3 : (options.mqttVersion ?? 4),
    protocolId: is('protocol-3') ? 'MQIsdp' : 'MQTT',
    clean: !is('trusts-session'),
    keepalive: is('keep-alive-0') ? 0 : 15,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    resubscribe: false,
    queueQoSZero: false,
    ...(is('no-will') ? {} : { will })
  })
}

const endLimitMs = 300

/** A client whose line dies while it says goodbye never says that it has ended. */
export async function endReference(line: MqttClient | undefined): Promise<void> {
  if (line === undefined) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    line.end(true)
    resolve()
  }, endLimitMs)
  line.end(!line.connected, () => resolve())
  await promise
  clearTimeout(timer)
}
