/** The topic grammar of the wire contract: builds topics, takes them apart, and says what is wrong with a bad one. */
import type { Reason } from './errors.ts'
import { controlPartsMax, wireVersion } from './wire-limits.ts'

export const topicRoot = `tg/v${wireVersion}`

/** Below it a service or collector finds out what a broker does, in topics of its own making. */
export const probeTopicRoot = `${topicRoot}/-/probe`

/** Most bytes of a topic of ours: the root, two names of 64 and the longest channel. */
export const topicBytesMax = 160

/** What a device sends. */
export const deviceChannels = ['telemetry', 'scan', 'event', 'state', 'command/reply'] as const
/** What a device is sent. */
export const platformChannels = ['command', 'committed'] as const
export type DeviceChannel = (typeof deviceChannels)[number]
export type PlatformChannel = (typeof platformChannels)[number]
export type Channel = DeviceChannel | PlatformChannel

/** A point or device id. `-` alone stands for the platform (as point) or the point itself (as device). */
export const namePattern = /^[A-Za-z0-9_-]{1,64}$/

export type Topic =
  | { readonly type: 'device'; readonly point: string; readonly device: string; readonly channel: Channel }
  /** `part` 1 to 15 of a list that one message cannot hold; part 0 has no number. */
  | { readonly type: 'control'; readonly point: string; readonly part?: number }
  | { readonly type: 'anomaly' }
  /** With the number of a warning what holds of it, without one the list of the level. */
  | { readonly type: 'warning'; readonly level: 'I' | 'II' | 'III' | 'IV'; readonly number?: string }
  | { readonly type: 'recall' }

export type ParsedTopic = { readonly ok: true; readonly topic: Topic } | { readonly ok: false; readonly reason: Reason }

const channels: readonly string[] = [...deviceChannels, ...platformChannels]
const levels = ['I', 'II', 'III', 'IV'] as const

/** Writes a topic. Throws a `RangeError` for a name that the grammar does not allow: ids are checked where they enter. */
export function buildTopic(topic: Topic): string {
  switch (topic.type) {
    case 'device':
      return `${topicRoot}/${requireName(topic.point, 'point')}/${requireName(topic.device, 'device')}/${topic.channel}`
    case 'control':
      return `${topicRoot}/${requireName(topic.point, 'point')}/-/control${topic.part === undefined || topic.part === 0 ? '' : `/${requirePart(topic.part)}`}`
    case 'anomaly':
      return `${topicRoot}/-/anomaly`
    case 'warning':
      return `${topicRoot}/-/warning/${topic.level}${topic.number === undefined ? '' : `/${requireName(topic.number, 'number')}`}`
    case 'recall':
      return `${topicRoot}/-/recall`
    default:
      return neverTopic(topic)
  }
}

/** Reads a topic of ours; anything else comes back with its reason. */
export function parseTopic(text: string): ParsedTopic {
  if (text.length > topicBytesMax) return refuse('TOPIC_TOO_LONG', `topic has ${text.length} characters, expected at most ${topicBytesMax}`)
  if (/[#+\u0000]/.test(text)) return refuse('TOPIC_WILDCARD', `topic is "${text}", expected no wildcard and no NUL`)
  const parts = text.split('/')
  if (parts[0] !== 'tg' || parts[1] !== `v${wireVersion}`)
    return refuse('TOPIC_ROOT', `topic is "${text}", expected it to start with "${topicRoot}/"`)
  const [point = '', device = '', ...rest] = parts.slice(2)
  const channel = rest.join('/')
  if (point === '-') return parsePlatformTopic(text, [device, ...rest])
  if (!namePattern.test(point)) return refuse('TOPIC_POINT', `point is "${point}", expected ${namePattern.source}`)
  if (device === '-') return parseControlTopic(point, channel)
  if (!namePattern.test(device)) return refuse('TOPIC_DEVICE', `device is "${device}", expected ${namePattern.source}`)
  return isChannel(channel)
    ? accept({ type: 'device', point, device, channel })
    : refuse('TOPIC_CHANNEL', `channel is "${channel}", expected one of ${channels.join(', ')}`)
}

function parsePlatformTopic(text: string, rest: readonly string[]): ParsedTopic {
  const [noun, level, number = ''] = rest
  if (noun === 'anomaly' && rest.length === 1) return accept({ type: 'anomaly' })
  if (noun === 'recall' && rest.length === 1) return accept({ type: 'recall' })
  const known = levels.find((name) => name === level)
  if (noun === 'warning' && rest.length === 2 && known !== undefined) return accept({ type: 'warning', level: known })
  if (noun === 'warning' && rest.length === 3 && known !== undefined && namePattern.test(number))
    return accept({ type: 'warning', level: known, number })
  return refuse(
    'TOPIC_CHANNEL',
    `topic is "${text}", expected anomaly, recall, warning/{I,II,III,IV} or warning/{level}/{number} after "${topicRoot}/-/"`
  )
}

/** `control`, and `control/1` to `control/15`. */
function parseControlTopic(point: string, channel: string): ParsedTopic {
  if (channel === 'control') return accept({ type: 'control', point })
  const part = /^control\/([1-9]\d?)$/.exec(channel)?.[1]
  return part !== undefined && Number(part) < controlPartsMax
    ? accept({ type: 'control', point, part: Number(part) })
    : refuse('TOPIC_CHANNEL', `channel is "${channel}", expected "control" or "control/1" to "control/${controlPartsMax - 1}"`)
}

function isChannel(text: string): text is Channel {
  return channels.includes(text)
}

function requireName(name: string, what: string): string {
  if (name === '-' || !namePattern.test(name))
    throw new RangeError(`Cannot build topic: ${what} is "${name}", expected ${namePattern.source} other than "-"`)
  return name
}

function requirePart(part: number): number {
  if (!Number.isInteger(part) || part < 0 || part >= controlPartsMax)
    throw new RangeError(`Cannot build topic: part is ${part}, expected 0 to ${controlPartsMax - 1}`)
  return part
}

function accept(topic: Topic): ParsedTopic {
  return { ok: true, topic }
}

function refuse(code: string, message: string): ParsedTopic {
  return { ok: false, reason: { code, pointer: '', message } }
}

function neverTopic(topic: never): never {
  throw new TypeError(`Cannot build topic: type is "${JSON.stringify(topic)}"`)
}
