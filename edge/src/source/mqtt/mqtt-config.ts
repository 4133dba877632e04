/** The configuration of an MQTT source: a field device or gateway on a foreign broker, with its own JSON dialect. */
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'
import { ScanRule } from '@tracegate/model/scan-event'

const Pointer = (description: string) =>
  Type.String({ pattern: '^(/([^~/]|~[01])*)*$', maxLength: 512, description: `JSON pointer (RFC 6901) to ${description}` })

export const timeFormats = ['iso', 'epochMs', 'epochSeconds'] as const

const PayloadTime = Type.Object(
  {
    pointer: Pointer('the time of the payload'),
    format: Type.Enum(timeFormats, { description: 'iso: ISO 8601 with offset; epochMs, epochSeconds: since 1970-01-01T00:00:00Z' })
  },
  { additionalProperties: false }
)

const TracegateFormat = Type.Object(
  {
    type: Type.Literal('tracegate', { description: 'Messages of the Tracegate wire contract: telemetry, scan or event' }),
    rule: Type.Optional(ScanRule)
  },
  { additionalProperties: false }
)

export const JsonFormat = Type.Object(
  {
    type: Type.Literal('json'),
    readings: Type.Array(
      Type.Object(
        {
          pointer: Pointer('the value: number, numeric text, true or false'),
          metric: Metric,
          unit: UcumUnit,
          scale: Type.Optional(Type.Number({ default: 1, description: 'Factor from the value of the payload to the unit' }))
        },
        { additionalProperties: false }
      ),
      { minItems: 1, maxItems: 1_000 }
    ),
    time: Type.Optional(PayloadTime)
  },
  { additionalProperties: false }
)
export type JsonFormat = Static<typeof JsonFormat>

export const ScanFormat = Type.Object(
  {
    type: Type.Literal('scan'),
    dataPointer: Pointer('the data as read'),
    symbologyPointer: Type.Optional(Pointer('the AIM symbology identifier or the name of the symbology')),
    time: Type.Optional(PayloadTime),
    rule: ScanRule
  },
  { additionalProperties: false }
)
export type ScanFormat = Static<typeof ScanFormat>

export const MqttSubscription = Type.Object(
  {
    topic: Type.String({
      minLength: 1,
      maxLength: 512,
      description:
        'Topic filter; one whole level may be `{device}`, which stands for the name of the device there. `+` and a closing `#` are allowed'
    }),
    device: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device id of every message, where the topic does not name it' })
    ),
    devices: Type.Optional(
      Type.Record(Type.String(), Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), {
        description: 'Device id by the name in the topic; when given, other names are refused. Without it the name itself is the id'
      })
    ),
    format: Type.Union([TracegateFormat, JsonFormat, ScanFormat])
  },
  { additionalProperties: false }
)
export type MqttSubscription = Static<typeof MqttSubscription>

export const MqttSource = Type.Object(
  {
    type: Type.Literal('mqtt'),
    url: Type.String({ pattern: '^(mqtts?|wss?)://[^@]+$', description: 'Foreign broker, never with a secret' }),
    username: Type.Optional(Type.String({ maxLength: 256 })),
    password: Type.Optional(Type.String({ maxLength: 1_024 })),
    subscriptions: Type.Array(MqttSubscription, { minItems: 1, maxItems: 256 })
  },
  { additionalProperties: false }
)
export type MqttSource = Static<typeof MqttSource>

/** The devices that the source is known to speak for; a `{device}` level may bring others. */
export function devicesOfMqtt(config: MqttSource): ReadonlySet<string> {
  return new Set(config.subscriptions.flatMap(({ device, devices }) => (device === undefined ? Object.values(devices ?? {}) : [device])))
}
