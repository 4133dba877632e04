/** CONNECT and CONNACK: what is written down of the one, and which code the other carries. Pure. */
import type { IConnectPacket } from 'mqtt-packet'
import type { Blotter } from './blotter.ts'
import type { ConnectEntry } from './observation.ts'

export type Admit = 'accept' | 'refuse-credentials' | 'refuse-authorization' | 'drop'

/** The entry of a CONNECT: all of it but the password. */
export function connectEntryOf(
  packet: IConnectPacket,
  at: { readonly connection: number; readonly blotter: Blotter; readonly atMs: number }
): ConnectEntry {
  const { blotter } = at
  const clientId = blotter.text(packet.clientId)
  const username = blotter.text(packet.username ?? '')
  const willTopic = blotter.text(packet.will?.topic ?? '')
  const willPayload = blotter.bytes(Buffer.from(packet.will?.payload ?? ''))
  const places = { 'client id': clientId, 'user name': username, 'topic of the last will': willTopic, 'last will': willPayload }
  const secretIn = Object.entries(places).flatMap(([name, { found }]) => (found ? [name] : []))
  const password = packet.password === undefined ? 'absent' : blotter.isSecret(packet.password) ? 'right' : 'wrong'
  const { will } = packet
  return {
    type: 'connect',
    atMs: at.atMs,
    connection: at.connection,
    version: packet.protocolVersion ?? 4,
    clientId: clientId.text,
    clean: packet.clean !== false,
    keepAliveS: packet.keepalive ?? 0,
    ...(packet.username === undefined ? {} : { username: username.text }),
    password,
    ...(will === undefined
      ? {}
      : { will: { topic: willTopic.text, qos: will.qos ?? 0, retain: will.retain === true, hex: willPayload.hex } }),
    ...(secretIn.length > 0 ? { secretIn } : {})
  }
}

/** MQTT 3.1.1 §3.2.2.3 and MQTT 5 §3.2.2.2. */
export function connackCodeOf(admit: Admit, version: number): number {
  if (admit === 'refuse-credentials') return version === 5 ? 0x86 : 4
  if (admit === 'refuse-authorization') return version === 5 ? 0x87 : 5
  return 0
}
