/** Vectors of topics: what a device publishes to and hears, and what no topic of the contract looks like. */
import type { VectorCase, VectorPair } from './vector.ts'

const channels = ['telemetry', 'scan', 'event', 'state', 'command', 'command/reply', 'committed']
const name64 = 'a'.repeat(64)
const name65 = 'a'.repeat(65)

const valid = (name: string, point: string, device: string, channel: string): VectorCase => ({
  name,
  topic: `tg/v1/${point}/${device}/${channel}`,
  point,
  device,
  channel
})

const invalid = (name: string, topic: string, code: string): VectorCase => ({ name, topic, code })

export const topicVectors: VectorPair = {
  valid: {
    kind: 'topics',
    about: 'Topics of devices, and the point, device and channel that each names.',
    cases: [
      ...channels.map((channel) => valid(`channel ${channel}`, 'cold-store-1', 'plc-1', channel)),
      valid('names of one character', 'p', 'd', 'telemetry'),
      valid('names of 64 characters and the longest channel', name64, name64, 'command/reply'),
      valid('every kind of character', 'AZaz09_-', '-_90zaZA', 'scan'),
      valid('digits alone', '7', '0', 'event'),
      valid('two hyphens are a name, one is not', '--', '--', 'state'),
      valid('point and device of the same name', 'gate', 'gate', 'committed'),
      valid('a device named like a channel', 'committed', 'command', 'command'),
      valid('names that look like a version and the root', 'tg', 'v1', 'telemetry')
    ]
  },
  invalid: {
    kind: 'topics',
    about: 'Texts that are no topic of a device. `code` is what the platform answers.',
    cases: [
      invalid('empty', '', 'TOPIC_ROOT'),
      invalid('root alone', 'tg/v1', 'TOPIC_POINT'),
      invalid('slash in front', '/tg/v1/p/d/telemetry', 'TOPIC_ROOT'),
      invalid('root in capitals', 'TG/v1/p/d/telemetry', 'TOPIC_ROOT'),
      invalid('another version', 'tg/v2/p/d/telemetry', 'TOPIC_ROOT'),
      invalid('no version', 'tg/p/d/telemetry', 'TOPIC_ROOT'),
      invalid('version with a leading zero', 'tg/v01/p/d/telemetry', 'TOPIC_ROOT'),
      invalid('another product', 'spBv1.0/group/DDATA/node/device', 'TOPIC_ROOT'),
      invalid('broker topics', '$SYS/broker/uptime', 'TOPIC_ROOT'),
      invalid('empty point', 'tg/v1//d/telemetry', 'TOPIC_POINT'),
      invalid('empty device', 'tg/v1/p//telemetry', 'TOPIC_DEVICE'),
      invalid('no device', 'tg/v1/p', 'TOPIC_DEVICE'),
      invalid('point of 65 characters', `tg/v1/${name65}/d/telemetry`, 'TOPIC_POINT'),
      invalid('device of 65 characters', `tg/v1/p/${name65}/telemetry`, 'TOPIC_DEVICE'),
      invalid('point with a dot', 'tg/v1/p.1/d/telemetry', 'TOPIC_POINT'),
      invalid('point with a space', 'tg/v1/p 1/d/telemetry', 'TOPIC_POINT'),
      invalid('device with a colon', 'tg/v1/p/00:11:22/telemetry', 'TOPIC_DEVICE'),
      invalid('device in Chinese', 'tg/v1/p/冷库/telemetry', 'TOPIC_DEVICE'),
      invalid('device with a letter that only looks Latin', 'tg/v1/p/d\u0435v/telemetry', 'TOPIC_DEVICE'),
      invalid('device with a line feed at its end', 'tg/v1/p/d\n/telemetry', 'TOPIC_DEVICE'),
      invalid('no channel', 'tg/v1/p/d', 'TOPIC_CHANNEL'),
      invalid('empty channel', 'tg/v1/p/d/', 'TOPIC_CHANNEL'),
      invalid('unknown channel', 'tg/v1/p/d/alarm', 'TOPIC_CHANNEL'),
      invalid('channel in capitals', 'tg/v1/p/d/Telemetry', 'TOPIC_CHANNEL'),
      invalid('channel and a slash', 'tg/v1/p/d/telemetry/', 'TOPIC_CHANNEL'),
      invalid('channel and more', 'tg/v1/p/d/telemetry/raw', 'TOPIC_CHANNEL'),
      invalid('reply to nothing', 'tg/v1/p/d/reply', 'TOPIC_CHANNEL'),
      invalid('device of the point itself on a channel of devices', 'tg/v1/p/-/telemetry', 'TOPIC_CHANNEL'),
      invalid('platform as the point of a device', 'tg/v1/-/d/telemetry', 'TOPIC_CHANNEL'),
      invalid('wildcard for one level', 'tg/v1/+/d/telemetry', 'TOPIC_WILDCARD'),
      invalid('wildcard for the rest', 'tg/v1/p/d/#', 'TOPIC_WILDCARD'),
      invalid('plus inside of a name', 'tg/v1/p/d+1/telemetry', 'TOPIC_WILDCARD'),
      invalid('NUL inside of a name', 'tg/v1/p/d\u0000/telemetry', 'TOPIC_WILDCARD'),
      invalid('more than 160 characters', `tg/v1/${name64}/${name64}/${'a'.repeat(26)}`, 'TOPIC_TOO_LONG')
    ]
  }
}
