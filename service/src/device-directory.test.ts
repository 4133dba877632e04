/** Who may sign in at the broker: right, wrong, unknown and withdrawn secrets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeviceDirectory, hashSecret, type StoredCredential } from './device-directory.ts'

const credential: StoredCredential = { role: 'device', point: 'yard', device: 'probe', secretHash: hashSecret('right') }
const request = (username: string | undefined, secret: string | undefined) => ({
  clientId: 'c',
  username,
  password: secret === undefined ? undefined : new TextEncoder().encode(secret)
})

test('authenticate() gives the identity for the right secret and nothing for a wrong, missing or unknown one', async () => {
  const directory = createDeviceDirectory({ read: async (name) => (name === 'yard/probe' ? credential : undefined) })
  assert.deepEqual(await directory.authenticate(request('yard/probe', 'right')), { role: 'device', point: 'yard', device: 'probe' })
  assert.equal(await directory.authenticate(request('yard/probe', 'wrong')), undefined)
  assert.equal(await directory.authenticate(request('yard/probe', undefined)), undefined)
  assert.equal(await directory.authenticate(request(undefined, 'right')), undefined)
  assert.equal(await directory.authenticate(request('yard/other', 'right')), undefined)
  assert.equal(await directory.authenticate(request('x'.repeat(10_000), 'right')), undefined)
})

test('authenticate() refuses everything when the stored hash is empty or cut short', async () => {
  for (const secretHash of ['', hashSecret('right').slice(0, 32), 'not hex']) {
    const directory = createDeviceDirectory({ read: async () => ({ ...credential, secretHash }) })
    assert.equal(await directory.authenticate(request('yard/probe', 'right')), undefined)
    assert.equal(await directory.authenticate(request('yard/probe', '')), undefined)
  }
})

test('authenticate() asks the register again after the cache time, so that a withdrawn credential stops working', async () => {
  let clockMs = 0
  let reads = 0
  let stored: StoredCredential | undefined = credential
  const directory = createDeviceDirectory({
    read: async () => {
      reads += 1
      return stored
    },
    cacheMs: 1_000,
    nowMs: () => clockMs
  })
  await directory.authenticate(request('yard/probe', 'right'))
  await directory.authenticate(request('yard/probe', 'right'))
  assert.equal(reads, 1)
  stored = undefined
  assert.notEqual(await directory.authenticate(request('yard/probe', 'right')), undefined)
  clockMs = 1_000
  assert.equal(await directory.authenticate(request('yard/probe', 'right')), undefined)
})
