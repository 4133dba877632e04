/** What a Sparkplug input can be told, and what of it does not go together. It opens nothing. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { groupMembers, groupsMax, namingFault, namingMembers, SparkplugName } from '@tracegate/model/sparkplug/host/host-config'
import type { NodeName } from '@tracegate/model/sparkplug/host/host-types'
import { deviceIdOf } from '@tracegate/model/sparkplug/host/naming'
import { connectionFault, mqttConnectionMembers } from '@tracegate/service/mqtt-session/mqtt-connection'
import { collectorError } from '../errors.ts'
import { partitionsMax } from '../input/mqtt-options.ts'
import { hashOf } from '../input/subscription-plan.ts'

export const SparkplugInput = Type.Object(
  {
    type: Type.Literal('sparkplug', { description: 'This protocol' }),
    ...mqttConnectionMembers,
    hostId: Type.String({
      ...SparkplugName,
      description: 'Id of this host application, which no other one has: `spBv1.0/STATE/{hostId}` says whether it is there'
    }),
    clientId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Client id at the broker; left out: `tracegate-host-{hostId}`' })
    ),
    groups: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ...groupMembers,
            point: Type.Optional(
              Type.String({
                pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$',
                description: 'Monitoring point of its devices; left out: made of the id of the group'
              })
            )
          },
          { additionalProperties: false }
        ),
        {
          minItems: 1,
          maxItems: groupsMax,
          description: 'Groups to take in, or single edge nodes of them, which go before their group; left out: all that the broker has'
        }
      )
    ),
    partition: Type.Optional(
      Type.Object(
        {
          index: Type.Integer({ minimum: 0, maximum: partitionsMax - 1, description: "Which part is this collector's" }),
          of: Type.Integer({ minimum: 1, maximum: partitionsMax, description: 'Number of parts' })
        },
        {
          additionalProperties: false,
          description: 'Each edge node belongs to one of several collectors, by the FNV-1a hash of `group/node`'
        }
      )
    ),
    share: Type.Optional(Type.Unknown({ description: 'Refused: in a shared group a host would get data without the births' })),
    ...namingMembers,
    birthWaitMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 3_600_000,
        default: 15_000,
        description: 'Devices of the last run that are not born again so long after the start are stale, in milliseconds'
      })
    ),
    waitingMessagesMax: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 1_000_000,
        default: 20_000,
        description: 'Messages that wait for their commit; past it readings are dropped, counted and told'
      })
    ),
    waitingBytesMax: Type.Optional(
      Type.Integer({ minimum: 100_000, maximum: 1_073_741_824, default: 33_554_432, description: 'The same in bytes' })
    )
  },
  {
    additionalProperties: false,
    description: 'Edge nodes of a Sparkplug B broker, taken in as their host application: type, url, hostId and more (collector/README.md)'
  }
)
export type SparkplugInput = Static<typeof SparkplugInput>

const validator = compileValidator(SparkplugInput)

/** Throws `COLLECTOR_INPUT`. */
export function checkSparkplugInput(input: SparkplugInput): void {
  const checked = validator.check(input)
  const bad = (detail: string) => collectorError('COLLECTOR_INPUT', { url: input.url, detail })
  if (!checked.ok) throw bad(`${checked.reason.pointer}: ${checked.reason.message}`)
  if (input.share !== undefined)
    throw bad(
      'a Sparkplug host application cannot be in a shared group: each member would get data without the births that explain it; expected' +
        ' a partition { index, of } and a hostId of its own for each collector'
    )
  const { partition } = input
  if (partition !== undefined && partition.index >= partition.of)
    throw bad(`partition.index is ${partition.index}, expected 0 to ${partition.of - 1}`)
  const fault = connectionFault(input) ?? namingFault(input)
  if (fault !== undefined) throw bad(fault)
}

/** Whether an edge node is this collector's. */
export function ownsNode({ partition }: Pick<SparkplugInput, 'partition'>, { group, node }: NodeName): boolean {
  return partition === undefined || hashOf(`${group}/${node}`) % partition.of === partition.index
}

/** The monitoring point of the devices of an edge node. */
export function pointOfNode({ groups = [] }: Pick<SparkplugInput, 'groups'>, name: NodeName): string {
  const ofGroup = groups.filter(({ group }) => group === name.group)
  const entry = ofGroup.find(({ node }) => node === name.node) ?? ofGroup.find(({ node }) => node === undefined)
  return entry?.point ?? deviceIdOf({ ...name, device: '' }, '{group}')
}
