/** Makes coded errors from a table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError, defineErrors } from './errors.ts'

const failed = defineErrors({
  OUTBOX_PATH: { status: 500, message: 'Cannot open outbox: path is "{path}", expected a writable folder' }
})

test('a coded error carries code, status, parameters, cause and the filled-in message', () => {
  const cause = new Error('EROFS')
  const error = failed('OUTBOX_PATH', { path: '/x' }, cause)
  assert.ok(error instanceof CodedError)
  assert.equal(error.code, 'OUTBOX_PATH')
  assert.equal(error.status, 500)
  assert.equal(error.message, 'Cannot open outbox: path is "/x", expected a writable folder')
  assert.deepEqual(error.parameters, { path: '/x' })
  assert.equal(error.cause, cause)
})

test('a parameter that was not given stays visible in the message', () => {
  assert.match(failed('OUTBOX_PATH').message, /"\{path\}"/)
})
