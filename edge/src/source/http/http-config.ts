/** The configuration of an HTTP source: where it listens, and which device each token stands for. */
import { ScanRule } from '@tracegate/model/scan-event'
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import { Type, type Static } from 'typebox'

/** The envelope of our message has to fit around the body. */
const bodyBytesLimit = payloadBytesMax - 4_096

const HttpDevice = Type.Object(
  {
    device: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device id of whoever has the token' }),
    tokenFile: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        description: 'File that holds its bearer token, at least 16 characters; read at the start'
      })
    ),
    tokenVariable: Type.Optional(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$', description: 'Environment variable that holds it, in place of the file' })
    ),
    rule: Type.Optional(ScanRule),
    symbology: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'AIM identifier or name of the symbology of scans sent as plain text, where the data itself does not say it'
      })
    )
  },
  { additionalProperties: false }
)

export const HttpSource = Type.Object(
  {
    type: Type.Literal('http', { description: 'This protocol' }),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        default: '127.0.0.1',
        description: 'Address to listen at; beyond loopback a certificate is needed'
      })
    ),
    port: Type.Integer({ minimum: 0, maximum: 65_535, description: 'Port to listen at; 0 takes a free one' }),
    devices: Type.Array(HttpDevice, { minItems: 1, maxItems: 1_000, description: 'Who may send, each with a token of its own' }),
    certificateFile: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_024, description: 'PEM file of the certificate, for https; needs `keyFile`' })
    ),
    keyFile: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'PEM file of its private key' })),
    allowInsecure: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'true: listens beyond loopback without a certificate; tokens can be read on the way then'
      })
    ),
    bodyBytesMax: Type.Optional(
      Type.Integer({
        minimum: 1_024,
        maximum: bodyBytesLimit,
        default: bodyBytesLimit,
        description: 'Most bytes of one request; more is answered 413'
      })
    ),
    connectionsMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_024, default: 64, description: 'Most connections at a time; more are closed at once' })
    ),
    requestTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 300_000,
        default: 10_000,
        description: 'Longest time to send a request, and for it to become durable, in milliseconds'
      })
    ),
    idempotencyKeysMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100_000, default: 10_000, description: 'Most keys that are remembered; the oldest is forgotten' })
    ),
    idempotencyTtlMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 604_800_000,
        default: 86_400_000,
        description: 'How long a key is remembered, in milliseconds'
      })
    )
  },
  { additionalProperties: false }
)
export type HttpSource = Static<typeof HttpSource>

export const httpDefaults = {
  host: '127.0.0.1',
  bodyBytesMax: bodyBytesLimit,
  connectionsMax: 64,
  requestTimeoutMs: 10_000,
  idempotencyKeysMax: 10_000,
  idempotencyTtlMs: 86_400_000
} as const

export function devicesOfHttp(config: HttpSource): ReadonlySet<string> {
  return new Set(config.devices.map(({ device }) => device))
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
