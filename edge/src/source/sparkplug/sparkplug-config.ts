/** The configuration of a Sparkplug B source: edge nodes on a broker of somebody else's, and how their names become ours. */
import { groupMembers, groupsMax, namingMembers, SparkplugName } from '@tracegate/model/sparkplug/host/host-config'
import { mqttConnectionMembers } from '@tracegate/service/mqtt-session/mqtt-connection'
import { Type, type Static } from 'typebox'

export const SparkplugSource = Type.Object(
  {
    type: Type.Literal('sparkplug', { description: 'This protocol' }),
    ...mqttConnectionMembers,
    clientId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Client id at the broker; left out: made of point, agent and source' })
    ),
    groups: Type.Optional(
      Type.Array(Type.Object(groupMembers, { additionalProperties: false }), {
        minItems: 1,
        maxItems: groupsMax,
        description: 'Groups to take in, or single edge nodes of them; left out: all that the broker has'
      })
    ),
    hostId: Type.Optional(
      Type.String({
        ...SparkplugName,
        description:
          'Id of this host application; with it the agent publishes `spBv1.0/STATE/{hostId}`, so that edge nodes know when it listens'
      })
    ),
    ...namingMembers
  },
  { additionalProperties: false }
)
export type SparkplugSource = Static<typeof SparkplugSource>

export function devicesOfSparkplug(config: SparkplugSource): ReadonlySet<string> {
  return new Set(Object.values(config.devices ?? {}))
}
