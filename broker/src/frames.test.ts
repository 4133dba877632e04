/** Packets are cut out of a byte stream whole, whatever the pieces, and refused by their length. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createFramer, readPublishHead } from './frames.ts'
import { encodePublish, encodeSubscribe } from './raw-client.ts'

describe('createFramer()', () => {
  it('gives every packet once and whole, however the bytes were cut', () => {
    const packet = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map((size) => encodePublish({ topic: 'a/b', payload: Buffer.alloc(size, 1), qos: 1 })),
      fc.constant(encodeSubscribe(['a/+'])),
      fc.constant(Buffer.from([0xc0, 0]))
    )
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (packets, cuts) => {
        const bytes = Buffer.concat(packets)
        const framer = createFramer({ packetBytesMax: 1_000, connectBytesMax: 1_000, publishesMax: 4 })
        const out: Buffer[] = []
        let publishes = 0
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1
          for (const batch of framer.add(bytes.subarray(at, at + size))) {
            assert.ok(batch.publishes <= 4)
            publishes += batch.publishes
            out.push(batch.bytes)
          }
          at += size
        }
        assert.deepEqual(Buffer.concat(out), bytes)
        assert.equal(publishes, packets.filter((one) => one.readUInt8(0) >> 4 === 3).length)
        assert.equal(framer.pendingBytes, 0)
      })
    )
  })

  it('refuses a packet by its announced length, after the ones before it', () => {
    const framer = createFramer({ packetBytesMax: 100, connectBytesMax: 100, publishesMax: 10 })
    const good = encodePublish({ topic: 'a', payload: Buffer.alloc(10), qos: 0 })
    const bad = encodePublish({ topic: 'a', payload: Buffer.alloc(1_000), qos: 1 })
    const batches = framer.add(Buffer.concat([good, bad.subarray(0, 20)]))
    assert.equal(batches.length, 1)
    assert.equal(framer.fault?.code, 'PACKET_TOO_LARGE')
    assert.equal(readPublishHead(framer.fault?.head ?? Buffer.alloc(0))?.topic, 'a')
  })

  it('refuses a length of five bytes', () => {
    const framer = createFramer({ packetBytesMax: 100, connectBytesMax: 100, publishesMax: 10 })
    framer.add(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))
    assert.equal(framer.fault?.code, 'PACKET_LENGTH')
  })
})
