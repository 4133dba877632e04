/** Element strings as people type them and scanners send them, and what must not stand together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checkAssociations,
  groupSeparator,
  readBracketed,
  readElementString,
  writeBracketed,
  writeElementString,
  type AiValue
} from './element-string.ts'
import { writeScan } from './scan-write.ts'
import { readScan } from './scan-data.ts'

const gtin: AiValue = ['01', '09521234543213']

test('identifiers of fixed length need no FNC1, others do', () => {
  assert.equal(
    writeElementString([gtin, ['17', '291231'], ['10', 'L1'], ['21', 'A1']]),
    `01095212345432131729123110L1${groupSeparator}21A1`
  )
  assert.deepEqual(readElementString('01095212345432131729123110L1'), { ok: true, value: [gtin, ['17', '291231'], ['10', 'L1']] })
})

test('a bracket inside a value is escaped', () => {
  const ais: AiValue[] = [['10', 'A(11)B']]
  assert.equal(writeBracketed(ais), '(10)A\\(11)B')
  assert.deepEqual(readBracketed('(10)A\\(11)B'), { ok: true, value: ais })
})

test('a refusal names the identifier, the value and the format wanted', () => {
  const read = readBracketed('(01)123')
  assert.ok(!read.ok)
  assert.equal(read.reason.code, 'GS1_INCORRECT_LENGTH')
  assert.equal(read.reason.message, 'value of (01) is "123", expected N14: INCORRECT_LENGTH')
})

test('checkAssociations() finds repeats, exclusions and what is missing', () => {
  assert.equal(checkAssociations([gtin, gtin]), undefined)
  assert.equal(checkAssociations([gtin, ['01', '00000000000000']])?.code, 'GS1_REPEATED_AI')
  assert.equal(checkAssociations([gtin, ['02', '09521234543213'], ['37', '2']])?.code, 'GS1_EXCLUSIVE_AIS')
  assert.equal(checkAssociations([['21', 'A']])?.code, 'GS1_REQUIRED_AI')
  assert.equal(checkAssociations([['21', 'A']], { withoutRequired: true }), undefined)
  assert.equal(
    checkAssociations([
      ['253', '9521234543213'],
      ['8030', 'abc']
    ])?.code,
    'GS1_SERIAL_NEEDED'
  )
})

test('readElementString() and readBracketed() never throw', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((text) => `(01)${text}`),
    fc.stringMatching(/^\d{0,40}$/)
  )
  fc.assert(fc.property(texts, (text) => typeof readElementString(text).ok === 'boolean' && typeof readBracketed(text).ok === 'boolean'))
})

test('what writeScan() makes of GS1 data is read back by readScan()', () => {
  for (const symbology of ['QR', 'DM', 'DotCode', 'GS1_128', 'DataBarExpanded']) {
    const written = writeScan(symbology, '^010952123454321310L1^21A1')
    assert.ok(written.ok, symbology)
    const read = readScan(written.value.slice(0, 3), written.value.slice(3))
    assert.deepEqual(read.ok ? read.value.ais : read, [gtin, ['10', 'L1'], ['21', 'A1']], symbology)
  }
  const primary = writeScan('EAN13', '952123454321', { addCheckDigit: true })
  assert.deepEqual(primary, { ok: true, value: ']E09521234543213' })
})
