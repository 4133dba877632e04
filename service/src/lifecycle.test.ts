/** Ending parts in order, within limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAll, withLimit } from './lifecycle.ts'

test('closeAll() ends the last started first and goes on past one that fails and one that hangs', async () => {
  const ended: string[] = []
  const troubles: string[] = []
  const part = (name: string, close: () => Promise<void>) => ({ name, close: () => (ended.push(name), close()) })
  await closeAll(
    [
      part('store', async () => {}),
      part('hangs', () => new Promise(() => {})),
      part('fails', () => Promise.reject(new Error('no'))),
      part('api', async () => {})
    ],
    20,
    (name) => troubles.push(name)
  )
  assert.deepEqual(ended, ['api', 'fails', 'hangs', 'store'])
  assert.deepEqual(troubles, ['fails', 'hangs'])
})

test('withLimit() gives the value in time and a TimeoutError past the limit', async () => {
  assert.equal(await withLimit(Promise.resolve(1), 1_000, 'x'), 1)
  await assert.rejects(withLimit(new Promise(() => {}), 5, 'the wait'), /the wait took longer than 5 ms/)
})
