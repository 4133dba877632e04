/** Who may publish and subscribe to what. Pure; knows nothing of sockets or MQTT packets. */
import { deviceChannels, parseTopic, platformChannels, probeTopicRoot, topicRoot, type Topic } from '@tracegate/model/topics'
import { parseSparkplugTopic, sparkplugNamespace } from '@tracegate/model/sparkplug/topic'
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

const nodeTypes: ReadonlySet<string> = new Set(['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH'])
const hostStates = /^spBv1\.0\/STATE\/[^/#]+$/

export function publishRight(identity: ClientIdentity, text: string): PublishRight {
  const parsed = parseTopic(text)
  if (!parsed.ok) return mayPublishForeign(identity, text) ? 'route' : 'refuse'
  if (!isOwnTopic(identity, parsed.topic)) return 'refuse'
  return parsed.topic.type === 'device' && fromDevices.has(parsed.topic.channel) ? 'sink' : 'route'
}

/** Topics that are not of our grammar; a collector commands Sparkplug nodes, tells them that it is there, and probes the broker. */
function mayPublishForeign(identity: ClientIdentity, text: string): boolean {
  if (identity.role === 'service') return !text.startsWith('$')
  if (identity.role === 'sparkplug') return isOfNode(identity, text)
  return identity.role === 'collector' && (sparkplugFromHost.test(text) || text.startsWith(`${probeTopicRoot}/`))
}

/** What an edge node says of itself and its devices (Sparkplug 3.0 §4): births, data and deaths. */
function isOfNode({ point, device }: ClientIdentity, text: string): boolean {
  const parsed = parseSparkplugTopic(text)
  return (
    parsed.ok && nodeTypes.has(parsed.value.type) && 'node' in parsed.value && parsed.value.group === point && parsed.value.node === device
  )
}

/** An edge node is told what to do, and whether its host is there. */
function isForNode({ point, device }: ClientIdentity, filter: string): boolean {
  const commands = [`${sparkplugNamespace}/${point}/NCMD/${device}`, `${sparkplugNamespace}/${point}/DCMD/${device}/`] as const
  return (
    filter === commands[0] ||
    (filter.startsWith(commands[1]) && /^[^/]+$/.test(filter.slice(commands[1].length))) ||
    hostStates.test(filter)
  )
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
  if (identity.role === 'sparkplug') return false
  if (topic.type !== 'device' || !fromDevices.has(topic.channel) || topic.point !== identity.point) return false
  return identity.role === 'edge' || topic.device === identity.device
}

/** Shared subscriptions are refused to everybody: aedes would grant them and then deliver nothing. */
export function maySubscribe(identity: ClientIdentity, filter: string): boolean {
  if (filter.startsWith('$share/')) return false
  if (identity.role === 'service') return true
  if (identity.role === 'collector') return collectorRoots.some((root) => filter.startsWith(root))
  if (identity.role === 'sparkplug') return isForNode(identity, filter)
  if (isControlOfPoint(filter, identity.point)) return true
  const devices = identity.role === 'edge' ? '+' : identity.device
  return toDevices.some((channel) => {
    const allowed = `${topicRoot}/${identity.point}/${devices}/${channel}`
    return filter === allowed || (identity.role === 'edge' && isFilterOfPoint(filter, identity.point, channel))
  })
}

/** Every device of a point hears its control orders: part 0, or with `/#` all parts (MQTT 3.1.1 §4.7.1.2: the level above is included). */
function isControlOfPoint(filter: string, point: string): boolean {
  const control = `${topicRoot}/${point}/-/control`
  if (filter === control || filter === `${control}/#`) return true
  const parsed = parseTopic(filter)
  return parsed.ok && parsed.topic.type === 'control' && parsed.topic.point === point
}

/** `tg/v1/{point}/{any one device}/{channel}`. */
function isFilterOfPoint(filter: string, point: string, channel: string): boolean {
  const parsed = parseTopic(filter)
  return parsed.ok && parsed.topic.type === 'device' && parsed.topic.point === point && parsed.topic.channel === channel
}
