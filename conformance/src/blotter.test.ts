/** The secret is found in every form it is likely to take, and nothing else is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBlotter } from './blotter.ts'

const secret = 'sEcret-42/x'
const blotter = createBlotter(secret)

test('the secret is found and blotted out as it is, in base64 and in hexadecimal', () => {
  const forms = [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase()
  ]
  for (const form of forms) {
    const { hex, found } = blotter.bytes(Buffer.from(`{"a":"${form}"}`))
    assert.ok(found, form)
    assert.equal(Buffer.from(hex, 'hex').toString(), `{"a":"${'*'.repeat(form.length)}"}`)
    assert.equal(blotter.text(form).text, '*'.repeat(form.length))
  }
})

test('what does not hold the secret is left alone', () => {
  assert.deepEqual(blotter.text('secret-42'), { text: 'secret-42', found: false })
  assert.equal(createBlotter('abc').text('abcdef').found, false)
})

test('isSecret() knows the password by all of its bytes', () => {
  assert.ok(blotter.isSecret(Buffer.from(secret)))
  assert.ok(!blotter.isSecret(Buffer.from(`${secret} `)))
})
