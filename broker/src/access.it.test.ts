/** Who is let in, over real connections: by secret, certificate and token; and sent away when that is worth nothing any more. */
import assert from 'node:assert/strict'
import { X509Certificate, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { connectNotices, createAccessNotices } from '@tracegate/service/access-notices'
import { fingerprintOf } from '@tracegate/service/certificate-identity'
import type { CredentialRegister, StoredAccess, StoredCredential } from '@tracegate/service/credentials'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { createSecretHasher } from '@tracegate/service/secret-hash'
import { openTokenKeys } from '@tracegate/service/tokens'
import type { ListenerOptions } from './listeners.ts'
import type { BrokerLimits } from './limits.ts'
import { encodeConnect, openRawClient, packetTypes } from './raw-client.ts'
import { openCertificateOffice, type CertificateOffice, type Pair } from './testing-certificates.ts'
import { start, until } from './testing.ts'

const host = '127.0.0.1'
const lacking = 'openssl is not installed'
const probe = { role: 'device', point: 'port-1', device: 'probe-1' } as const
const username = 'port-1/probe-1'
const uri = 'URI:urn:tracegate:device:port-1/probe-1'

let office: CertificateOffice | undefined
let authority: Pair | undefined
let stranger: Pair | undefined
let server: Pair | undefined

before(async () => {
  office = await openCertificateOffice()
  authority = office?.authority('Port authority')
  stranger = office?.authority('Somebody')
  if (authority !== undefined) server = office?.issue({ subject: '/CN=localhost', alternative: 'IP:127.0.0.1', by: authority })
})
after(async () => office?.[Symbol.asyncDispose]())

interface WorldOptions {
  readonly listeners?: readonly ListenerOptions[]
  readonly limits?: Partial<BrokerLimits>
  /** Put between broker and directory. */
  readonly slow?: (directory: DeviceDirectory) => DeviceDirectory
}

/** A broker with a directory over a register in memory, wired as the all-in-one does it. */
async function running({ listeners = [], limits = {}, slow = (directory) => directory }: WorldOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-access-'))
  const rows = new Map<string, { version: number; document: unknown }>()
  const register: CredentialRegister = {
    get: async (_register, id) => rows.get(id),
    async put(_register, id, document) {
      rows.set(id, { version: (rows.get(id)?.version ?? 0) + 1, document })
    }
  }
  const tokens = await openTokenKeys({ path: join(folder, 'token-keys.json') })
  const hasher = createSecretHasher()
  const directory = createDeviceDirectory({ register, tokens, hasher })
  const notices = createAccessNotices((error) => assert.fail(String(error)))
  const broker = await start({ directory: slow(directory), listeners, limits: { refusalMinMs: 0, ...limits } })
  connectNotices(notices, { directory, sessions: broker })
  const enrol = async (credentials: StoredCredential[], as: Omit<StoredAccess, 'credentials'> = probe) => {
    await register.put('credentials', as.point === '' ? as.device : `${as.point}/${as.device}`, { ...as, credentials })
    directory.forget(username)
  }
  const secret = async (id: string, text: string, more: Partial<StoredCredential> = {}): Promise<StoredCredential> => ({
    id,
    kind: 'secret',
    origin: 'generated',
    hash: await hasher.hash(Buffer.from(text), 'generated'),
    ...(more.validUntilMs === undefined ? {} : { validUntilMs: more.validUntilMs }),
    ...(more.revokedAtMs === undefined ? {} : { revokedAtMs: more.revokedAtMs })
  })
  return {
    broker,
    tokens,
    notices,
    hasher,
    enrol,
    secret,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

const quiet: IClientOptions = { reconnectPeriod: 0, connectTimeout: 5_000 }

/** The client, or the CONNACK code that it was given. */
async function come(url: string, options: IClientOptions): Promise<MqttClient | number> {
  try {
    return await connectAsync(url, { ...quiet, clientId: randomUUID(), ...options }, false)
  } catch (error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : -1
  }
}

async function comeIn(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = await come(url, options)
  if (typeof client === 'number') assert.fail(`refused with ${client}`)
  return client
}

function ended(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}

describe('a secret', () => {
  it('lets in, and sends away at once when it is revoked, but nobody who came with another one', async () => {
    await using world = await running()
    const url = `mqtt://${host}:${world.broker.port}`
    const [one, two] = [await world.secret('one', 'first secret'), await world.secret('two', 'second secret')]
    await world.enrol([one, two])
    const [first, second] = [
      await comeIn(url, { username, password: 'first secret' }),
      await comeIn(url, { username, password: 'second secret' })
    ]
    assert.equal(await come(url, { username, password: 'third secret' }), 4)
    const gone = ended(first)
    await world.enrol([{ ...one, revokedAtMs: 1 }, two])
    world.notices.tell({ username, ends: { credential: 'one', atMs: Date.now() } })
    await gone
    assert.equal(await come(url, { username, password: 'first secret' }), 4)
    assert.ok(second.connected)
    const secondGone = ended(second)
    world.broker.disconnect(username)
    await secondGone
    assert.equal(await world.broker.read('tracegate_broker_dropped_connections_total', { reason: 'credential' }), 2)
  })

  it('that was replaced sends away at the end of the overlap', async () => {
    await using world = await running()
    const url = `mqtt://${host}:${world.broker.port}`
    const [one, two] = [await world.secret('one', 'first secret'), await world.secret('two', 'second secret')]
    await world.enrol([one])
    const first = await comeIn(url, { username, password: 'first secret' })
    const atMs = Date.now() + 400
    await world.enrol([{ ...one, validUntilMs: atMs }, two])
    world.notices.tell({ username, ends: { credential: 'one', atMs } })
    const late = await comeIn(url, { username, password: 'first secret' })
    const fresh = await comeIn(url, { username, password: 'second secret' })
    await Promise.all([ended(first), ended(late)])
    assert.ok(Date.now() >= atMs)
    assert.ok(fresh.connected)
    await fresh.endAsync(true)
  })

  it('that is revoked while it is being looked at does not let in', async () => {
    const gate = Promise.withResolvers<void>()
    await using world = await running({
      slow: (directory) => ({
        async authenticate(request) {
          const identity = await directory.authenticate(request)
          await gate.promise
          return identity
        }
      })
    })
    await world.enrol([await world.secret('one', 'first secret')])
    await using client = await openRawClient(world.broker)
    client.send(encodeConnect({ clientId: 'a', username, password: 'first secret' }))
    await until(() => world.hasher.worked === 2)
    world.notices.tell({ username, ends: { credential: 'one', atMs: Date.now() } })
    gate.resolve()
    assert.equal((await client.next(packetTypes.connack)).body[1], 4)
  })

  it('is worked out once for a device that comes a thousand times', async () => {
    await using world = await running()
    await world.enrol([await world.secret('one', 'first secret')])
    const before = world.hasher.worked
    for (let round = 0; round < 20; round += 1) {
      const together = Array.from({ length: 50 }, async (_, index) => {
        await using client = await openRawClient(world.broker)
        client.send(encodeConnect({ clientId: `c${index}`, username, password: 'first secret' }))
        assert.equal((await client.next(packetTypes.connack)).body[1], 0)
      })
      await Promise.all(together)
    }
    assert.equal(world.hasher.worked - before, 1)
  })

  it('that is wrong is answered no sooner than one that takes long to work out', async () => {
    await using world = await running({ limits: { refusalMinMs: 300 } })
    const startedAtMs = performance.now()
    assert.equal(await come(`mqtt://${host}:${world.broker.port}`, { username: 'port-1/nobody', password: 'guess' }), 4)
    assert.ok(performance.now() - startedAtMs >= 299)
  })

  it('guessed at again and again is not looked at any more, and answered as any wrong one', async () => {
    await using world = await running()
    await world.enrol([await world.secret('one', 'first secret')])
    const url = `mqtt://${host}:${world.broker.port}`
    const known = await comeIn(url, { username, password: 'first secret' })
    const before = world.hasher.worked
    for (let index = 0; index < 20; index += 1) assert.equal(await come(url, { username: 'port-1/probe-7', password: `guess ${index}` }), 4)
    assert.ok(world.hasher.worked - before <= 6, `${world.hasher.worked - before} worked out`)
    const refused = (reason: string) => world.broker.read('tracegate_broker_refused_connections_total', { reason, listener: 'tcp' })
    assert.equal((await refused('credentials')) + (await refused('throttled')), 20)
    assert.ok((await refused('throttled')) >= 14)
    const again = await comeIn(url, { username, password: 'first secret' })
    await Promise.all([known.endAsync(true), again.endAsync(true)])
  })

  it('that cannot be looked up now is answered with 3', async () => {
    const slow = () => ({ authenticate: () => Promise.reject(new Error('store is gone')) })
    await using world = await running({ slow })
    assert.equal(await come(`mqtt://${host}:${world.broker.port}`, { username, password: 'x' }), 3)
  })
})

describe('a certificate', () => {
  const listeners = (tls: Partial<Extract<ListenerOptions, { type: 'tls' }>['tls']> = {}): ListenerOptions[] => {
    const shared = { certificate: server?.certificate ?? '', key: server?.key ?? '', clientCa: authority?.certificate ?? '', ...tls }
    return [
      { type: 'tls', port: 0, tls: shared },
      { type: 'wss', port: 0, tls: shared }
    ]
  }
  const urls = (world: Awaited<ReturnType<typeof running>>) =>
    world.broker.ports.flatMap(({ type, port }) =>
      type === 'tls' ? [`mqtts://${host}:${port}`] : type === 'wss' ? [`wss://${host}:${port}`] : []
    )
  const showing = (pair: Pair | undefined): IClientOptions => ({
    ca: authority?.certificate ?? '',
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key })
  })
  const registered = (id: string, kind: 'certificate' | 'issuer', pair: Pair): StoredCredential => ({
    id,
    kind,
    fingerprint: fingerprintOf(new X509Certificate(pair.certificate))
  })

  it('that is registered lets in without a user name, by TLS and secure WebSocket, and sends away when it is revoked', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using world = await running({ listeners: listeners() })
    const own = office.issue({ subject: '/CN=x', alternative: uri })
    await world.enrol([registered('c', 'certificate', own)])
    for (const url of urls(world)) {
      const client = await comeIn(url, showing(own))
      await client.publishAsync('tg/v1/port-1/probe-1/telemetry', '{}', { qos: 1 })
      const gone = ended(client)
      world.notices.tell({ username, ends: { credential: 'c', atMs: 0 } })
      await gone
    }
    const named = await comeIn(urls(world)[0] ?? '', { ...showing(own), username })
    await named.endAsync(true)
    await world.enrol([{ ...registered('c', 'certificate', own), revokedAtMs: 1 }])
    for (const url of urls(world)) assert.equal(await come(url, showing(own)), 4)
  })

  it('of a registered authority lets in the device that it names, by its alternative name or its common name', async (context) => {
    if (office === undefined || authority === undefined || stranger === undefined) return context.skip(lacking)
    await using world = await running({ listeners: listeners() })
    await world.enrol([registered('i', 'issuer', authority)])
    const [url = ''] = urls(world)
    for (const options of [{ subject: '/CN=x', alternative: uri }, { subject: '/CN=port-1\\/probe-1' }])
      await (await comeIn(url, showing(office.issue({ ...options, by: authority })))).endAsync(true)
    const wrong = [
      office.issue({ subject: '/CN=x', alternative: 'URI:urn:tracegate:device:port-1/probe-2', by: authority }),
      office.issue({ subject: '/CN=x', alternative: `${uri},URI:urn:tracegate:device:port-1/probe-2`, by: authority }),
      office.issue({ subject: '/CN=port-1\\/probe-1', alternative: 'URI:urn:tracegate:device:port-1/probe-2', by: authority }),
      office.issue({ subject: '/CN=x', by: authority }),
      office.issue({ subject: '/CN=x', alternative: uri, by: stranger }),
      office.issue({ subject: '/CN=x', alternative: uri })
    ]
    for (const pair of wrong) assert.equal(await come(url, showing(pair)), 4)
  })

  it('that is not registered lets nobody in, nor one shown under another name, but a secret beside it does', async (context) => {
    if (office === undefined || authority === undefined) return context.skip(lacking)
    await using world = await running({ listeners: listeners() })
    const own = office.issue({ subject: '/CN=x', alternative: uri, by: authority })
    await world.enrol([await world.secret('one', 'first secret')])
    const [url = ''] = urls(world)
    assert.equal(await come(url, showing(own)), 4)
    assert.equal(await come(url, showing(undefined)), 4)
    await world.enrol([await world.secret('one', 'first secret'), registered('c', 'certificate', own)])
    assert.equal(await come(url, { ...showing(own), username: 'port-1/probe-2' }), 4)
    await world.enrol([await world.secret('one', 'first secret')])
    await (await comeIn(url, { ...showing(own), username, password: 'first secret' })).endAsync(true)
  })

  it('is demanded where the listener demands one, from its authority', async (context) => {
    if (office === undefined || authority === undefined || stranger === undefined) return context.skip(lacking)
    await using world = await running({ listeners: listeners({ clientCertificate: 'required' }) })
    const own = office.issue({ subject: '/CN=x', alternative: uri, by: authority })
    await world.enrol([await world.secret('one', 'first secret'), registered('i', 'issuer', authority)])
    for (const url of urls(world)) {
      assert.equal(await come(url, { ...showing(undefined), username, password: 'first secret' }), -1)
      const foreign = office.issue({ subject: '/CN=x', alternative: uri, by: stranger })
      assert.equal(await come(url, { ...showing(foreign), username, password: 'first secret' }), -1)
      await (await comeIn(url, showing(own))).endAsync(true)
    }
  })

  it('is not asked for where the listener does not want any', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using world = await running({ listeners: listeners({ clientCertificate: 'none' }) })
    const own = office.issue({ subject: '/CN=x', alternative: uri })
    await world.enrol([registered('c', 'certificate', own)])
    assert.equal(await come(urls(world)[0] ?? '', showing(own)), 4)
  })
})

describe('a token', () => {
  it('lets in until it ends, for its user alone, and not when it was revoked or never issued', async () => {
    await using world = await running()
    const url = `mqtt://${host}:${world.broker.port}`
    const { token } = await world.tokens.issue({ username, id: 't', lifeS: 600 })
    assert.equal(await come(url, { username, password: token }), 4, 'nothing is known of it')
    await world.enrol([{ id: 't', kind: 'token' }])
    const client = await comeIn(url, { username, password: token })
    assert.equal(await come(url, { username: 'port-1/probe-2', password: token }), 4)
    assert.equal(await come(url, { username, password: `${token.slice(0, -4)}AAAA` }), 4)
    const gone = ended(client)
    await world.enrol([{ id: 't', kind: 'token', revokedAtMs: 1 }])
    world.notices.tell({ username, ends: { credential: 't', atMs: 0 } })
    await gone
    assert.equal(await come(url, { username, password: token }), 4)
  })

  it('ends the connection when it ends', async () => {
    await using world = await running()
    const { token, expiresAtMs } = await world.tokens.issue({ username, id: 't', lifeS: 2 })
    await world.enrol([{ id: 't', kind: 'token', validUntilMs: expiresAtMs }])
    const client = await comeIn(`mqtt://${host}:${world.broker.port}`, { username, password: token })
    await ended(client)
    assert.ok(Date.now() >= expiresAtMs)
  })
})
