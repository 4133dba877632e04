/** CBOR as the contract allows it: what comes back is what went in, and every byte string either means one message or is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCbor, encodeCbor, startsLikeCbor } from './cbor.ts'

const decodeHex = (hex: string) => decodeCbor(Buffer.from(hex, 'hex'))
const plain = fc.jsonValue({ maxDepth: 4, noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes('-0'))

test('decodeCbor() gives back every message that encodeCbor() writes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), plain), (message) => {
      const wanted: unknown = JSON.parse(JSON.stringify(message))
      const bytes = encodeCbor(message)
      assert.ok(startsLikeCbor(bytes))
      const decoded = decodeCbor(bytes)
      if (holdsLargeInteger(message)) return
      assert.deepEqual(decoded.ok ? JSON.parse(JSON.stringify(decoded.value)) : decoded.reason, wanted)
    })
  )
})

/** What JSON takes and the contract does not: integers beyond 53 bits. */
function holdsLargeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsLargeInteger)
}

test('decodeCbor() never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const decoded = decodeCbor(Uint8Array.from([0xa1, 0x61, 0x61, ...bytes]))
      assert.ok(decoded.ok || decoded.reason.code === 'PAYLOAD_NOT_CBOR')
    }),
    { numRuns: 500 }
  )
})

test('decodeCbor() refuses a text or a name that is not UTF-8, and takes the replacement character itself', () => {
  for (const hex of ['a1616162c328', 'a162c32801', 'a161618162eda0', 'd9d9f7a1616161ff']) assert.ok(!decodeHex(hex).ok, hex)
  assert.deepEqual(decodeHex('a1616163efbfbd'), { ok: true, value: { a: '\ufffd' } })
})

test('decodeCbor() refuses a break where a value should stand, and byte strings at any depth', () => {
  for (const hex of ['a16161ff', 'bf6161ffff', 'a161614101', 'a161618181a1616240']) assert.ok(!decodeHex(hex).ok, hex)
})
