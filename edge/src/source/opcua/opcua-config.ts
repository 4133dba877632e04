/** The configuration of an OPC UA source: which server, how it is reached, and what is taken from it. */
import { isIPv4 } from 'node:net'
import { Type, type Static } from 'typebox'
import { edgeError } from '../../errors.ts'
import { DeviceName, OpcuaAutoId, OpcuaEvent, OpcuaGate, OpcuaVariable } from './opcua-item-config.ts'

const securityPolicies = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
const securityModes = ['None', 'Sign', 'SignAndEncrypt'] as const

export const opcuaDefaults = {
  publishingMs: 250,
  queueLengthMax: 100,
  heartbeatMs: 30_000,
  silenceTimeoutMs: 15_000,
  securityMode: 'None',
  securityPolicy: 'None',
  allowInsecure: false,
  trustUnknownCertificate: false
} as const

const Milliseconds = (options: { minimum: number; maximum: number; default: number; description: string }) =>
  Type.Optional(Type.Integer({ ...options, description: `${options.description}, in milliseconds` }))
const File = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description }))

export const OpcuaSource = Type.Object(
  {
    type: Type.Literal('opcua'),
    endpoint: Type.String({
      pattern: '^opc\\.tcp://',
      maxLength: 1_024,
      description: 'Endpoint of the server, `opc.tcp://host:port/path`'
    }),
    device: DeviceName,
    variables: Type.Array(OpcuaVariable, { maxItems: 10_000, default: [], description: 'Variables to subscribe to' }),
    events: Type.Optional(Type.Array(OpcuaEvent, { maxItems: 64, default: [], description: 'Events to take' })),
    autoId: Type.Optional(OpcuaAutoId),
    gates: Type.Optional(Type.Array(OpcuaGate, { maxItems: 64, default: [], description: 'Gates that take orders' })),
    publishingMs: Milliseconds({ minimum: 50, maximum: 60_000, default: opcuaDefaults.publishingMs, description: 'Publishing interval' }),
    queueLengthMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: opcuaDefaults.queueLengthMax,
        description:
          'Samples that the server keeps per item between two publishings; at the limit it drops one and marks the overflow, which is counted'
      })
    ),
    heartbeatMs: Milliseconds({
      minimum: 1_000,
      maximum: 86_400_000,
      default: opcuaDefaults.heartbeatMs,
      description: 'A variable that was silent for so long is read, and monitored anew where the read shows that the subscription lost it'
    }),
    silenceTimeoutMs: Milliseconds({
      minimum: 2_000,
      maximum: 3_600_000,
      default: opcuaDefaults.silenceTimeoutMs,
      description: 'Neither data nor keep-alive for so long: session and subscription are made anew'
    }),
    securityMode: Type.Optional(
      Type.Enum(securityModes, { default: opcuaDefaults.securityMode, description: 'None is taken on loopback only, unless allowInsecure' })
    ),
    securityPolicy: Type.Optional(
      Type.Enum(securityPolicies, { default: opcuaDefaults.securityPolicy, description: 'Security policy of the channel' })
    ),
    allowInsecure: Type.Optional(
      Type.Boolean({ default: opcuaDefaults.allowInsecure, description: 'Allow security mode None beyond loopback' })
    ),
    trustUnknownCertificate: Type.Optional(
      Type.Boolean({ default: opcuaDefaults.trustUnknownCertificate, description: 'Trust the certificate of the server at first sight' })
    ),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User at the server; anonymous when left out' })),
    password: Type.Optional(Type.String({ maxLength: 1_024, description: 'Password of the user; sent encrypted only, never logged' })),
    userCertificateFile: File('Certificate of the user (PEM or DER), for the X.509 identity'),
    userKeyFile: File('Private key of the user certificate (PEM)')
  },
  { additionalProperties: false }
)
export type OpcuaSource = Static<typeof OpcuaSource>

/** What members say together. Throws `OPCUA_INSECURE` or `OPCUA_CONFIG`. */
export function requireSecurity(config: OpcuaSource): void {
  const { endpoint } = config
  const refuse = (detail: string) => edgeError('OPCUA_CONFIG', { endpoint, detail })
  const mode = config.securityMode ?? opcuaDefaults.securityMode
  const policy = config.securityPolicy ?? opcuaDefaults.securityPolicy
  if ((mode === 'None') !== (policy === 'None'))
    throw refuse(`securityMode is ${mode} with securityPolicy ${policy}, expected both None or neither`)
  if ((config.userCertificateFile === undefined) !== (config.userKeyFile === undefined))
    throw refuse('one of userCertificateFile and userKeyFile is missing, expected both')
  if (config.userCertificateFile !== undefined && config.username !== undefined)
    throw refuse('username and userCertificateFile are both given, expected one identity')
  if (config.password !== undefined && config.username === undefined) throw refuse('password stands without username, expected both')
  if (mode === 'None' && config.username !== undefined)
    throw refuse(
      'username is given with securityMode None, expected Sign or SignAndEncrypt: a password is sent encrypted only, to a server that is known'
    )
  if (mode === 'None' && config.userCertificateFile !== undefined)
    throw refuse('userCertificateFile is given with securityMode None, expected Sign or SignAndEncrypt')
  const { silenceTimeoutMs = opcuaDefaults.silenceTimeoutMs, publishingMs = opcuaDefaults.publishingMs } = config
  if (silenceTimeoutMs < 3 * publishingMs)
    throw refuse(`silenceTimeoutMs is ${silenceTimeoutMs} with publishingMs ${publishingMs}, expected at least three times as long`)
  const wide = config.variables.find(({ deadBandType, deadBand = 0 }) => deadBandType === 'percent' && deadBand > 100)
  if (wide !== undefined) throw refuse(`deadBand of "${wide.node}" is ${wide.deadBand} percent, expected at most 100`)
  if (config.autoId?.scanControl === true && config.autoId.reader === undefined)
    throw refuse('autoId.scanControl stands without autoId.reader, expected the node of the reader')
  if (mode !== 'None' || config.allowInsecure === true || isLoopback(endpoint)) return
  throw edgeError('OPCUA_INSECURE', { endpoint })
}

function isLoopback(endpoint: string): boolean {
  const host = hostOfEndpoint(endpoint)
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** The host as it stands in the endpoint, an IPv6 address without its brackets. */
export function hostOfEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint.replace('opc.tcp:', 'http:'))
  return (url?.hostname ?? '').replaceAll(/^\[|\]$/g, '')
}

/** The devices that the source speaks for. */
export function devicesOfOpcua(config: OpcuaSource): ReadonlySet<string> {
  const devices = new Set([config.device, ...config.variables.flatMap((variable) => variable.device ?? [])])
  for (const event of config.events ?? []) if (event.device !== undefined) devices.add(event.device)
  for (const gate of config.gates ?? []) devices.add(gate.device)
  if (config.autoId !== undefined) devices.add(config.autoId.device)
  return devices
}
