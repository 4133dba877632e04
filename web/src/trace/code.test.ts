/** Codes and addresses of the trace page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOfCode, cleanCode, codeOfAddress } from './code.ts'

test('codeOfAddress() reads a Digital Link path, a typed code and a query', () => {
  assert.equal(codeOfAddress({ pathname: '/t/01/09506000134352/21/1', search: '' }), 'https://id.gs1.org/01/09506000134352/21/1')
  assert.equal(codeOfAddress({ pathname: '/t/urn%3Aepc%3Aid%3Asscc%3A1.2', search: '' }), 'urn:epc:id:sscc:1.2')
  assert.equal(codeOfAddress({ pathname: '/t/', search: '?code=%20(01)09506000134352' }), '(01)09506000134352')
  assert.equal(codeOfAddress({ pathname: '/t', search: '' }), '')
})

test('an address gives back the code it was made of', () => {
  assert.equal(
    codeOfAddress(split(addressOfCode('https://id.gs1.org/01/09506000134352/10/A%2FB'))),
    'https://id.gs1.org/01/09506000134352/10/A%2FB'
  )
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), (code) => {
      fc.pre(code.trim() === code && code !== '')
      assert.equal(codeOfAddress(split(addressOfCode(code))), code)
    })
  )
})

test('cleanCode() keeps the group separator inside a code', () => {
  assert.equal(cleanCode('0109506000134352\u001d21A\r\n'), '0109506000134352\u001d21A')
})

function split(address: string): { pathname: string; search: string } {
  const url = new URL(address, 'http://localhost')
  return { pathname: url.pathname, search: url.search }
}
