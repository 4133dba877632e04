/** How a client reaches a broker of somebody else's: the members that every such configuration shares. It connects nothing. */
import { readFileSync } from 'node:fs'
import type { IClientOptions } from 'mqtt'
import { Type, type Static } from 'typebox'
import { serviceError } from '../errors.ts'

const Path = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description }))

export const mqttConnectionMembers = {
  url: Type.String({
    pattern: '^(mqtts?|wss?)://[^@\\s]+$',
    maxLength: 512,
    description: 'The broker, `mqtt://host:port`, `mqtts://…`, `ws://…` or `wss://…`; never with a user or a password in it'
  }),
  protocolVersion: Type.Optional(Type.Enum(['3.1.1', '5'], { default: '3.1.1', description: 'Version of MQTT' })),
  username: Type.Optional(Type.String({ maxLength: 256, description: 'User at the broker; left out: signs in as nobody' })),
  password: Type.Optional(Type.String({ maxLength: 1_024, description: 'Password; better given by `passwordFile`' })),
  passwordFile: Path('File that holds the password, read at each connection; a line break at its end is not part of it'),
  caFile: Path('PEM file of the authorities whose brokers are trusted; left out: those that Node trusts'),
  certificateFile: Path('PEM file of the certificate to sign in with; needs `keyFile`'),
  keyFile: Path('PEM file of the private key of that certificate'),
  serverName: Type.Optional(
    Type.String({ maxLength: 253, description: 'Name expected in the certificate of the broker; left out: the host of `url`' })
  ),
  keepAliveSeconds: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3_600, default: 15, description: 'Silence after which the line is tested, in seconds' })
  ),
  connectTimeoutMs: Type.Optional(
    Type.Integer({
      minimum: 100,
      maximum: 120_000,
      default: 10_000,
      description: 'Wait for the broker to take the connection, in milliseconds'
    })
  )
} as const

const MqttConnection = Type.Object(mqttConnectionMembers)
export type MqttConnection = Static<typeof MqttConnection>

/** Why members that are right by themselves do not go together; undefined when they do. */
export function connectionFault(connection: MqttConnection): string | undefined {
  const secure = /^(mqtts|wss):/.test(connection.url)
  const { password, passwordFile, username, certificateFile, keyFile, caFile } = connection
  if (password !== undefined && passwordFile !== undefined) return 'has password and passwordFile, expected one of them'
  if (username === undefined && (password ?? passwordFile) !== undefined) return 'has a password and no username, expected both'
  if ((certificateFile === undefined) !== (keyFile === undefined)) return 'has one of certificateFile and keyFile, expected both or none'
  if (!secure && (caFile ?? certificateFile) !== undefined) return 'has certificates, expected mqtts:// or wss:// as the url with them'
  return undefined
}

/** Reads the files named. Throws `MQTT_FILE` for one that cannot be read. */
export function clientOptionsOf(connection: MqttConnection): IClientOptions {
  const password =
    connection.passwordFile === undefined ? connection.password : readText(connection.passwordFile, 'passwordFile').replace(/\r?\n$/, '')
  return {
    protocolVersion: connection.protocolVersion === '5' ? 5 : 4,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: connection.connectTimeoutMs ?? 10_000,
    keepalive: connection.keepAliveSeconds ?? 15,
    ...(connection.username === undefined ? {} : { username: connection.username }),
    ...(password === undefined ? {} : { password }),
    ...(connection.caFile === undefined ? {} : { ca: readText(connection.caFile, 'caFile') }),
    ...(connection.certificateFile === undefined ? {} : { cert: readText(connection.certificateFile, 'certificateFile') }),
    ...(connection.keyFile === undefined ? {} : { key: readText(connection.keyFile, 'keyFile') }),
    ...(connection.serverName === undefined ? {} : { servername: connection.serverName })
  }
}

function readText(path: string, member: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw serviceError('MQTT_FILE', { member, path, detail: why }, error)
  }
}
