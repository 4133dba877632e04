/** A topic filter with a `{device}` level: what to subscribe to, and which device a topic speaks of. Pure. */
import type { Decoded } from '@tracegate/model/codec'
import { namePattern } from '@tracegate/model/topics'
import type { MqttSubscription } from './mqtt-config.ts'

export interface TopicPattern {
  /** As MQTT wants it. */
  readonly filter: string
  matches(topic: string): boolean
  deviceOf(topic: string): Decoded<string>
}

const placeholder = '{device}'

export function compileTopicPattern(subscription: Pick<MqttSubscription, 'topic' | 'device' | 'devices'>): TopicPattern {
  const levels = subscription.topic.split('/')
  const at = levels.indexOf(placeholder)
  const filter = levels.map((level) => (level === placeholder ? '+' : level))
  return {
    filter: filter.join('/'),
    matches(topic) {
      const parts = topic.split('/')
      const open = filter.at(-1) === '#'
      const fixed = open ? filter.slice(0, -1) : filter
      if (open ? parts.length < fixed.length : parts.length !== fixed.length) return false
      return fixed.every((level, index) => level === '+' || level === parts[index])
    },
    deviceOf(topic) {
      const name = subscription.device ?? topic.split('/')[at]
      if (name === undefined) return refuse(`topic is "${topic}", expected a {device} level or a fixed device in the subscription`)
      const id = subscription.device === undefined && subscription.devices !== undefined ? subscription.devices[name] : name
      if (id === undefined)
        return refuse(`device in the topic is "${name}", expected one of ${Object.keys(subscription.devices ?? {}).join(', ')}`)
      return namePattern.test(id) && id !== '-'
        ? { ok: true, value: id }
        : refuse(`device in the topic is "${id}", expected ${namePattern.source}`)
    }
  }
}

function refuse(message: string): Decoded<string> {
  return { ok: false, reason: { code: 'DEVICE_UNKNOWN', pointer: '', message } }
}
