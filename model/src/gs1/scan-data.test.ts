/** Types and scans everything that people and readers send. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemKey, logisticKey, lotKey, productKey } from './key.ts'
import { lookupCode, readScan } from './scan-data.ts'

const gtin = '09521234543213'

function keyOf(text: string): string {
  const found = lookupCode(text)
  return found.ok ? found.value : found.reason.code
}

test('lookupCode() finds the key in everything that people type and scanners send', () => {
  assert.equal(keyOf(gtin), productKey(gtin))
  assert.equal(keyOf(' 9521234543213 '), productKey(gtin))
  assert.equal(keyOf('02345673'), productKey('02345673'))
  assert.equal(keyOf('340123453111111111'), 'GS1_INCORRECT_CHECK_DIGIT')
  assert.equal(keyOf('006141411234567890'), logisticKey('006141411234567890'))
  assert.equal(keyOf(`(01)${gtin}(21)A/1`), itemKey(gtin, 'A/1'))
  assert.equal(keyOf(`(01)${gtin}(10)L1(17)291231`), lotKey(gtin, 'L1'))
  assert.equal(keyOf(`01${gtin}10L1\u001d21A1`), itemKey(gtin, 'A1'))
  assert.equal(keyOf(`01${gtin}21A1`), itemKey(gtin, 'A1'))
  assert.equal(keyOf(`]d201${gtin}21A1`), itemKey(gtin, 'A1'))
  assert.equal(keyOf(`]E0${gtin.slice(1)}`), productKey(gtin))
  assert.equal(keyOf('urn:epc:id:sscc:0614141.1234567890'), 'https://id.gs1.org/00/106141412345678908')
  assert.equal(keyOf(`https://shop.example/01/${gtin}/21/A1?x=1`), itemKey(gtin, 'A1'))
  assert.equal(keyOf('3074257BF7194E4000001A85'), 'https://id.gs1.org/01/80614141123458/21/6789')
})

test('lookupCode() refuses with a reason what names nothing', () => {
  assert.equal(keyOf(''), 'GS1_CODE_LENGTH')
  assert.equal(keyOf('09521234543214'), 'GS1_INCORRECT_CHECK_DIGIT')
  assert.equal(keyOf('(10)L1'), 'GS1_CODE_UNKNOWN')
  assert.equal(keyOf('(01)123'), 'GS1_INCORRECT_LENGTH')
  assert.equal(keyOf('hello'), 'GS1_CODE_UNKNOWN')
  assert.equal(keyOf('https://example.com/'), 'GS1_CODE_UNKNOWN')
  assert.equal(keyOf(']XX123'), 'GS1_SYMBOLOGY')
})

test('readScan() keeps an identifier that needs another code of the same label', () => {
  const read = readScan(']C1', `02${gtin}3712`)
  assert.deepEqual(read, {
    ok: true,
    value: {
      ais: [
        ['02', gtin],
        ['37', '12']
      ]
    }
  })
})

test('readScan() refuses identifiers that exclude each other', () => {
  const read = readScan(']C1', `01${gtin}02${gtin}3712`)
  assert.equal(read.ok ? 'read' : read.reason.code, 'GS1_EXCLUSIVE_AIS')
})
