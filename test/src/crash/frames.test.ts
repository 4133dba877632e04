/** Frames come out whole and in order, however the bytes are cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeConnect, encodePublish, encodeSubscribe } from '@tracegate/broker/raw-client'
import { bodyAt, createFrameCutter, frameTypes, qosOf, typeOf } from './frames.ts'

const frames = [
  encodeConnect({ clientId: 'a' }),
  encodeSubscribe(['tg/v1/p/d/committed']),
  encodePublish({ topic: 't', payload: Buffer.alloc(0), qos: 0 }),
  encodePublish({ topic: 'tg/v1/p/d/telemetry', payload: Buffer.alloc(200, 1), qos: 1, packetId: 7 }),
  encodePublish({ topic: 't', payload: Buffer.alloc(20_000, 2), qos: 1, packetId: 8 }),
  Buffer.from([0x40, 2, 0, 7])
]

test('createFrameCutter() gives the same frames for every way to cut the bytes', () => {
  const bytes = Buffer.concat(frames)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (places) => {
      const seen: Buffer[] = []
      const cut = createFrameCutter((frame) => seen.push(Buffer.from(frame)))
      const ends = [...places.toSorted((left, right) => left - right), bytes.length]
      for (const [index, end] of ends.entries()) cut(bytes.subarray(ends[index - 1] ?? 0, end))
      assert.deepEqual(seen, frames)
    }),
    { numRuns: 200 }
  )
})

test('type, quality of service and body of a frame are read from its header', () => {
  assert.deepEqual(
    frames.map((frame) => typeOf(frame)),
    [frameTypes.connect, frameTypes.subscribe, frameTypes.publish, frameTypes.publish, frameTypes.publish, frameTypes.puback]
  )
  assert.deepEqual(
    frames.slice(2, 5).map((frame) => [qosOf(frame), bodyAt(frame)]),
    [
      [0, 2],
      [1, 3],
      [1, 4]
    ]
  )
})

test('createFrameCutter() refuses bytes that are not MQTT', () => {
  const cut = createFrameCutter(() => {})
  assert.throws(() => cut(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])), /expected MQTT/)
})
