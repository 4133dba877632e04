/** Every violation of MQTT 3.1.1 that a client can commit ends its connection and is counted, over real sockets. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { addBytes, createFrames, nextFrame } from './frames.ts'
import { readPacketId, readPublish, writePublish } from './packets.ts'
import { checkPacket, isTopicFilter } from './protocol.ts'
import { encodeConnect, encodePublish, encodeSubscribe, openRawClient, packetTypes } from './raw-client.ts'
import { createSink, login, start, telemetry, type TestBroker, type TestSink } from './testing.ts'

const payload = Buffer.from('{}')
const publish = encodePublish({ topic: telemetry, payload, qos: 1, packetId: 1 })

/** A packet with some of its bytes replaced. */
function patched(packet: Buffer, changes: Readonly<Record<number, number>>): Buffer {
  const copy = Buffer.from(packet)
  for (const [at, byte] of Object.entries(changes)) copy[Number(at)] = byte
  return copy
}

const connect = encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'secret' })
const subscribe = encodeSubscribe(['tg/v1/port-1/probe-1/command'])
const topicAt = 4

const beforeConnect: readonly (readonly [what: string, clause: string, bytes: Buffer, returnCode?: number])[] = [
  ['a first packet that is not CONNECT', '§3.1-1', publish],
  ['a PINGREQ before CONNECT', '§3.1-1', Buffer.from([0xc0, 0])],
  ['a protocol level of MQTT 5', '§3.1.2-2', patched(connect, { 8: 5 }), 1],
  ['an unknown protocol level', '§3.1.2-2', patched(connect, { 8: 9 }), 1],
  ['an unknown protocol name', '§3.1.2-1', patched(connect, { 4: 0x58 }), 1],
  ['the reserved connect flag', '§3.1.2-3', patched(connect, { 9: 0xc3 })],
  ['reserved header flags of CONNECT', '§2.2.2-2', patched(connect, { 0: 0x11 })],
  ['last will flags without a last will', '§3.1.2-11', patched(connect, { 9: 0xca })],
  ['a password without a user name', '§3.1.2-22', patched(connect, { 9: 0x42 })],
  ['a client id with U+0000', '§1.5.3-2', patched(connect, { 14: 0 })],
  ['a client id that is not UTF-8', '§1.5.3-1', patched(connect, { 14: 0xff })],
  ['a CONNECT with bytes left over', '§3.1.3', patched(Buffer.concat([connect, Buffer.from([0])]), { 1: connect.length - 1 })],
  ['a length of five bytes', '§2.2.3', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 1])]
]

const afterConnect: readonly (readonly [what: string, clause: string, bytes: Buffer])[] = [
  ['a second CONNECT', '§3.1.0-2', connect],
  ['packet type 0', '§2.2.1', Buffer.from([0x00, 0])],
  ['packet type 15', '§2.2.1', Buffer.from([0xf0, 0])],
  ['a packet that only a server sends', '§2.2.1', Buffer.from([0x20, 2, 0, 0])],
  ['reserved flags of PINGREQ', '§2.2.2-2', Buffer.from([0xc1, 0])],
  ['reserved flags of PUBACK', '§2.2.2-2', Buffer.from([0x41, 2, 0, 1])],
  ['reserved flags of PUBREL', '§3.6.1-1', Buffer.from([0x60, 2, 0, 1])],
  ['reserved flags of SUBSCRIBE', '§3.8.1-1', patched(subscribe, { 0: 0x80 })],
  ['reserved flags of DISCONNECT', '§3.14.1-1', Buffer.from([0xe1, 0])],
  ['QoS 3', '§3.3.1-4', patched(publish, { 0: 0x36 })],
  ['DUP with QoS 0', '§3.3.1-2', patched(encodePublish({ topic: telemetry, payload, qos: 0 }), { 0: 0x38 })],
  ['a wildcard in a topic', '§3.3.2-2', patched(publish, { [topicAt]: 0x23 })],
  ['a + in a topic', '§3.3.2-2', patched(publish, { [topicAt]: 0x2b })],
  ['U+0000 in a topic', '§1.5.3-2', patched(publish, { [topicAt]: 0 })],
  ['a topic that is not UTF-8', '§1.5.3-1', patched(publish, { [topicAt]: 0xff })],
  ['an empty topic', '§4.7.3-1', encodePublish({ topic: '', payload, qos: 1 })],
  ['a PUBLISH with packet id 0', '§2.3.1-1', encodePublish({ topic: telemetry, payload, qos: 1, packetId: 0 })],
  ['a PUBLISH that ends within its topic', '§3.3.2', Buffer.from([0x32, 4, 0, 9, 0x61, 0x62])],
  ['a PUBACK with packet id 0', '§2.3.1-1', Buffer.from([0x40, 2, 0, 0])],
  ['a PUBACK of three bytes', '§3.4', Buffer.from([0x40, 3, 0, 1, 0])],
  ['a PINGREQ with a body', '§3.12', Buffer.from([0xc0, 1, 0])],
  ['a SUBSCRIBE without filters', '§3.8.3-3', Buffer.from([0x82, 2, 0, 1])],
  ['a SUBSCRIBE with packet id 0', '§2.3.1-1', patched(subscribe, { 2: 0, 3: 0 })],
  ['a requested QoS of 3', '§3.8.3-4', patched(subscribe, { [subscribe.length - 1]: 3 })],
  ['a filter with # in the middle', '§4.7.1-2', encodeSubscribe(['a/#/b'])],
  ['a filter with # in a word', '§4.7.1-2', encodeSubscribe(['a/b#'])],
  ['a filter with + in a word', '§4.7.1-3', encodeSubscribe(['a/b+/c'])],
  ['an empty filter', '§4.7.3-1', encodeSubscribe([''])],
  ['a filter with U+0000', '§4.7.3-2', encodeSubscribe(['a\0b'])],
  ['an UNSUBSCRIBE without filters', '§3.10.3-2', Buffer.from([0xa2, 2, 0, 1])]
]

describe('a violation of the protocol', () => {
  let broker: TestBroker
  let sink: TestSink
  before(async () => {
    sink = createSink()
    broker = await start({ sink })
  })
  after(() => broker[Symbol.asyncDispose]())

  const counted = () => broker.read('tracegate_broker_dropped_connections_total', { reason: 'protocol' })

  for (const [what, clause, bytes, returnCode] of beforeConnect)
    it(`closes the connection: ${what} (${clause})`, async () => {
      const countedBefore = await counted()
      await using client = await openRawClient(broker)
      client.send(bytes)
      await client.closed
      const [connack] = client.packets
      assert.equal(connack?.body[1], returnCode)
      assert.equal(await counted(), countedBefore + 1)
    })

  for (const [what, clause, bytes] of afterConnect)
    it(`closes the connection: ${what} (${clause})`, async () => {
      const countedBefore = await counted()
      await using client = await login(broker)
      client.send(bytes)
      await client.closed
      assert.deepEqual(client.packets, [], 'nothing is answered')
      assert.equal(await counted(), countedBefore + 1)
      assert.equal(sink.messages.length, 0)
    })

  it('of one client leaves the others alone', async () => {
    await using client = await login(broker, { clientId: 'well-behaved' })
    client.send(Buffer.concat([publish, Buffer.from([0xc0, 0])]))
    await client.next(packetTypes.puback)
    await client.next(packetTypes.pingresp)
  })
})

describe('what is read off the wire', () => {
  it('is never a reason to throw, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 255 }), fc.boolean(), (body, first, isFirst) => {
        const frames = createFrames()
        addBytes(frames, Buffer.concat([Buffer.from([first, body.length]), body]))
        assert.ok(nextFrame(frames, 1_000))
        checkPacket(frames, isFirst)
        readPacketId(frames)
        const packet = readPublish(frames, () => false)
        if (typeof packet === 'string') return
        const { topic, payload, qos, retain, packetId } = packet
        assert.deepEqual(
          writePublish({ topic, payload, qos, retain, dup: (first & 8) !== 0, packetId }).subarray(1),
          frames.bytes.subarray(1)
        )
      }),
      { numRuns: 2_000 }
    )
  })

  it('is a PUBLISH again after it was written', () => {
    const fields = fc.record({
      topic: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((topic) => !/[+#\0]/.test(topic) && topic.isWellFormed()),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(120, 127, 128, 16_383, 16_384, 40_000).map((size) => new Uint8Array(size))
      ),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      retain: fc.boolean(),
      packetId: fc.integer({ min: 1, max: 65_535 })
    })
    fc.assert(
      fc.property(fields, ({ topic, payload, qos, retain, packetId }) => {
        const frames = createFrames()
        addBytes(frames, writePublish({ topic, payload, qos, retain, dup: false, packetId }))
        assert.ok(nextFrame(frames, 100_000))
        const read = readPublish(frames, () => false)
        assert.ok(typeof read !== 'string')
        assert.deepEqual(
          { ...read, payload: new Uint8Array(read.payload) },
          { topic, payload: new Uint8Array(payload), qos, retain, packetId: qos === 0 ? 0 : packetId }
        )
      })
    )
  })
})

describe('isTopicFilter()', () => {
  it('takes what the standard names as valid and refuses what it names as invalid (§4.7.1)', () => {
    for (const valid of ['#', '+', '+/tennis/#', 'sport/+/player1', '/finance', '/+', 'sport/tennis/player1/#', '+/+'])
      assert.ok(isTopicFilter(valid))
    for (const invalid of ['', 'sport/tennis#', 'sport/tennis/#/ranking', 'sport+', '##', '++']) assert.ok(!isTopicFilter(invalid))
  })
})
