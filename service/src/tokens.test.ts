/** Signed tokens: issued, verified, refused for every fault; keys in a file of their own, replaced and dropped. */
import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { looksLikeToken, openTokenKeys, tokenKeyLifeMs, type TokenKeys } from './tokens.ts'

let folder = ''
const clock = { nowMs: Date.UTC(2026, 10, 23) }
const nowMs = () => clock.nowMs
const request = { username: 'yard/probe', id: 't-1', lifeS: 3_600 }

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracegate-tokens-'))
})
after(() => rm(folder, { recursive: true, force: true }))

let count = 0
function open(): Promise<TokenKeys> {
  count += 1
  return openTokenKeys({ path: join(folder, String(count), 'token-keys.json'), nowMs })
}

/** A token like ours but for one thing, signed with a key of ours or of somebody else. */
async function forge(kid: string, change: (token: SignJWT) => SignJWT): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const token = new SignJWT({}).setIssuer('tracegate').setAudience('tracegate-broker').setSubject('yard/probe').setJti('t-1')
  const timed = token.setIssuedAt(Math.floor(clock.nowMs / 1_000)).setExpirationTime(Math.floor(clock.nowMs / 1_000) + 60)
  return change(timed).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid }).sign(privateKey)
}

test('a token tells who it is for until it ends, a minute of skew included', async () => {
  const keys = await open()
  const { token, expiresAtMs } = await keys.issue(request)
  assert.equal(expiresAtMs, clock.nowMs + 3_600_000)
  assert.ok(looksLikeToken(Buffer.from(token)))
  assert.deepEqual(await keys.verify(token), { username: 'yard/probe', id: 't-1', expiresAtMs })
  const start = clock.nowMs
  clock.nowMs = expiresAtMs + 59_000
  assert.equal(typeof (await keys.verify(token)), 'object')
  clock.nowMs = expiresAtMs + 61_000
  assert.equal(await keys.verify(token), 'expired')
  clock.nowMs = start - 61_000
  assert.equal(await keys.verify(token), 'life', 'issued in the future')
  clock.nowMs = start
})

test('a token that somebody else made, or that was changed, is worth nothing', async () => {
  const keys = await open()
  const { token } = await keys.issue(request)
  const { kid } = decodeProtectedHeader(token)
  assert.equal(typeof kid, 'string')
  const [head = '', body = '', signature = ''] = token.split('.')
  const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'yard/other' })).toString(
    'base64url'
  )
  assert.equal(await keys.verify(`${head}.${other}.${signature}`), 'signature')
  assert.equal(await keys.verify(await forge(String(kid), (one) => one)), 'signature')
  assert.equal(await keys.verify(await forge('somebody', (one) => one)), 'unknownKey')
  const none = new UnsecuredJWT({}).setIssuer('tracegate').setAudience('tracegate-broker').setSubject('yard/probe').setJti('t-1')
  assert.equal(await keys.verify(none.setIssuedAt().setExpirationTime('1h').encode()), 'malformed')
  for (const rubbish of ['', 'a.b.c', `${head}.${body}.`, `${head}..${signature}`, 'eyJhbGciOiJub25lIn0.e30.', token.repeat(2)])
    assert.equal(typeof (await keys.verify(rubbish)), 'string', rubbish)
  const secret = new TextEncoder().encode('shared')
  const symmetric = new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: String(kid) }).setSubject('yard/probe')
  assert.equal(await keys.verify(await symmetric.sign(secret)), 'malformed')
})

test('a token for another audience, without an end or with too long a life is refused although we signed it', async () => {
  const path = join(folder, 'own', 'token-keys.json')
  const keys = await openTokenKeys({ path, nowMs })
  const { keys: kept } = JSON.parse(await readFile(path, 'utf8'))
  const { importJWK } = await import('jose')
  const sign = async (change: (token: SignJWT) => SignJWT) => {
    const nowS = Math.floor(clock.nowMs / 1_000)
    const token = new SignJWT({}).setIssuer('tracegate').setAudience('tracegate-broker').setSubject('yard/probe').setJti('t-1')
    const timed = change(token.setIssuedAt(nowS).setExpirationTime(nowS + 60))
    return timed.setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: kept[0].kid }).sign(await importJWK(kept[0].jwk, 'EdDSA'))
  }
  assert.equal(typeof (await keys.verify(await sign((one) => one))), 'object')
  assert.equal(await keys.verify(await sign((one) => one.setAudience('somewhere-else'))), 'audience')
  assert.equal(await keys.verify(await sign((one) => one.setIssuer('somebody'))), 'malformed')
  assert.equal(await keys.verify(await sign((one) => one.setExpirationTime(Math.floor(clock.nowMs / 1_000) + 90_000))), 'life')
  const endless = new SignJWT({ sub: 'yard/probe', jti: 't', aud: 'tracegate-broker', iss: 'tracegate' }).setIssuedAt()
  const signed = await endless
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: kept[0].kid })
    .sign(await importJWK(kept[0].jwk, 'EdDSA'))
  assert.equal(await keys.verify(signed), 'malformed')
})

test('a life outside of a second to a day is refused', async () => {
  const keys = await open()
  for (const lifeS of [0, -1, 1.5, 86_401, Number.NaN]) await assert.rejects(keys.issue({ ...request, lifeS }), { code: 'TOKEN_LIFE' })
})

test('a new key signs from then on, the old one verifies until its last token has ended, and dropped ones at once no more', async () => {
  const keys = await open()
  const { token: old } = await keys.issue({ ...request, lifeS: 86_400 })
  await keys.rotate()
  const { token: young } = await keys.issue(request)
  assert.notEqual(decodeProtectedHeader(old).kid, decodeProtectedHeader(young).kid)
  assert.equal(typeof (await keys.verify(old)), 'object')
  await keys.rotate({ drop: true })
  assert.equal(await keys.verify(old), 'unknownKey')
  assert.equal(await keys.verify(young), 'unknownKey')
})

test('a key is replaced by itself after its life', async () => {
  const keys = await open()
  const first = decodeProtectedHeader((await keys.issue(request)).token).kid
  clock.nowMs += tokenKeyLifeMs
  assert.notEqual(decodeProtectedHeader((await keys.issue(request)).token).kid, first)
})

test('the keys lie in a file that only their owner may read, outlive the process and reach another one', async () => {
  const path = join(folder, 'shared', 'token-keys.json')
  const issuer = await openTokenKeys({ path, nowMs })
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const verifier = await openTokenKeys({ path, nowMs })
  assert.equal(typeof (await verifier.verify((await issuer.issue(request)).token)), 'object')
  await issuer.rotate()
  clock.nowMs += 5_000
  assert.equal(typeof (await verifier.verify((await issuer.issue(request)).token)), 'object', 'the file is read again for an unknown key')
  await chmod(path, 0o644)
  await assert.rejects(openTokenKeys({ path, nowMs }), { code: 'TOKEN_KEYS' })
  await writeFile(path, '{}')
  await chmod(path, 0o600)
  await assert.rejects(openTokenKeys({ path, nowMs }), { code: 'TOKEN_KEYS' })
})
