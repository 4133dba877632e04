/**
 * What a host application is told of the edge nodes behind a broker: which of them, and how their names, units and devices become ours. The
 * members that every configuration with Sparkplug shares; it knows no connection.
 */
import { Type, type Static } from 'typebox'
import { Metric, UcumUnit } from '../../telemetry.ts'

const DeviceId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
/** Of a group, an edge node, a device or a host. */
export const SparkplugName = Type.String({ pattern: '^[^+/#\\u0000]{1,256}$' })

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

/** A group, or one edge node of it. */
export const groupMembers = {
  group: Type.String({ ...SparkplugName, description: 'Id of the group' }),
  node: Type.Optional(Type.String({ ...SparkplugName, description: 'Id of one edge node of it; left out: all of them' }))
} as const

export const groupsMax = 100

/** What a metric, a device and a unit are called. */
export const namingMembers = {
  nodeName: Type.Optional(
    Type.String({ maxLength: 128, default: '{node}', description: 'Device id of an edge node itself, of `{group}` and `{node}`' })
  ),
  deviceName: Type.Optional(
    Type.String({ maxLength: 128, default: '{node}-{device}', description: 'Device id of a device, of `{group}`, `{node}` and `{device}`' })
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
    Type.Integer({ minimum: 100, maximum: 60_000, default: 2_000, description: 'How long a missing `seq` is waited for, in milliseconds' })
  ),
  rebirthIntervalMs: Type.Optional(
    Type.Integer({
      minimum: 1_000,
      maximum: 3_600_000,
      default: 10_000,
      description: 'Shortest time between two rebirth requests to one node, in milliseconds'
    })
  )
} as const

const HostNaming = Type.Object(namingMembers)
export type HostNaming = Static<typeof HostNaming>

/** Why members that are right by themselves do not go together; undefined when they do. */
export function namingFault(config: HostNaming): string | undefined {
  const bad = Object.keys(config.devices ?? {}).find((key) => !/^[^+/#]+\/[^+/#]+(\/[^+/#]+)?$/.test(key))
  if (bad !== undefined) return `devices has "${bad}", expected group/node or group/node/device`
  const ids = Object.values(config.devices ?? {})
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) return `devices gives the id "${twice}" twice, expected each once`
  if (config.onlyNamed === true && ids.length === 0) return 'onlyNamed is true and devices is empty, expected at least one'
  return undefined
}
