/** Secrets as scrypt hashes: what is kept, what it costs, and what happens when too many come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { createSecretHasher, SecretHash, workOf } from './secret-hash.ts'

const encode = (text: string) => new TextEncoder().encode(text)

test('a hash has a salt of its own, tells its work, and fits its secret alone', async () => {
  const hasher = createSecretHasher()
  const [first, second] = await Promise.all([hasher.hash(encode('s'), 'generated'), hasher.hash(encode('s'), 'generated')])
  assert.notEqual(first.hash, second.hash)
  assert.ok(compileValidator(SecretHash).check(first).ok)
  assert.ok(await hasher.verify(encode('s'), first))
  assert.equal(await hasher.verify(encode('t'), first), false)
})

test('a secret that people choose gets the work that OWASP advises', async () => {
  const { cost, parallel } = workOf.chosen
  assert.ok(cost >= 2 ** 15 && parallel >= 3)
  const hasher = createSecretHasher()
  const hash = await hasher.hash(encode('the name of my cat'), 'chosen')
  assert.equal(hash.scheme === 'scrypt' ? hash.cost : 0, cost)
  assert.ok(await hasher.verify(encode('the name of my cat'), hash))
})

test('past the bounds a check is refused: too many wait, or it has waited too long', async () => {
  let clockMs = 0
  const hasher = createSecretHasher({ runningMax: 1, waitingMax: 2, waitMaxMs: 100, nowMs: () => clockMs })
  const running = hasher.hash(encode('a'), 'generated')
  const late = [hasher.hash(encode('b'), 'generated'), hasher.hash(encode('c'), 'generated')].map((one) =>
    one.then(
      () => 'hashed',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error)
    )
  )
  await assert.rejects(hasher.hash(encode('d'), 'generated'), { code: 'SECRETS_BUSY' })
  clockMs = 101
  await running
  assert.deepEqual(await Promise.all(late), ['SECRETS_BUSY', 'SECRETS_BUSY'])
  assert.equal(hasher.worked, 1)
  assert.equal(hasher.waiting, 0)
})
