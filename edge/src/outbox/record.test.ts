/** Records of the outbox: what goes in comes out, whatever its length. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeRecord, encodeRecord, payloadOfRecord } from './record.ts'

/** Around the lengths at which the head of a zstd frame changes its form, and the pieces in which Node unpacks. */
const lengths = [0, 1, 199, 200, 255, 256, 257, 4_095, 16_384, 65_535, 65_791, 65_792, 65_793, 262_144, 1_048_576, 2_500_000]

for (const [kind, byteAt] of [
  ['what packs well', (index: number) => index & 7],
  ['what does not pack', (index: number) => (Math.imul(index, 2_654_435_761) >>> 13) & 0xff]
] as const) {
  test(`a payload of any length comes back as it was: ${kind}`, () => {
    for (const length of lengths) {
      const payload = Uint8Array.from({ length }, (_, index) => byteAt(index))
      const found = decodeRecord(encodeRecord('message', ['d', length], payload))
      assert.ok(found !== undefined)
      assert.deepEqual(found.record.meta, ['d', length])
      assert.ok(Buffer.from(payloadOfRecord(found.record)).equals(payload), `${length} bytes`)
    }
  })
}
