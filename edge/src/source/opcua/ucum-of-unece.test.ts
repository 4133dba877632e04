/** The table of units: codes there and back, and what is not in it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { UcumUnit } from '@tracegate/model/telemetry'
import { commonCodeOf, knownUnits, ucumOf, unitIdOf } from './ucum-of-unece.ts'

const namespaceUri = 'http://www.opcfoundation.org/UA/units/un/cefact'

test('TG-1002: a UNECE code is the bytes of its number, and gives the UCUM code of the unit', () => {
  assert.equal(commonCodeOf(4408652), 'CEL')
  assert.equal(unitIdOf('P1'), 20529)
  assert.equal(ucumOf({ namespaceUri, unitId: 4408652, displayName: '' }), 'Cel')
  assert.equal(ucumOf({ namespaceUri, unitId: 20529, displayName: '' }), '%')
})

test('TG-1002: every code of the table goes there and back, and its unit can travel as a reading', () => {
  const validator = compileValidator(UcumUnit)
  for (const [code, ucum] of knownUnits) {
    assert.equal(commonCodeOf(unitIdOf(code)), code)
    assert.equal(ucumOf({ namespaceUri, unitId: unitIdOf(code), displayName: 'x' }), ucum)
    assert.ok(validator.check(ucum).ok, ucum)
  }
})

test('a unit without a code is known by its symbol, and an unknown one is not guessed', () => {
  assert.equal(ucumOf({ namespaceUri: '', unitId: -1, displayName: ' °C ' }), 'Cel')
  assert.equal(ucumOf({ namespaceUri: 'urn:own', unitId: 4408652, displayName: 'furlong' }), undefined)
  for (const unitId of [-1, 0, 1.5, Number.NaN, 2 ** 40]) assert.equal(commonCodeOf(unitId), '')
})

test('TG-1002: the published mapping lists every code with its unit, in both languages', () => {
  for (const file of ['mapping.md', 'mapping.zh-CN.md']) {
    const text = readFileSync(new URL(`../../../../firmware-specs/opcua/${file}`, import.meta.url), 'utf8')
    for (const [code, ucum] of knownUnits) assert.ok(text.includes(`${code} | \`${ucum}\``), `${file} has no ${code}`)
  }
})
