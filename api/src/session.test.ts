/** Who gets in and who does not: accounts, sessions, keys, origins, lock-out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAccounts } from './accounts.ts'
import { createCheckedServer, createWorld, key } from './harness.ts'
import { signInsPerMinuteMax } from './routes/session.ts'
import { createLockOut, createSessions, sessionIdleMs, sessionLifeMs, sessionsMax } from './sessions.ts'

async function signedOut(nowMs?: () => number) {
  const world = await createWorld(nowMs === undefined ? {} : { nowMs })
  const first = world.accounts.firstSignIn
  assert.ok(first)
  return { world, first, app: await createCheckedServer(world) }
}

test('the first password is told once, opens a session, and is nowhere in the store', async () => {
  const { world, first, app } = await signedOut()
  const answer = await app.inject({ method: 'POST', url: '/api/v1/session', payload: first })
  assert.equal(answer.statusCode, 200, answer.body)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /^tg_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  const session = cookie.split(';')[0] ?? ''
  const who = await app.inject({ url: '/api/v1/session', headers: { cookie: `a=b; ${session}` } })
  assert.equal(who.json().name, 'admin')
  const again = await openAccounts({ cases: world.cases })
  assert.equal(again.firstSignIn, undefined)
  assert.ok(!JSON.stringify(await world.cases.list('accounts')).includes(first.password))
  assert.ok(!JSON.stringify(await world.cases.list('credentials')).includes(key))
})

test('signing out ends the session', async () => {
  const { first, app } = await signedOut()
  const signedIn = await app.inject({ method: 'POST', url: '/api/v1/session', payload: first })
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/v1/session', headers })).statusCode, 204)
  assert.equal((await app.inject({ url: '/api/v1/session', headers })).statusCode, 401)
})

test('a change with a cookie needs the same origin, one with a key does not', async () => {
  const { first, app } = await signedOut()
  const signedIn = await app.inject({ method: 'POST', url: '/api/v1/session', payload: first })
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
  const send = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/api/v1/sim/scenarios/x', headers })).json().code
  assert.equal(await send({ cookie }), 'ORIGIN_REFUSED')
  assert.equal(await send({ cookie, 'sec-fetch-site': 'cross-site' }), 'ORIGIN_REFUSED')
  assert.equal(await send({ cookie, origin: 'https://evil.example' }), 'ORIGIN_REFUSED')
  assert.equal(await send({ cookie, origin: 'http://localhost:80' }), 'SIMULATOR_ABSENT')
  assert.equal(await send({ cookie, 'sec-fetch-site': 'same-origin' }), 'SIMULATOR_ABSENT')
  assert.equal(await send({ authorization: `Bearer ${key}`, origin: 'https://tool.example' }), 'SIMULATOR_ABSENT')
  const foreign = await app.inject({ method: 'POST', url: '/api/v1/session', payload: first, headers: { origin: 'https://evil.example' } })
  assert.equal(foreign.statusCode, 403)
})

test('after five failures the next sign-in waits, the right password too, and others are not locked', async () => {
  let now = Date.now()
  const { first, app } = await signedOut(() => now)
  const attempt = (password: string, remoteAddress = '10.0.0.1') =>
    app.inject({ method: 'POST', url: '/api/v1/session', payload: { name: 'admin', password }, remoteAddress })
  for (let tries = 0; tries < 5; tries += 1) assert.equal((await attempt('wrong')).json().code, 'SIGN_IN_FAILED')
  const locked = await attempt(first.password)
  assert.equal(locked.json().code, 'SIGN_IN_LOCKED')
  assert.equal(locked.headers['retry-after'], '30')
  assert.equal((await attempt(first.password, '10.0.0.2')).statusCode, 200)
  now += 31_000
  assert.equal((await attempt(first.password)).statusCode, 200)
})

test('sign-ins from one address are limited, and malformed ones say what is wrong', async () => {
  const { app } = await signedOut()
  const send = (payload: object) => app.inject({ method: 'POST', url: '/api/v1/session', payload })
  const bad = await send({ name: '', password: 'x', more: 1 })
  assert.equal(bad.json().code, 'REQUEST_INVALID')
  for (let tries = 0; tries < signInsPerMinuteMax; tries += 1) await send({ name: '' })
  const limited = await send({ name: 'admin', password: 'x' })
  assert.equal(limited.statusCode, 429)
  assert.equal(limited.json().code, 'RATE_LIMITED')
  const large = await app.inject({
    method: 'POST',
    url: '/api/v1/session',
    payload: { name: 'x'.repeat(10_000) },
    remoteAddress: '10.0.0.9'
  })
  assert.equal(large.json().code, 'BODY_TOO_LARGE')
  const text = { method: 'POST', url: '/api/v1/session', remoteAddress: '10.0.0.8' } as const
  assert.equal((await app.inject({ ...text, payload: '{', headers: { 'content-type': 'application/json' } })).json().code, 'BODY_NOT_JSON')
  assert.equal((await app.inject({ ...text, payload: 'x', headers: { 'content-type': 'text/x' } })).json().code, 'MEDIA_TYPE_UNSUPPORTED')
})

test('a second bootstrap key does not replace the first', async () => {
  const { world, app } = await signedOut()
  assert.equal(await world.accounts.ensureBootstrapKey(key), 'same')
  assert.equal(await world.accounts.ensureBootstrapKey('another-key'), 'kept')
  assert.equal((await app.inject({ url: '/api/v1/points', headers: { authorization: 'Bearer another-key' } })).statusCode, 401)
})

test('a service key has its rights and no more, also after a restart, and a new one replaces it', async () => {
  const { world, app } = await signedOut()
  await world.accounts.ensureServiceKey('simulator', 'first-key', ['read'])
  const status = async (token: string, url: string, method: 'GET' | 'POST' = 'GET') =>
    (await app.inject({ method, url, headers: { authorization: `Bearer ${token}` } })).statusCode
  assert.equal(await status('first-key', '/api/v1/points'), 200)
  assert.equal(await status('first-key', '/api/v1/sim/scenarios/x', 'POST'), 403)
  const again = await openAccounts({ cases: world.cases })
  assert.deepEqual(again.byKey('first-key')?.rights, ['read'])
  await world.accounts.ensureServiceKey('simulator', 'second-key', ['read', 'simulate'])
  assert.equal(await status('first-key', '/api/v1/points'), 401)
  assert.equal(await status('second-key', '/api/v1/sim/scenarios/x', 'POST'), 404)
  await world.accounts.ensureServiceKey('partner', 'capture-key', ['capture'])
  for (const url of ['/api/v1/points', '/api/v1/live', '/epcis/v2/events', '/api/v1/dead-letters'])
    assert.equal(await status('capture-key', url), 403, url)
  assert.equal(await status('capture-key', '/epcis/v2/capture'), 200)
  assert.equal(await status('capture-key', '/api/v1/session'), 200)
})

test('sessions end when unused, when old, and when there are too many', () => {
  let now = 1_000
  const sessions = createSessions(() => now)
  const principal = { kind: 'account', name: 'a', rights: [] } as const
  const idle = sessions.open(principal)
  now += sessionIdleMs + 1
  assert.equal(sessions.find(idle), undefined)
  const old = sessions.open(principal)
  for (let passed = 0; passed <= sessionLifeMs; passed += sessionIdleMs) {
    assert.equal(sessions.find(old), principal)
    now += sessionIdleMs
  }
  assert.equal(sessions.find(old), undefined)
  const first = sessions.open(principal)
  for (let count = 0; count < sessionsMax; count += 1) sessions.open(principal)
  assert.equal(sessions.has(first), false)
})

test('the lock-out doubles up to fifteen minutes and forgets after success', () => {
  let now = 0
  const lockOut = createLockOut(() => now)
  for (let tries = 0; tries < 12; tries += 1) lockOut.failed('x')
  assert.equal(lockOut.waitMs('x'), 15 * 60_000)
  now += 15 * 60_000
  assert.equal(lockOut.waitMs('x'), 0)
  lockOut.succeeded('x')
  lockOut.failed('x')
  assert.equal(lockOut.waitMs('x'), 0)
})
