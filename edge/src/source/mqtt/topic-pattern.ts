/** A topic filter with `{device}` and `{metric}` levels: what to subscribe to, and what a topic speaks of. Pure. */
import type { Decoded } from '@tracegate/model/codec'
import { namePattern } from '@tracegate/model/topics'
import type { MqttSubscription } from './mqtt-config.ts'

export interface TopicPattern {
  /** As MQTT wants it. */
  readonly filter: string
  matches(topic: string): boolean
  /** The device that the topic or the subscription names; undefined when neither does. */
  deviceOf(topic: string): Decoded<string> | undefined
  /** The device of a name that stood in a topic or a payload. */
  deviceNamed(name: string): Decoded<string>
  metricOf(topic: string): string | undefined
}

const placeholders: readonly string[] = ['{device}', '{metric}']
const shownNamesMax = 20

export function compileTopicPattern(subscription: Pick<MqttSubscription, 'topic' | 'device' | 'devices'>): TopicPattern {
  const levels = subscription.topic.split('/')
  const filter = levels.map((level) => (placeholders.includes(level) ? '+' : level))
  const levelAt = (topic: string, placeholder: string) => topic.split('/')[levels.indexOf(placeholder)]
  const deviceNamed = (name: string): Decoded<string> => {
    const { devices } = subscription
    if (devices !== undefined) {
      const id = Object.hasOwn(devices, name) ? devices[name] : undefined
      const known = Object.keys(devices)
      const shown = `${known.slice(0, shownNamesMax).join(', ')}${known.length > shownNamesMax ? ', …' : ''}`
      return id === undefined ? refuse(`device is "${name}", expected one of ${shown}`) : { ok: true, value: id }
    }
    return namePattern.test(name) && name !== '-'
      ? { ok: true, value: name }
      : refuse(`device is "${name}", expected ${namePattern.source}, or an entry in \`devices\``)
  }
  return {
    filter: filter.join('/'),
    matches(topic) {
      const parts = topic.split('/')
      const open = filter.at(-1) === '#'
      const fixed = open ? filter.slice(0, -1) : filter
      if (open ? parts.length < fixed.length : parts.length !== fixed.length) return false
      // A wildcard in front does not match topics of the broker itself ([MQTT-4.7.2-1]).
      if (topic.startsWith('$') && !subscription.topic.startsWith('$')) return false
      return fixed.every((level, index) => level === '+' || level === parts[index])
    },
    deviceOf(topic) {
      const name = levelAt(topic, '{device}')
      if (name !== undefined) return deviceNamed(name)
      return subscription.device === undefined ? undefined : { ok: true, value: subscription.device }
    },
    deviceNamed,
    metricOf: (topic) => levelAt(topic, '{metric}')
  }
}

/** What is wrong with the topic of a subscription, if anything. */
export function topicFault(topic: string): string | undefined {
  const levels = topic.split('/')
  for (const placeholder of placeholders)
    if (levels.filter((level) => level === placeholder).length > 1) return `has ${placeholder} more than once, expected at most one`
  const bad = levels.find(
    (level, index) =>
      !placeholders.includes(level) &&
      ((/[+#{}]/.test(level) && level !== '+' && level !== '#') || (level === '#' && index < levels.length - 1))
  )
  return bad === undefined
    ? undefined
    : `has the level "${bad}", expected \`+\`, \`{device}\` and \`{metric}\` as whole levels and \`#\` at the end only`
}

function refuse(message: string): Decoded<string> {
  return { ok: false, reason: { code: 'DEVICE_UNKNOWN', pointer: '', message } }
}
