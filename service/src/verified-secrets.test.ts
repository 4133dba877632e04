/** Secrets that are remembered: for how long, how many, and that none of them can be read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifiedSecrets, verifiedSecretsMax, verifiedSecretsMs } from './verified-secrets.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const verified = { credential: 'one', hash: 'h' }

test('a key stands for one user and one secret, in one process', () => {
  const [here, elsewhere] = [createVerifiedSecrets(Date.now), createVerifiedSecrets(Date.now)]
  const key = here.keyOf('a', encode('bc'))
  assert.equal(here.keyOf('a', encode('bc')), key)
  for (const other of [here.keyOf('ab', encode('c')), here.keyOf('a', encode('bd')), elsewhere.keyOf('a', encode('bc'))])
    assert.notEqual(other, key)
  assert.ok(!key.includes('bc'))
})

test('an entry lives for its time after the last use, and goes with its user', () => {
  let nowMs = 0
  const secrets = createVerifiedSecrets(() => nowMs)
  const key = secrets.keyOf('a', encode('s'))
  secrets.add('a', key, verified)
  nowMs += verifiedSecretsMs
  assert.ok(secrets.find(key) !== undefined)
  nowMs += verifiedSecretsMs
  assert.ok(secrets.find(key) !== undefined, 'the use before counts')
  nowMs += verifiedSecretsMs + 1
  assert.equal(secrets.find(key), undefined)
  secrets.add('a', key, verified)
  secrets.add('b', secrets.keyOf('b', encode('s')), verified)
  secrets.forget('a')
  assert.equal(secrets.find(key), undefined)
  assert.equal(secrets.size, 1)
})

test('past the bound the one that was used longest ago goes', () => {
  const secrets = createVerifiedSecrets(Date.now)
  for (let index = 0; index < verifiedSecretsMax; index += 1) secrets.add(`u${index}`, String(index), verified)
  secrets.find('0')
  secrets.add('new', 'new', verified)
  assert.equal(secrets.size, verifiedSecretsMax)
  assert.ok(secrets.find('0') !== undefined)
  assert.equal(secrets.find('1'), undefined)
})
