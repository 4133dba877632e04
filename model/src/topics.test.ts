/** Builds and parses topics both ways, and breaks the grammar. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildTopic, deviceChannels, parseTopic, platformChannels, topicBytesMax, type Topic } from './topics.ts'

const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).filter((name) => name !== '-')
const plain = { noNullPrototype: true }
const topics: fc.Arbitrary<Topic> = fc.oneof(
  fc.record(
    {
      type: fc.constant('device' as const),
      point: names,
      device: names,
      channel: fc.constantFrom(...deviceChannels, ...platformChannels)
    },
    plain
  ),
  fc.record({ type: fc.constant('control' as const), point: names }, plain),
  fc.record({ type: fc.constant('control' as const), point: names, part: fc.integer({ min: 1, max: 15 }) }, plain),
  fc.constant({ type: 'anomaly' as const }),
  fc.constant({ type: 'recall' as const }),
  fc.record(
    { type: fc.constant('warning' as const), level: fc.constantFrom('I' as const, 'II' as const, 'III' as const, 'IV' as const) },
    plain
  )
)

test('a topic that was built is parsed back', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const text = buildTopic(topic)
      assert.ok(text.length <= topicBytesMax)
      assert.deepEqual(parseTopic(text), { ok: true, topic })
    })
  )
})

test('parseTopic() never throws, and only takes what buildTopic() writes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `tg/v1/${text}`)
      ),
      (text) => {
        const parsed = parseTopic(text)
        if (parsed.ok) assert.equal(buildTopic(parsed.topic), text)
        else assert.match(parsed.reason.code, /^TOPIC_/)
      }
    )
  )
})

test('parseTopic() says what is wrong', () => {
  const reasons = {
    'tg/v1/gate/+/scan': 'TOPIC_WILDCARD',
    'tg/v1/#': 'TOPIC_WILDCARD',
    'tg/v2/gate/reader/scan': 'TOPIC_ROOT',
    'tg/v1/ga te/reader/scan': 'TOPIC_POINT',
    'tg/v1/gate/rea.der/scan': 'TOPIC_DEVICE',
    'tg/v1/gate/reader/scans': 'TOPIC_CHANNEL',
    'tg/v1/gate/-/scan': 'TOPIC_CHANNEL',
    'tg/v1/-/warning/V': 'TOPIC_CHANNEL',
    [`tg/v1/${'a'.repeat(64)}/${'b'.repeat(64)}/${'c'.repeat(64)}`]: 'TOPIC_TOO_LONG'
  }
  for (const [text, code] of Object.entries(reasons)) {
    const parsed = parseTopic(text)
    assert.equal(parsed.ok ? 'parsed' : parsed.reason.code, code, text)
  }
})

test('buildTopic() throws for a name that the grammar does not allow', () => {
  for (const device of ['-', '', 'a/b', 'a+', 'x'.repeat(65)])
    assert.throws(() => buildTopic({ type: 'device', point: 'gate', device, channel: 'scan' }), RangeError, device)
})
