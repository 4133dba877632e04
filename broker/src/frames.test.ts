/** Packets are cut out of a byte stream whole, whatever the pieces, and refused by their length. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addBytes, createFrames, nextFrame, pendingBytes, readPublishHead } from './frames.ts'
import { encodePublish, encodeSubscribe } from './raw-client.ts'

describe('nextFrame()', () => {
  it('gives every packet once and whole, however the bytes were cut', () => {
    const packet = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map((size) => encodePublish({ topic: 'a/b', payload: Buffer.alloc(size, 1), qos: 1 })),
      fc.constant(encodeSubscribe(['a/+'])),
      fc.constant(Buffer.from([0xc0, 0]))
    )
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (packets, cuts) => {
        const bytes = Buffer.concat(packets)
        const frames = createFrames()
        const out: Buffer[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1
          addBytes(frames, bytes.subarray(at, at + size))
          while (nextFrame(frames, 1_000)) {
            assert.equal(frames.first, frames.bytes[frames.start])
            out.push(frames.bytes.subarray(frames.start, frames.end))
          }
          at += size
        }
        assert.deepEqual(out, packets)
        assert.equal(pendingBytes(frames), 0)
      })
    )
  })

  it('refuses a packet by its announced length, after the ones before it', () => {
    const frames = createFrames()
    const good = encodePublish({ topic: 'a', payload: Buffer.alloc(10), qos: 0 })
    const bad = encodePublish({ topic: 'a', payload: Buffer.alloc(1_000), qos: 1 })
    addBytes(frames, Buffer.concat([good, bad.subarray(0, 20)]))
    assert.equal(nextFrame(frames, 100), true)
    assert.equal(nextFrame(frames, 100), false)
    assert.equal(frames.fault?.code, 'PACKET_TOO_LARGE')
    assert.equal(readPublishHead(frames.fault?.head ?? Buffer.alloc(0))?.topic, 'a')
    addBytes(frames, good)
    assert.equal(pendingBytes(frames), 0, 'nothing is buffered after a fault')
  })

  it('refuses a length of five bytes', () => {
    const frames = createFrames()
    addBytes(frames, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))
    assert.equal(nextFrame(frames, 100), false)
    assert.equal(frames.fault?.code, 'PACKET_LENGTH')
  })
})
