/** checkValue() says the same as a compiled validator would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkValue } from './check.ts'
import { compileValidator } from './codec.ts'
import { SignInRequest } from './http.ts'

test('checkValue() takes what the schema allows', () => {
  assert.deepEqual(checkValue(SignInRequest, { name: 'a', password: 'b' }), { ok: true, value: { name: 'a', password: 'b' } })
})

test('checkValue() gives the reason that the compiled validator gives', () => {
  for (const value of [null, {}, { name: 1, password: 'b' }, { name: 'a', password: 'b', more: 1 }]) {
    assert.deepEqual(checkValue(SignInRequest, value), compileValidator(SignInRequest).check(value))
  }
})
