/** What a collector subscribes to, and which of the messages that come are its own. Pure. */
import { deviceChannels, topicRoot } from '@tracegate/model/topics'
import type { MqttInputOptions, Partition } from './mqtt-options.ts'

export interface SubscriptionPlan {
  readonly filters: readonly string[]
  /** Whether a message on the topic is for this collector; another one's is acknowledged and left to it. */
  owns(topic: string): boolean
}

/** All points and devices, each channel that devices send. */
export const allFilters: readonly string[] = deviceChannels.map((channel) => `${topicRoot}/+/+/${channel}`)

export function planSubscriptions({ share, partition }: Pick<MqttInputOptions, 'share' | 'partition'>): SubscriptionPlan {
  if (share !== undefined) return { filters: allFilters.map((filter) => `$share/${share}/${filter}`), owns: () => true }
  if (partition === undefined) return { filters: allFilters, owns: () => true }
  const ownsPoint = ownerOf(partition)
  const filters =
    'points' in partition
      ? [...new Set(partition.points)].flatMap((point) => deviceChannels.map((channel) => `${topicRoot}/${point}/+/${channel}`))
      : allFilters
  return { filters, owns: (topic) => ownsPoint(pointOf(topic)) }
}

function ownerOf(partition: Partition): (point: string) => boolean {
  if ('of' in partition) return (point) => hashOf(point) % partition.of === partition.index
  const named = new Set('points' in partition ? partition.points : partition.exceptPoints)
  return 'points' in partition ? (point) => named.has(point) : (point) => !named.has(point)
}

function pointOf(topic: string): string {
  const from = topicRoot.length + 1
  const to = topic.indexOf('/', from)
  return topic.slice(from, to < 0 ? undefined : to)
}

/** FNV-1a with 32 bits over the bytes of the name: the same in every collector, and easy to compute elsewhere. */
export function hashOf(point: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(point, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
