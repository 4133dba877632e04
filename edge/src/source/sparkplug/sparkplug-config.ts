/** The configuration of a Sparkplug B source: edge nodes on a broker of somebody else's, and how their names become ours. */
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'
import { mqttConnectionMembers } from '../mqtt-connection.ts'

const DeviceId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const Name = Type.String({ pattern: '^[^+/#\\u0000]{1,256}$' })

export const ignoredByDefault = ['bdSeq', 'Node Control/*', 'Device Control/*', 'Properties/*'] as const

const MetricRule = Type.Object(
  {
    metric: Type.Optional(Type.String({ ...Metric, description: 'Our name; left out: made of the name there' })),
    unit: Type.Optional(Type.String({ ...UcumUnit, description: 'UCUM code; goes before the property `engUnit`' })),
    scale: Type.Optional(Type.Number({ default: 1, description: 'Factor from the value to the unit' })),
    offset: Type.Optional(Type.Number({ default: 0, description: 'Added after the factor' }))
  },
  { additionalProperties: false }
)

export const SparkplugSource = Type.Object(
  {
    type: Type.Literal('sparkplug', { description: 'This protocol' }),
    ...mqttConnectionMembers,
    clientId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Client id at the broker; left out: made of point, agent and source' })
    ),
    groups: Type.Optional(
      Type.Array(
        Type.Object(
          {
            group: Type.String({ ...Name, description: 'Id of the group' }),
            node: Type.Optional(Type.String({ ...Name, description: 'Id of one edge node of it; left out: all of them' }))
          },
          { additionalProperties: false }
        ),
        {
          minItems: 1,
          maxItems: 100,
          description: 'Groups to take in, or single edge nodes of them; left out: all that the broker has'
        }
      )
    ),
    hostId: Type.Optional(
      Type.String({
        ...Name,
        description:
          'Id of this host application; with it the agent publishes `spBv1.0/STATE/{hostId}`, so that edge nodes know when it listens'
      })
    ),
    nodeName: Type.Optional(
      Type.String({ maxLength: 128, default: '{node}', description: 'Device id of an edge node itself, of `{group}` and `{node}`' })
    ),
    deviceName: Type.Optional(
      Type.String({
        maxLength: 128,
        default: '{node}-{device}',
        description: 'Device id of a device, of `{group}`, `{node}` and `{device}`'
      })
    ),
    devices: Type.Optional(
      Type.Record(Type.String(), DeviceId, {
        description:
          'Device id by `group/node` or `group/node/device`; goes before the two rules, and asks the node for its births at the start'
      })
    ),
    onlyNamed: Type.Optional(
      Type.Boolean({ default: false, description: 'true: takes only what `devices` names; the others are counted and passed over' })
    ),
    metrics: Type.Optional(
      Type.Record(Type.String(), MetricRule, { description: 'Rules by the name of a metric there, or by `device id:name` for one device' })
    ),
    ignore: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
        maxItems: 100,
        default: [...ignoredByDefault],
        description: 'Names of metrics that are not taken; a closing `*` stands for anything'
      })
    ),
    units: Type.Optional(
      Type.Record(Type.String(), Type.String({ ...UcumUnit }), {
        description: 'UCUM code by what stands in `engUnit`, where it is no known name'
      })
    ),
    arrayItemsMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        default: 64,
        description: 'Most elements of an array that become readings `name.0`, `name.1`, …'
      })
    ),
    nodesMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 5_000, default: 500, description: 'Most edge nodes; messages of others are refused' })
    ),
    reorderTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 60_000,
        default: 2_000,
        description: 'How long a missing `seq` is waited for, in milliseconds'
      })
    ),
    rebirthIntervalMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 3_600_000,
        default: 10_000,
        description: 'Shortest time between two rebirth requests to one node, in milliseconds'
      })
    )
  },
  { additionalProperties: false }
)
export type SparkplugSource = Static<typeof SparkplugSource>

export function devicesOfSparkplug(config: SparkplugSource): ReadonlySet<string> {
  return new Set(Object.values(config.devices ?? {}))
}
