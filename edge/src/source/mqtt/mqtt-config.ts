/** The configuration of an MQTT source: field devices or gateways on a broker of somebody else's, each with its own dialect. */
import { Type, type Static } from 'typebox'
import { mqttConnectionMembers } from '@tracegate/service/mqtt-session/mqtt-connection'
import { PayloadFormat } from './format-config.ts'

const DeviceId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

export const MqttSubscription = Type.Object(
  {
    topic: Type.String({
      minLength: 1,
      maxLength: 512,
      description:
        'Topic filter; whole levels may be `{device}` and `{metric}`, which stand for the names there. `+` and a closing `#` are allowed'
    }),
    device: Type.Optional(
      Type.String({ ...DeviceId, description: 'Device id of every message, where neither topic nor payload names one' })
    ),
    devices: Type.Optional(
      Type.Record(Type.String(), DeviceId, {
        description: 'Device id by the name in topic or payload; when given, other names are refused. Without it the name itself is the id'
      })
    ),
    qos: Type.Optional(
      Type.Union([Type.Literal(0), Type.Literal(1)], {
        default: 1,
        description: '1: kept by the broker until it is durable here; 0: sent once'
      })
    ),
    format: PayloadFormat
  },
  { additionalProperties: false }
)
export type MqttSubscription = Static<typeof MqttSubscription>

export const MqttSource = Type.Object(
  {
    type: Type.Literal('mqtt', { description: 'This protocol' }),
    ...mqttConnectionMembers,
    clientId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Client id at the broker; left out: made of point, agent and source' })
    ),
    session: Type.Optional(
      Type.Enum(['persistent', 'clean'], {
        default: 'persistent',
        description: 'persistent: the broker keeps what comes while the agent is away; clean: it does not'
      })
    ),
    sessionExpirySeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4_294_967_295,
        default: 86_400,
        description: 'How long a broker of MQTT 5 keeps the session, in seconds'
      })
    ),
    inFlightMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 5_000, default: 500, description: 'Most messages that are taken and not yet durable' })
    ),
    subscriptions: Type.Array(MqttSubscription, { minItems: 1, maxItems: 256, description: 'What to subscribe to, and how to read it' })
  },
  { additionalProperties: false }
)
export type MqttSource = Static<typeof MqttSource>

/** The devices that the source is known to speak for; topics and payloads may bring others. */
export function devicesOfMqtt(config: MqttSource): ReadonlySet<string> {
  return new Set(config.subscriptions.flatMap(({ device, devices }) => (device === undefined ? Object.values(devices ?? {}) : [device])))
}
