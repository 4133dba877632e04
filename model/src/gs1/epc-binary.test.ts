/** Reads the tags of the Tag Data Standard, and broken ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEpcHex } from './epc-binary.ts'

const tags = {
  '3074257BF7194E4000001A85': 'urn:epc:id:sgtin:0614141.812345.6789',
  '3174257BF4499602D2000000': 'urn:epc:id:sscc:0614141.1234567890',
  '3274257BF46072000000162E': 'urn:epc:id:sgln:0614141.12345.5678',
  '3374257BF40C0E400000162E': 'urn:epc:id:grai:0614141.12345.5678',
  '3474257BF40000000000162E': 'urn:epc:id:giai:0614141.5678',
  '3674257BF6B7A659B2C2BF1000000000000000000000000000000000': 'urn:epc:id:sgtin:0614141.712345.32a%2Fb'
}

test('readEpcHex() reads the examples of the Tag Data Standard', () => {
  for (const [hex, urn] of Object.entries(tags)) assert.deepEqual(readEpcHex(hex), { ok: true, value: urn }, hex)
})

test('readEpcHex() says what is wrong with other memory', () => {
  const codes = {
    '': 'GS1_EPC_HEX',
    '3074257BF7194E4000001A8': 'GS1_EPC_HEX',
    E28011606000020000000000: 'GS1_EPC_HEADER',
    '301C257BF7194E4000001A85': 'GS1_EPC_PARTITION',
    '3074257BF7194E40': 'GS1_EPC_SHORT'
  }
  for (const [hex, code] of Object.entries(codes)) {
    const read = readEpcHex(hex)
    assert.equal(read.ok ? 'read' : read.reason.code, code, hex)
  }
})
