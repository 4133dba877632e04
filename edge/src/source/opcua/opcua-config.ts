/** The configuration of an OPC UA source: which server, which variables, which AutoID reader. */
import { isIPv4 } from 'node:net'
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'
import { edgeError } from '../../errors.ts'
import { ScanRule } from '@tracegate/model/scan-event'

const DeviceName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device id at this point' })
const NodeAddress = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description:
    'Node id (`ns=2;s=Chamber1.Temperature`, `nsu=http://…;s=…`) or browse path from the Objects folder (`/2:ColdStore/2:Chamber1`, `/nsu=http://…;ColdStore/…`)'
})

export const opcuaDefaults = {
  samplingMs: 1_000,
  deadBand: 0,
  publishingMs: 250,
  queueLengthMax: 100,
  heartbeatMs: 30_000,
  silenceTimeoutMs: 15_000,
  securityMode: 'None',
  securityPolicy: 'None',
  allowInsecure: false,
  trustUnknownCertificate: false
} as const

export const OpcuaVariable = Type.Object(
  {
    node: NodeAddress,
    device: Type.Optional(DeviceName),
    metric: Metric,
    unit: UcumUnit,
    scale: Type.Optional(Type.Number({ default: 1, description: 'Factor from the value of the server to the unit' })),
    samplingMs: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 3_600_000,
        default: opcuaDefaults.samplingMs,
        description: 'Sampling interval, in milliseconds'
      })
    ),
    deadBand: Type.Optional(
      Type.Number({
        minimum: 0,
        default: opcuaDefaults.deadBand,
        description: 'Least change to report, in the unit of the server (absolute)'
      })
    )
  },
  { additionalProperties: false }
)
export type OpcuaVariable = Static<typeof OpcuaVariable>

export const OpcuaAutoId = Type.Object(
  {
    notifier: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        default: 'i=2253',
        description: 'Node id or browse path of the event notifier; the Server object by default'
      })
    ),
    source: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Take only events whose SourceName or DeviceName is this; all by default' })
    ),
    device: DeviceName,
    rule: ScanRule
  },
  { additionalProperties: false }
)
export type OpcuaAutoId = Static<typeof OpcuaAutoId>

export const OpcuaSource = Type.Object(
  {
    type: Type.Literal('opcua'),
    endpoint: Type.String({ pattern: '^opc\\.tcp://', description: 'Endpoint of the server, `opc.tcp://host:port/path`' }),
    device: DeviceName,
    variables: Type.Array(OpcuaVariable, { maxItems: 10_000, default: [], description: 'What to subscribe to' }),
    autoId: Type.Optional(OpcuaAutoId),
    publishingMs: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 60_000,
        default: opcuaDefaults.publishingMs,
        description: 'Publishing interval, in milliseconds'
      })
    ),
    queueLengthMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: opcuaDefaults.queueLengthMax,
        description:
          'Samples that the server keeps per item between two publishings; at the limit it drops the oldest and marks the overflow'
      })
    ),
    heartbeatMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 86_400_000,
        default: opcuaDefaults.heartbeatMs,
        description: 'A variable that did not change for so long is read, in milliseconds'
      })
    ),
    silenceTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 2_000,
        maximum: 3_600_000,
        default: opcuaDefaults.silenceTimeoutMs,
        description: 'Neither data nor keep-alive for so long: session and subscription are made anew, in milliseconds'
      })
    ),
    securityMode: Type.Optional(
      Type.Union([Type.Literal('None'), Type.Literal('Sign'), Type.Literal('SignAndEncrypt')], {
        default: opcuaDefaults.securityMode,
        description: 'None is taken on loopback only, unless allowInsecure'
      })
    ),
    securityPolicy: Type.Optional(
      Type.Union(
        [Type.Literal('None'), Type.Literal('Basic256Sha256'), Type.Literal('Aes128_Sha256_RsaOaep'), Type.Literal('Aes256_Sha256_RsaPss')],
        {
          default: opcuaDefaults.securityPolicy,
          description: 'Security policy of the channel'
        }
      )
    ),
    allowInsecure: Type.Optional(
      Type.Boolean({ default: opcuaDefaults.allowInsecure, description: 'Allow security mode None beyond loopback' })
    ),
    trustUnknownCertificate: Type.Optional(
      Type.Boolean({ default: opcuaDefaults.trustUnknownCertificate, description: 'Trust the certificate of the server at first sight' })
    ),
    username: Type.Optional(Type.String({ maxLength: 256, description: 'User at the server; anonymous when left out' })),
    password: Type.Optional(Type.String({ maxLength: 1_024, description: 'Password of the user' }))
  },
  { additionalProperties: false }
)
export type OpcuaSource = Static<typeof OpcuaSource>

/** Security mode None beyond loopback needs a word from the configuration. Throws `OPCUA_INSECURE`. */
export function requireSecurity(config: OpcuaSource): void {
  if ((config.securityMode ?? opcuaDefaults.securityMode) !== 'None' || config.allowInsecure === true) return
  const host = new URL(config.endpoint.replace('opc.tcp:', 'http:')).hostname
  if (host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))) return
  throw edgeError('OPCUA_INSECURE', { endpoint: config.endpoint })
}

/** The devices that the source speaks for. */
export function devicesOfOpcua(config: OpcuaSource): ReadonlySet<string> {
  const devices = new Set([config.device, ...config.variables.flatMap((variable) => variable.device ?? [])])
  if (config.autoId !== undefined) devices.add(config.autoId.device)
  return devices
}
