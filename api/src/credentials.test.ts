/** Enrolment by HTTP: a device is made, comes in, gets another secret, and is kept out; by whom, and told to whom. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CredentialJournal, CredentialList, CredentialMade } from '@tracegate/model/http-credentials'
import { createAccessNotices, type AccessNotice } from '@tracegate/service/access-notices'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import { openTokenKeys } from '@tracegate/service/tokens'
import { verifyJournal } from '@tracegate/store/journal'
import type { Static } from 'typebox'
import { authorization, createCheckedServer, createWorld, startMs } from './harness.ts'

const headers = { authorization }
const probe = '/api/v1/devices/port-1/probe-9/credentials'

async function running() {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-credentials-'))
  const clock = { nowMs: startMs }
  const nowMs = () => clock.nowMs
  const tokens = await openTokenKeys({ path: join(folder, 'token-keys.json'), nowMs })
  const notices = createAccessNotices((error) => assert.fail(String(error)))
  const world = await createWorld({ nowMs, withAccount: false, access: { tokens, notices } })
  const directory = createDeviceDirectory({ register: world.cases, tokens, nowMs })
  const told: AccessNotice[] = []
  notices.listen((notice) => {
    told.push(notice)
    directory.forget(notice.username)
  })
  const app = await createCheckedServer(world)
  const send = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  const make = async (payload: object, url = probe) => {
    const answer = await send('POST', url, payload)
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(answer.headers['cache-control'], 'no-store')
    return answer.json<CredentialMade>()
  }
  const signIn = (username: string, password: string | undefined) =>
    directory.authenticate({ clientId: 'c', username, password: Buffer.from(password ?? '') })
  const list = async () => (await send('GET', probe)).json<CredentialList>().items
  return {
    world,
    clock,
    told,
    app,
    folder,
    directory,
    send,
    make,
    signIn,
    list,
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

test('a device is enrolled, told its secret once, and let in with it', async () => {
  await using api = await running()
  const made = await api.make({ kind: 'secret', note: 'north wall' })
  assert.equal(made.username, 'port-1/probe-9')
  assert.equal(Buffer.from(made.secret ?? '', 'base64url').length, 32)
  const identity = await api.signIn('port-1/probe-9', made.secret)
  assert.deepEqual(identity, { role: 'device', point: 'port-1', device: 'probe-9', credential: made.credential.id })
  await api.directory.flush()
  const listed = await api.send('GET', probe)
  assert.ok(!listed.body.includes(made.secret ?? 'x') && !listed.body.includes('hash'), 'nothing secret is listed')
  const [item] = listed.json<CredentialList>().items
  const { id } = made.credential
  const facts = {
    id,
    kind: 'secret',
    origin: 'generated',
    state: 'active',
    note: 'north wall',
    createdAtMs: startMs,
    createdBy: 'bootstrap'
  }
  assert.deepEqual(item, { ...facts, lastUsedAtMs: startMs })
  assert.ok(!JSON.stringify(await api.world.cases.get('credentials', 'port-1/probe-9')).includes(made.secret ?? 'x'))
})

test('a secret that the device comes with is taken, not given back, and costs whoever guesses it', async () => {
  await using api = await running()
  const secret = 'printed under the lid'
  const made = await api.make({ kind: 'secret', secret })
  assert.equal(made.secret, undefined)
  assert.equal(made.credential.origin, 'chosen')
  assert.ok(await api.signIn('port-1/probe-9', secret))
  assert.equal((await api.send('POST', probe, { kind: 'secret', secret: 'short' })).statusCode, 400)
  assert.ok(!(await api.send('POST', probe, { kind: 'secret', secret: 'short' })).body.includes('short'), 'nor is a refused one')
})

test('a secret is rotated: both work while they overlap, then the new one alone', async () => {
  await using api = await running()
  const old = await api.make({ kind: 'secret' })
  const young = await api.make({ overlapS: 60 }, `${probe}/${old.credential.id}/rotate`)
  assert.notEqual(young.secret, old.secret)
  assert.deepEqual(api.told.at(-1), { username: old.username, ends: { credential: old.credential.id, atMs: startMs + 60_000 } })
  assert.equal((await api.signIn(old.username, old.secret))?.expiresAtMs, startMs + 60_000)
  assert.ok(await api.signIn(old.username, young.secret))
  api.clock.nowMs += 60_000
  assert.equal(await api.signIn(old.username, old.secret), undefined)
  assert.ok(await api.signIn(old.username, young.secret))
  assert.deepEqual(
    (await api.list()).map(({ state }) => state),
    ['expired', 'active']
  )
  assert.equal((await api.send('POST', `${probe}/${old.credential.id}/rotate`, {})).statusCode, 404, 'what has ended is not rotated')
})

test('a revoked credential is worth nothing at once, and everybody hears of it', async () => {
  await using api = await running()
  const [one, two] = [await api.make({ kind: 'secret' }), await api.make({ kind: 'token' })]
  assert.ok((await api.signIn(one.username, one.secret)) && (await api.signIn(two.username, two.token)))
  const answer = await api.send('DELETE', `${probe}/${one.credential.id}`)
  assert.deepEqual(answer.json(), { revoked: 1 })
  assert.deepEqual(api.told.at(-1), { username: one.username, ends: { credential: one.credential.id, atMs: startMs } })
  assert.equal(await api.signIn(one.username, one.secret), undefined)
  assert.ok(await api.signIn(two.username, two.token), 'the other one is not touched')
  assert.equal((await api.send('DELETE', `${probe}/${one.credential.id}`)).statusCode, 404)
  assert.deepEqual((await api.send('DELETE', probe)).json(), { revoked: 1 })
  assert.deepEqual(api.told.at(-1), { username: one.username, ends: { atMs: startMs } })
  assert.equal(await api.signIn(two.username, two.token), undefined)
})

test('a token lives as long as asked, at most a day', async () => {
  await using api = await running()
  const made = await api.make({ kind: 'token', lifeS: 600 })
  assert.equal(made.credential.validUntilMs, startMs + 600_000)
  assert.equal((await api.signIn(made.username, made.token))?.expiresAtMs, startMs + 600_000)
  assert.equal(await api.signIn('port-1/other', made.token), undefined)
  api.clock.nowMs += 661_000
  assert.equal(await api.signIn(made.username, made.token), undefined)
  assert.equal((await api.send('POST', probe, { kind: 'token', lifeS: 90_000 })).statusCode, 400)
})

test('a certificate is registered by its PEM or fingerprint, and refused when it could never let the device in', async () => {
  await using api = await running()
  const certify = async (uri: string) => {
    const [key, pem] = [join(api.folder, 'key.pem'), join(api.folder, 'certificate.pem')]
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '36500', '-subj', '/CN=x']
    execFileSync('openssl', [...args, '-addext', `subjectAltName=URI:${uri}`, '-keyout', key, '-out', pem], { stdio: 'ignore' })
    return readFile(pem, 'utf8')
  }
  const pem = await certify('urn:tracegate:device:port-1/probe-9')
  const made = await api.make({ kind: 'certificate', pem })
  assert.match(made.credential.fingerprint ?? '', /^[0-9a-f]{64}$/)
  assert.ok((made.credential.validUntilMs ?? 0) > startMs)
  const again = await api.make({
    kind: 'certificate',
    fingerprint: (made.credential.fingerprint ?? '').toUpperCase().replaceAll(/..(?=.)/g, '$&:')
  })
  assert.equal(again.credential.fingerprint, made.credential.fingerprint)
  await api.make({ kind: 'issuer', pem })
  for (const payload of [
    { kind: 'certificate' },
    { kind: 'certificate', pem: 'rubbish' },
    { kind: 'certificate', fingerprint: '00' },
    { kind: 'certificate', pem, fingerprint: '00'.repeat(32) },
    { kind: 'certificate', pem: await certify('urn:tracegate:device:port-1/other') }
  ])
    assert.equal((await api.send('POST', probe, payload)).statusCode, 400, JSON.stringify(payload))
})

test('roles fit their holders, stay what they are, and agents are told from devices by the register', async () => {
  await using api = await running()
  const { world } = api
  await world.cases.put('devices', 'port-1-agent', {
    point: 'port-1',
    id: 'agent',
    kind: 'edge',
    name: { zh: '网关', en: 'Agent' },
    online: true,
    metrics: []
  })
  const agents = '/api/v1/devices/port-1/agent/credentials'
  assert.equal((await api.make({ kind: 'secret' }, agents)).role, 'edge')
  assert.equal((await api.send('POST', agents, { kind: 'secret', role: 'device' })).json<{ code: string }>().code, 'CREDENTIAL_ROLE')
  const collector = await api.make({ kind: 'secret' }, '/api/v1/devices/-/collector-2/credentials')
  assert.deepEqual([collector.username, collector.role], ['collector-2', 'collector'])
  assert.ok(await api.signIn('collector-2', collector.secret))
  assert.equal((await api.send('POST', probe, { kind: 'secret', role: 'service' })).statusCode, 400)
  assert.equal(
    (await api.send('POST', '/api/v1/devices/-/bootstrap/credentials', { kind: 'secret' })).json<{ code: string }>().code,
    'CREDENTIAL_NAME_TAKEN'
  )
  assert.equal((await api.send('POST', '/api/v1/devices/port-1/-/credentials', { kind: 'secret' })).statusCode, 400)
})

test('a device has a bounded number of credentials, and past ones make room', async () => {
  await using api = await running()
  for (let index = 0; index < 8; index += 1) await api.make({ kind: 'token' })
  assert.equal((await api.send('POST', probe, { kind: 'token' })).json<{ code: string }>().code, 'CREDENTIALS_FULL')
  for (let round = 0; round < 4; round += 1) {
    assert.equal((await api.send('DELETE', probe)).statusCode, 200)
    for (let index = 0; index < 8; index += 1) await api.make({ kind: 'token' })
  }
  assert.equal((await api.list()).length, 24)
})

test('changes that come at the same time are all made', async () => {
  await using api = await running()
  await Promise.all(Array.from({ length: 3 }, () => api.make({ kind: 'token' })))
  assert.equal((await api.list()).length, 3)
})

test('every change stands in a journal that cannot be altered unseen, with who made it', async () => {
  await using api = await running()
  const made = await api.make({ kind: 'secret' })
  await api.make({ overlapS: 0 }, `${probe}/${made.credential.id}/rotate`)
  await api.send('DELETE', probe)
  const { items } = (await api.send('GET', `${probe}/journal`)).json<Static<typeof CredentialJournal>>()
  assert.deepEqual(
    items.map(({ by, action }) => [by, action.split(' ').slice(0, 2).join(' ')]),
    [
      ['bootstrap', 'made secret'],
      ['bootstrap', 'rotated secret'],
      ['bootstrap', 'revoked all']
    ]
  )
  assert.equal(verifyJournal(await api.world.cases.journal('audit', 'credentials:port-1/probe-9')).ok, true)
})

test('without the right to administer nothing is made, listed or revoked', async () => {
  await using api = await running()
  const key = 'a-key-that-may-read-only'
  await api.world.accounts.ensureServiceKey('reader', key, ['read', 'capture', 'simulate'])
  const reader = { authorization: `Bearer ${key}` }
  for (const [method, url] of [
    ['POST', probe],
    ['GET', probe],
    ['GET', `${probe}/journal`],
    ['DELETE', probe],
    ['DELETE', `${probe}/x`],
    ['POST', `${probe}/x/rotate`]
  ] as const) {
    const payload = method === 'POST' ? { payload: { kind: 'secret' } } : {}
    assert.equal((await api.app.inject({ method, url, headers: reader, ...payload })).statusCode, 403, `${method} ${url}`)
    assert.equal((await api.app.inject({ method, url, ...payload })).statusCode, 401, `${method} ${url}`)
  }
  assert.equal((await api.send('GET', probe)).statusCode, 404)
})

test('without keys to sign with there are no tokens', async () => {
  const world = await createWorld({ nowMs: () => startMs })
  const app = await createCheckedServer(world)
  const answer = await app.inject({ method: 'POST', url: probe, headers, payload: { kind: 'token' } })
  assert.equal(answer.json<{ code: string }>().code, 'TOKENS_ABSENT')
})
