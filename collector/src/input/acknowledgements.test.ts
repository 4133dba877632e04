/** PUBACKs in the order of arrival, whatever order the commits end in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAcknowledgements } from './acknowledgements.ts'

function idsOf(pubacks: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(pubacks)
  return Array.from({ length: bytes.length / 4 }, (_, index) => {
    assert.deepEqual([bytes[index * 4], bytes[index * 4 + 1]], [0x40, 2])
    return bytes.readUInt16BE(index * 4 + 2)
  })
}

test('PUBACKs go out in the order in which the messages came (MQTT-4.6.0-2), each once, none early', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }).chain((count) =>
        fc.shuffledSubarray(
          Array.from({ length: count }, (_, index) => index + 1),
          { minLength: 0 }
        )
      ),
      async (order) => {
        const written: Buffer[] = []
        const acknowledgements = createAcknowledgements((pubacks) => void written.push(pubacks))
        const settle = Array.from({ length: 40 }, (_, index) => acknowledgements.next(index + 1))
        const settled = new Set<number>()
        for (const id of order) {
          settle[id - 1]?.()
          settled.add(id)
          await Promise.resolve()
          let expected = 0
          while (settled.has(expected + 1)) expected += 1
          assert.deepEqual(
            idsOf(written),
            Array.from({ length: expected }, (_, index) => index + 1)
          )
          assert.equal(acknowledgements.waiting, 40 - expected)
        }
      }
    )
  )
})

test('what a group commit settles in one turn is written at once', async () => {
  const written: Buffer[] = []
  const acknowledgements = createAcknowledgements((pubacks) => void written.push(pubacks))
  const settle = Array.from({ length: 1_000 }, (_, index) => acknowledgements.next(index + 1))
  for (const one of settle) one()
  await Promise.resolve()
  assert.equal(written.length, 1)
  assert.equal(idsOf(written).length, 1_000)
})
