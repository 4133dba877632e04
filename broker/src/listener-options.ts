/** The options of the listeners beyond plain TCP, for an app's configuration, and what they mean for the broker. */
import { Type, type Static } from 'typebox'
import { brokerError } from './errors.ts'
import type { ListenerOptions } from './listeners.ts'
import { clientCertificateModes, type TlsOptions } from './tls-material.ts'

const Port = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: `${description}; without it there is none, 0 takes a free one` }))
const Text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** To be spread into an app's schema. */
export const listenerOptions = {
  mqttHost: Text('Address that the listeners for TLS and WebSocket have; without it that of `host`'),
  mqttTlsPort: Port('TCP port for MQTT over TLS, usually 8883'),
  mqttWsPort: Port('TCP port for MQTT over WebSocket'),
  mqttWssPort: Port('TCP port for MQTT over secure WebSocket'),
  mqttOrigins: Text('Origins whose pages may use MQTT over WebSocket, with commas between; `*` for all; without it no page may'),
  tlsCertificate: Text('PEM file of the certificate for TLS, followed by those that lead to its authority; read again when it changes'),
  tlsKey: Text('PEM file of the key to it'),
  tlsClientCa: Text('PEM file of the authorities whose client certificates are trusted by their issuer'),
  tlsClientCertificate: Type.Optional(
    Type.Enum(clientCertificateModes, { description: 'Whether clients are asked for a certificate; without it optional' })
  )
}
const Options = Type.Object(listenerOptions)
export type ListenerSettings = Static<typeof Options>

/** Throws `BROKER_TLS_MISSING` for a secure listener without certificate and key. */
export function listenersOf(settings: ListenerSettings): ListenerOptions[] {
  const { mqttTlsPort, mqttWsPort, mqttWssPort, mqttHost } = settings
  const host = mqttHost === undefined ? {} : { host: mqttHost }
  const origins = (settings.mqttOrigins ?? '').split(',').flatMap((origin) => (origin.trim() === '' ? [] : [origin.trim()]))
  return [
    ...(mqttTlsPort === undefined ? [] : [{ type: 'tls', port: mqttTlsPort, ...host, tls: tlsOf(settings, 'mqttTlsPort') } as const]),
    ...(mqttWsPort === undefined ? [] : [{ type: 'ws', port: mqttWsPort, ...host, origins } as const]),
    ...(mqttWssPort === undefined
      ? []
      : [{ type: 'wss', port: mqttWssPort, ...host, origins, tls: tlsOf(settings, 'mqttWssPort') } as const])
  ]
}

function tlsOf({ tlsCertificate, tlsKey, tlsClientCa, tlsClientCertificate }: ListenerSettings, option: string): TlsOptions {
  if (tlsCertificate === undefined || tlsKey === undefined) throw brokerError('BROKER_TLS_MISSING', { option })
  return {
    certificate: tlsCertificate,
    key: tlsKey,
    ...(tlsClientCa === undefined ? {} : { clientCa: tlsClientCa }),
    ...(tlsClientCertificate === undefined ? {} : { clientCertificate: tlsClientCertificate })
  }
}
