/** Who may sign in at the broker with a secret: right, wrong, unknown, withdrawn, guessed, old; and what 10,000 sign-ins cost. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { readUses } from './credential-uses.ts'
import { accessOf, readAccess, withChange, type CredentialRegister, type StoredAccess, type StoredCredential } from './credentials.ts'
import { createDeviceDirectory, type DeviceDirectoryOptions } from './device-directory.ts'
import { createMetrics } from './metrics.ts'
import { createSecretHasher, type SecretOrigin } from './secret-hash.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const request = (username: string | undefined, secret: string | undefined, address = '192.0.2.1') => ({
  clientId: 'c',
  username,
  password: secret === undefined ? undefined : encode(secret),
  address
})
const probe = { role: 'device', point: 'yard', device: 'probe' } as const
const firstForm = { ...probe, secretHash: createHash('sha256').update('right').digest('hex') }

function createRegister() {
  const rows = new Map<string, { version: number; document: unknown }>()
  let reads = 0
  const register: CredentialRegister = {
    async get(_register, id) {
      reads += 1
      return rows.get(id)
    },
    async put(_register, id, document, expectedVersion) {
      const version = rows.get(id)?.version ?? 0
      if (expectedVersion !== undefined && expectedVersion !== version) throw new Error('another came first')
      rows.set(id, { version: version + 1, document: structuredClone(document) })
    }
  }
  return { register, rows, reads: () => reads }
}

async function accessWith(
  secrets: Readonly<Record<string, string>>,
  change: Partial<StoredCredential> = {},
  origin: SecretOrigin = 'generated'
): Promise<StoredAccess> {
  const hasher = createSecretHasher()
  const credentials = Object.entries(secrets).map(async ([id, secret]) => {
    const hash = await hasher.hash(encode(secret), origin)
    return { id, kind: 'secret', origin, hash, ...change } as const
  })
  const access = accessOf({ ...probe, credentials: await Promise.all(credentials) })
  assert.ok(access !== undefined)
  return access
}

async function createWorld(options: Partial<DeviceDirectoryOptions> = {}) {
  const world = createRegister()
  await world.register.put('credentials', 'yard/probe', await accessWith({ one: 'right' }))
  const clock = { nowMs: 1_000_000 }
  const hasher = createSecretHasher()
  const metrics = createMetrics()
  const troubles: unknown[] = []
  const onTrouble = (error: unknown) => void troubles.push(error)
  const directory = createDeviceDirectory({ register: world.register, hasher, metrics, onTrouble, nowMs: () => clock.nowMs, ...options })
  const signIn = async (secret: string, address?: string, username = 'yard/probe') =>
    (await directory.authenticate(request(username, secret, address))) !== undefined
  const outcome = async (name: string) => {
    const line = (await metrics.text()).split('\n').find((one) => one.includes(`outcome="${name}"`))
    return Number(line?.split(' ')[1] ?? 0)
  }
  return { ...world, clock, hasher, directory, signIn, outcome, troubles }
}

describe('authenticate()', () => {
  test('gives the identity for the right secret and nothing for a wrong, missing or unknown one', async () => {
    await using world = await ending()
    const { directory } = world
    assert.deepEqual(await directory.authenticate(request('yard/probe', 'right')), { ...probe, credential: 'one' })
    for (const [name, secret] of [
      ['yard/probe', 'wrong'],
      ['yard/probe', ''],
      ['yard/probe', undefined],
      [undefined, 'right'],
      ['yard/other', 'right'],
      ['x'.repeat(10_000), 'right'],
      ['yard/probe', 'x'.repeat(10_000)]
    ] as const)
      assert.equal(await directory.authenticate(request(name, secret)), undefined)
  })

  test('refuses everything when the row holds no whole hash', async () => {
    await using world = await ending()
    for (const secretHash of ['', firstForm.secretHash.slice(0, 32), 'not hex']) {
      world.rows.set('yard/probe', { version: 1, document: { ...firstForm, secretHash } })
      world.directory.forget('yard/probe')
      assert.equal(await world.signIn('right'), false)
      assert.equal(await world.signIn(''), false)
    }
  })

  test('asks the register again after the cache time, and at once when told to forget', async () => {
    await using world = await ending({ cacheMs: 1_000 })
    assert.ok((await world.signIn('right')) && (await world.signIn('right')))
    assert.equal(world.reads(), 1)
    world.rows.delete('yard/probe')
    assert.ok(await world.signIn('right'), 'within the cache time')
    world.clock.nowMs += 1_000
    assert.equal(await world.signIn('right'), false)
    await world.register.put('credentials', 'yard/probe', await accessWith({ two: 'right' }))
    assert.ok(await world.signIn('right'))
    world.rows.delete('yard/probe')
    world.directory.forget('yard/probe')
    assert.equal(await world.signIn('right'), false)
  })

  test('takes a revoked or ended credential no longer, though its secret was found right before', async () => {
    for (const change of [{ revokedAtMs: 5 }, { validUntilMs: 1_000_000 }]) {
      await using world = await ending()
      assert.ok(await world.signIn('right'))
      const row = await readAccess(world.register, 'yard/probe')
      assert.ok(row !== undefined)
      await world.register.put(
        'credentials',
        'yard/probe',
        withChange(row.access, 'one', (one) => ({ ...one, ...change }))
      )
      world.directory.forget('yard/probe')
      assert.equal(await world.signIn('right'), false)
    }
  })

  test('takes the old and the new secret while they overlap, and says when the old one ends', async () => {
    await using world = await ending()
    const old = await accessWith({ old: 'old secret' }, { validUntilMs: 1_060_000 })
    const access = await accessWith({ new: 'new secret' })
    const both = { ...access, credentials: [...old.credentials, ...access.credentials] }
    await world.register.put('credentials', 'yard/probe', both)
    assert.deepEqual(await world.directory.authenticate(request('yard/probe', 'new secret')), { ...probe, credential: 'new' })
    const admitted = await world.directory.authenticate(request('yard/probe', 'old secret'))
    assert.deepEqual(admitted, { ...probe, credential: 'old', expiresAtMs: 1_060_000 })
    world.clock.nowMs = 1_060_000
    assert.equal(await world.signIn('old secret'), false)
    assert.ok(await world.signIn('new secret'))
  })

  test('replaces the hash of the first version at the next sign-in, once, and takes the secret before and after', async () => {
    await using world = await ending()
    world.rows.set('yard/probe', { version: 1, document: firstForm })
    assert.equal(await world.signIn('wrong'), false)
    await world.directory.flush()
    assert.equal(world.rows.get('yard/probe')?.version, 1, 'a wrong secret changes nothing')
    assert.ok(await world.signIn('right'))
    await world.directory.flush()
    const [credential] = (await readAccess(world.register, 'yard/probe'))?.access.credentials ?? []
    assert.equal(credential?.kind === 'secret' ? credential.hash.scheme : undefined, 'scrypt')
    const before = world.hasher.worked
    assert.ok(await world.signIn('right'))
    assert.equal(world.hasher.worked, before, 'the renewed hash is known to be right')
    world.directory.forget('yard/probe')
    assert.ok(await world.signIn('right'))
    await world.directory.flush()
    assert.equal(world.rows.get('yard/probe')?.version, 2)
    assert.deepEqual(world.troubles, [])
  })
})

describe('10,000 sign-ins', () => {
  test('of 100 devices work scrypt out once for each credential, also when many come at once', async () => {
    await using world = await ending()
    const access = await accessWith({ one: 'right' })
    for (let index = 0; index < 100; index += 1)
      await world.register.put('credentials', `yard/d${index}`, { ...access, device: `d${index}` })
    const results: boolean[] = []
    for (let round = 0; round < 10; round += 1) {
      const together = Array.from({ length: 1_000 }, (_, index) => world.signIn('right', '192.0.2.7', `yard/d${index % 100}`))
      results.push(...(await Promise.all(together)))
    }
    assert.equal(results.filter(Boolean).length, 10_000)
    assert.equal(world.hasher.worked, 100)
  })

  test('write the times of last use in a few rows, and once', async () => {
    await using world = await ending()
    for (let index = 0; index < 500; index += 1) await world.signIn('right')
    await world.directory.flush()
    assert.deepEqual([...world.rows.keys()].filter((id) => id.startsWith('used:')).length, 1)
    assert.deepEqual([...(await readUses(world.register, 'yard/probe'))], [['one', 1_000_000]])
  })
})

describe('whoever guesses', () => {
  test('waits longer and longer, while nothing is worked out', async () => {
    await using world = await ending()
    await world.register.put('credentials', 'yard/probe', await accessWith({ one: 'right' }, {}, 'chosen'))
    for (let index = 0; index < 5; index += 1) assert.equal(await world.signIn(`guess ${index}`), false)
    const before = world.hasher.worked
    for (let index = 0; index < 50; index += 1) assert.equal(await world.signIn(`guess again ${index}`), false)
    assert.equal(world.hasher.worked, before)
    assert.equal(await world.outcome('throttled'), 50)
    assert.equal(await world.signIn('right'), false, 'a right secret tells a guesser nothing either')
    world.clock.nowMs += 1_000
    assert.equal(await world.signIn('guess'), false)
    world.clock.nowMs += 1_000
    assert.equal(await world.signIn('right'), false, 'the wait has doubled')
    world.clock.nowMs += 1_000
    assert.ok(await world.signIn('right'))
  })

  test('does not lock out a device whose secret is known, nor one that comes from where it last came from', async () => {
    await using world = await ending()
    await world.register.put('credentials', 'yard/probe', await accessWith({ one: 'right' }, {}, 'chosen'))
    assert.ok(await world.signIn('right', '192.0.2.10'))
    for (let index = 0; index < 40; index += 1) await world.signIn(`guess ${index}`, '203.0.113.5')
    assert.ok(await world.signIn('right', '198.51.100.1'), 'known: from anywhere')
    world.directory.forget('yard/probe')
    assert.equal(await world.signIn('right', '203.0.113.9'), false, 'not known: not from elsewhere')
    assert.ok(await world.signIn('right', '198.51.100.1'), 'not known: from where it last came from')
  })

  test('does not lock out a device whose secret nobody can guess, though it was never seen', async () => {
    await using world = await ending()
    for (let index = 0; index < 40; index += 1) await world.signIn(`guess ${index}`, `203.0.113.${index}`)
    assert.ok(await world.signIn('right', '192.0.2.10'))
  })

  test('over many names from one address is stopped for the address, IPv6 by its network', async () => {
    await using world = await ending()
    for (let index = 0; index < 100; index += 1) await world.signIn('guess', `2001:db8:1:2::${index.toString(16)}`, `yard/x${index}`)
    const before = world.hasher.worked
    assert.equal(await world.signIn('guess', '2001:db8:1:2:ffff::1', 'yard/new'), false)
    assert.equal(world.hasher.worked, before)
    assert.ok(await world.signIn('right', '2001:db8:1:3::1'))
  })

  test('many at once gets no more than a few checks of one name', async () => {
    await using world = await ending()
    await Promise.all(Array.from({ length: 100 }, (_, index) => world.signIn(`guess ${index}`, `192.0.2.${index}`)))
    assert.ok(world.hasher.worked <= 8, `${world.hasher.worked} worked out`)
  })
})

async function ending(options: Partial<DeviceDirectoryOptions> = {}) {
  const world = await createWorld(options)
  return { ...world, [Symbol.asyncDispose]: () => world.directory[Symbol.asyncDispose]() }
}
