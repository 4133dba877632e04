/** The options of `check`, from which its help and its table in the README come. */
import { Type, type Static } from 'typebox'
import { probeTimeoutDefaultMs, probeTopicPrefixDefault } from '@tracegate/service/broker-probe/probe-broker'

export const checkPrefix = 'TRACEGATE_BROKER_CHECK'
/** Environment variable of the password: never a flag, which every user of the machine could read. */
export const passwordVariable = 'TRACEGATE_BROKER_CHECK_PASSWORD'
const protocols = ['auto', '3.1.1', '5'] as const

const File = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

export const CheckOptions = Type.Object(
  {
    username: Type.Optional(Type.String({ minLength: 1, description: 'User who signs in' })),
    passwordFile: File(`File with the password, and nothing else; or set ${passwordVariable}`),
    caFile: File('Certificate authority of the broker (PEM)'),
    certFile: File('Own certificate (PEM)'),
    keyFile: File('Key of the own certificate (PEM)'),
    protocol: Type.Enum(protocols, { default: 'auto', description: 'MQTT version of the probes; auto tries all and uses 3.1.1 if it can' }),
    share: Type.Boolean({ default: false, description: 'Ask for what a collector in a shared group needs, too' }),
    topicPrefix: Type.String({
      default: probeTopicPrefixDefault,
      description: 'Topics below which this user may publish and subscribe'
    }),
    packetBytesMax: Type.Integer({
      minimum: 1,
      maximum: 16_777_216,
      default: 1_048_576,
      description: 'Longest payload in bytes that is tried'
    }),
    timeout: Type.Integer({
      minimum: 1,
      maximum: 600,
      default: probeTimeoutDefaultMs / 1_000,
      description: 'Time limit in seconds, without the restart'
    }),
    restart: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Command that kills the broker (as kill -9 does) and starts it again: proves what a PUBACK means'
      })
    ),
    json: Type.Boolean({ default: false, description: 'Print JSON' })
  },
  { additionalProperties: false }
)
export type CheckOptions = Static<typeof CheckOptions>
