/** The whole way of a new device: enrolled over HTTP, in over TLS, its secret changed, kept out at once, all of it after a restart, too. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { CredentialList, CredentialMade } from '@tracegate/model/http-credentials'
import { startAllInOne, type AllInOne } from './all-in-one.ts'
import { tokenKeysPathOf } from './credentials.ts'
import { StartOptions } from './options.ts'

const bootstrapKey = 'enrolment-test-0123456789'
const made = compileValidator(CredentialMade)
const list = compileValidator(CredentialList)
const anything = compileValidator(Type.Unknown())
const username = 'port-9/probe-1'
const path = '/api/v1/devices/port-9/probe-1/credentials'

let folder = ''
let hasCertificate = false

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracegate-enrolment-'))
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
  const files = ['-keyout', join(folder, 'server.key'), '-out', join(folder, 'server.pem')]
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...names, ...files, '-days', '2'], { stdio: 'ignore' })
    hasCertificate = true
  } catch {
    assert.notEqual(process.env['CI'], 'true', 'openssl is expected in CI')
  }
})
after(() => rm(folder, { recursive: true, force: true }))

function start(): Promise<AllInOne> {
  const ports = { httpPort: 0, mqttPort: 0, plcPort: 0, readerPort: 0, fieldPort: 0, mqttTlsPort: 0, mqttWssPort: 0 }
  const options = compileValidator(StartOptions).check({
    host: '127.0.0.1',
    ...ports,
    tlsCertificate: join(folder, 'server.pem'),
    tlsKey: join(folder, 'server.key'),
    dataDir: join(folder, 'data'),
    store: 'embedded:',
    storeUsername: '',
    storePasswordFile: '',
    storeTokenFile: '',
    storeWriter: 0,
    keepRawDays: 0,
    keepMinuteDays: 0,
    keepHourDays: 0,
    fresh: false,
    simulator: false,
    seed: 1,
    speed: 60,
    logLevel: 'silent',
    logFormat: 'json',
    dev: false
  })
  assert.ok(options.ok, JSON.stringify(options))
  return startAllInOne(options.value, { bootstrapKey })
}

async function ask(all: AllInOne, method: string, at: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${bootstrapKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const answer = await fetch(`${all.url}${at}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  assert.equal(answer.status, 200, `${method} ${at}`)
  const checked = anything.check(await answer.json())
  return checked.ok ? checked.value : undefined
}

async function enrol(all: AllInOne, at: string, body: object) {
  const checked = made.check(await ask(all, 'POST', at, body))
  assert.ok(checked.ok)
  return checked.value
}

async function connect(all: AllInOne, type: 'tcp' | 'tls' | 'wss', password: string | undefined): Promise<MqttClient | string> {
  const port = all.listeners.find((listener) => listener.type === type)?.port
  const scheme = { tcp: 'mqtt', tls: 'mqtts', wss: 'wss' }[type]
  const ca = await readFile(join(folder, 'server.pem'), 'utf8')
  const options = { ca, username, password: password ?? '', reconnectPeriod: 0, connectTimeout: 5_000, clientId: `${type}-1` }
  return connectAsync(`${scheme}://127.0.0.1:${port}`, options, false).catch((error: unknown) => String(error))
}

async function connected(...of: Parameters<typeof connect>): Promise<MqttClient> {
  const client = await connect(...of)
  if (typeof client === 'string') assert.fail(client)
  return client
}

const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

test('a device is enrolled, comes in over TCP, TLS and secure WebSocket, and is kept out from the moment it is revoked', async (context) => {
  if (!hasCertificate) return context.skip('openssl is not installed')
  const all = await start()
  const first = await enrol(all, path, { kind: 'secret' })
  assert.equal(first.username, username)
  const clients = await Promise.all((['tcp', 'tls', 'wss'] as const).map((type) => connected(all, type, first.secret)))
  const gone = Promise.all(clients.map(closed))
  await ask(all, 'DELETE', `${path}/${first.credential.id}`)
  await gone
  const refused = await connect(all, 'tls', first.secret)
  assert.ok(typeof refused === 'string' && /bad user/i.test(refused), 'CONNACK 4')
  const token = await enrol(all, path, { kind: 'token', lifeS: 600 })
  await (await connected(all, 'tls', token.token)).endAsync(true)
  const second = await enrol(all, path, { kind: 'secret', secret: 'it is written under the lid' })
  assert.deepEqual(await all.stop(), [])

  const again = await start()
  for (const password of [token.token, 'it is written under the lid']) await (await connected(again, 'tls', password)).endAsync(true)
  assert.equal(typeof (await connect(again, 'tcp', first.secret)), 'string')
  assert.deepEqual(await again.stop(), [])

  const third = await start()
  const checked = list.check(await ask(third, 'GET', path))
  assert.ok(checked.ok)
  const used = new Map(checked.value.items.map(({ id, state, lastUsedAtMs }) => [id, { state, isUsed: lastUsedAtMs !== undefined }]))
  assert.deepEqual(used.get(first.credential.id), { state: 'revoked', isUsed: true })
  assert.deepEqual(used.get(second.credential.id), { state: 'active', isUsed: true })
  assert.equal((await stat(tokenKeysPathOf(third.dataDir))).mode & 0o777, 0o600)
  assert.deepEqual(await third.stop(), [])
})
