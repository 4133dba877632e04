/** Who may publish and subscribe to what. Pure; knows nothing of sockets or MQTT packets. */
import { deviceChannels, parseTopic, platformChannels, probeTopicRoot, topicRoot, type Topic } from '@tracegate/model/topics'
import type { ClientIdentity } from '@tracegate/service/identity'

/** sink: must be committed before it is acknowledged. route: delivered only. refuse: not the sender's topic. */
export type PublishRight = 'sink' | 'route' | 'refuse'

/** What was worked out of a topic for one client. */
export interface KnownTopic {
  readonly right: PublishRight
  readonly mayRetain: boolean
}

const fromDevices: ReadonlySet<string> = new Set(deviceChannels)
const toDevices: readonly string[] = platformChannels
/** What a collector reads, wildcards included; `#` and `$SYS` are not among it. */
const collectorRoots = [`${topicRoot}/`, 'spBv1.0/'] as const
/** Sparkplug 3.0 §6.1: commands, and the state of the host. */
const sparkplugFromHost = /^spBv1\.0\/(?:STATE\/[^/+#]+|[^/+#]+\/NCMD\/[^/+#]+|[^/+#]+\/DCMD\/[^/+#]+\/[^/+#]+)$/

export function publishRight(identity: ClientIdentity, text: string): PublishRight {
  const parsed = parseTopic(text)
  if (!parsed.ok) return mayPublishForeign(identity, text) ? 'route' : 'refuse'
  if (!isOwnTopic(identity, parsed.topic)) return 'refuse'
  return parsed.topic.type === 'device' && fromDevices.has(parsed.topic.channel) ? 'sink' : 'route'
}

/** Topics that are not of our grammar; a collector commands Sparkplug nodes, tells them that it is there, and probes the broker. */
function mayPublishForeign(identity: ClientIdentity, text: string): boolean {
  if (identity.role === 'service') return !text.startsWith('$')
  return identity.role === 'collector' && (sparkplugFromHost.test(text) || text.startsWith(`${probeTopicRoot}/`))
}

/** The contract retains a device's state and nothing else of it. */
export function mayRetain(identity: ClientIdentity, text: string): boolean {
  if (identity.role === 'service' || identity.role === 'collector') return true
  const parsed = parseTopic(text)
  return parsed.ok && parsed.topic.type === 'device' && parsed.topic.channel === 'state'
}

function isOwnTopic(identity: ClientIdentity, topic: Topic): boolean {
  if (identity.role === 'service') return true
  if (identity.role === 'collector') return topic.type !== 'device' || !fromDevices.has(topic.channel)
  if (topic.type !== 'device' || !fromDevices.has(topic.channel) || topic.point !== identity.point) return false
  return identity.role === 'edge' || topic.device === identity.device
}

/** Shared subscriptions are refused to everybody: aedes would grant them and then deliver nothing. */
export function maySubscribe(identity: ClientIdentity, filter: string): boolean {
  if (filter.startsWith('$share/')) return false
  if (identity.role === 'service') return true
  if (identity.role === 'collector') return collectorRoots.some((root) => filter.startsWith(root))
  if (filter === `${topicRoot}/${identity.point}/-/control`) return true
  const devices = identity.role === 'edge' ? '+' : identity.device
  return toDevices.some((channel) => {
    const allowed = `${topicRoot}/${identity.point}/${devices}/${channel}`
    return filter === allowed || (identity.role === 'edge' && isFilterOfPoint(filter, identity.point, channel))
  })
}

/** `tg/v1/{point}/{any one device}/{channel}`. */
function isFilterOfPoint(filter: string, point: string, channel: string): boolean {
  const parsed = parseTopic(filter)
  return parsed.ok && parsed.topic.type === 'device' && parsed.topic.point === point && parsed.topic.channel === channel
}
