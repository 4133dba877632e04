/** Raw bytes on screen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showPayload } from './payload.ts'

const base64 = (bytes: readonly number[] | string) =>
  Buffer.from(typeof bytes === 'string' ? bytes : Uint8Array.from(bytes)).toString('base64')

test('showPayload() writes JSON readably and other text as it is', () => {
  assert.equal(showPayload(base64('{"a":1}')).text, '{\n  "a": 1\n}')
  assert.equal(showPayload(base64('{"a":')).text, '{"a":')
})

test('showPayload() writes bytes that are no text as hex', () => {
  assert.equal(showPayload(base64([0xff, 0x00, 0x10])).text, 'ff 00 10')
  assert.equal(showPayload(base64([0x41, 0x00])).text, '41 00')
})

test('showPayload() cuts long payloads and says so', () => {
  assert.equal(showPayload(base64('x'.repeat(5_000))).cut, true)
})
