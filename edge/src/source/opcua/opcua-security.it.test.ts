/** Channels, certificates and identities of the OPC UA source against a real server: what is taken, and what is refused with which words. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { EndpointDescription, MessageSecurityMode, UserTokenPolicy, UserTokenType } from 'node-opcua-client'
import { createLogger } from '@tracegate/service/log'
import { knownUser, makeUser, putCertificate, startAuthority, startSecureServer } from '../../testing/opcua-secure-server.ts'
import { configure, probe, startSource } from '../../testing/source-harness.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { until } from '../../testing/test-broker.ts'
import { createCertificateManager, openPki } from './certificates.ts'
import { judgeCertificate } from './judge-certificate.ts'
import { identityObjection } from './opcua-identity.ts'

const policies = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']
const modes = ['Sign', 'SignAndEncrypt']
const level = { node: 'ns=1;s=Level', metric: 'level', unit: 'L' }

/** The file of a refused certificate goes where the message says. */
function trustRejected(dataDir: string): void {
  const rejected = join(dataDir, 'pki', 'rejected')
  for (const name of readdirSync(rejected)) renameSync(join(rejected, name), join(dataDir, 'pki', 'trusted', 'certs', name))
}

async function detailOf(config: object, dataDir: string): Promise<string> {
  const findings = await probe(config, dataDir)
  return findings.find(({ ok }) => !ok)?.detail ?? 'all ok'
}

test('security of the OPC UA source', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  const user = await makeUser(join(folder.path, 'user'))
  const userFolder = join(folder.path, 'server', 'user-pki')
  await using server = await startSecureServer({ folder: join(folder.path, 'server'), userFolder })
  const dataDir = join(folder.path, 'agent')
  const base = { type: 'opcua', endpoint: server.endpoint, device: 'plc', variables: [level] }
  const secure = { ...base, securityMode: 'SignAndEncrypt', securityPolicy: 'Aes256_Sha256_RsaPss' }

  await context.test('TG-1005: an unknown certificate is refused, put into rejected/, and the message says how to trust it', async () => {
    const detail = await detailOf(secure, dataDir)
    assert.match(detail, /is not trusted \(BadCertificateUntrusted\)/)
    assert.match(detail, new RegExp(`SHA-1 ${server.thumbprint}`))
    assert.match(detail, /move the file that carries .* to .*trusted\/certs/)
    const [file] = readdirSync(join(dataDir, 'pki', 'rejected'))
    assert.match(file ?? '', new RegExp(server.thumbprint, 'i'))
  })

  await context.test('the own key is made once, and for the agent alone', async () => {
    const key = join(dataDir, 'pki', 'own', 'private', 'private_key.pem')
    assert.equal(statSync(key).mode & 0o777, 0o600)
    const before = [readFileSync(key), readFileSync(join(dataDir, 'pki', 'own', 'certs', 'tracegate-edge.pem'))]
    await detailOf(secure, dataDir)
    assert.deepEqual([readFileSync(key), readFileSync(join(dataDir, 'pki', 'own', 'certs', 'tracegate-edge.pem'))], before)
  })
  trustRejected(dataDir)

  for (const securityPolicy of policies)
    for (const securityMode of modes)
      await context.test(`TG-1005: ${securityPolicy} with ${securityMode} gives a reading, anonymous and as a user`, async () => {
        const channel = { ...base, securityMode, securityPolicy }
        assert.equal(await detailOf(channel, dataDir), 'all ok')
        assert.equal(await detailOf({ ...channel, ...knownUser }, dataDir), 'all ok')
      })

  await context.test('a wrong password and an unknown user are refused by name, and the password is in no log and on no wire', async () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'debug', format: 'json', destination: { write: (line: string) => void lines.push(line) } })
    const wire: Buffer[] = []
    const tap = createServer((near) => {
      const far = connect(server.port, '127.0.0.1')
      near.on('data', (chunk) => wire.push(Buffer.from(chunk)))
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
    })
    await new Promise<void>((resolve) => {
      tap.listen(0, '127.0.0.1', () => resolve())
    })
    const address = tap.address()
    assert.ok(address !== null && typeof address === 'object')
    const signed = { ...secure, securityMode: 'Sign', endpoint: `opc.tcp://127.0.0.1:${address.port}/UA` }
    for (const password of ['not-the-password-0815', knownUser.password]) {
      await using harness = await startSource({ ...signed, username: knownUser.username, password }, dataDir, logger)
      await until('an answer', () => harness.source.status().detail !== 'connecting')
      const { connected, detail } = harness.source.status()
      assert.equal(connected, password === knownUser.password, detail)
      if (!connected) assert.match(detail, /the server refused user "edge" \(Bad\w+\)/)
      const bytes = Buffer.concat(wire)
      assert.ok(bytes.length > 1_000)
      assert.ok(!bytes.includes(password) && !lines.join('').includes(password))
    }
    assert.match(await detailOf({ ...secure, username: 'nobody', password: 'x' }, dataDir), /the server refused user "nobody"/)
    tap.close()
  })

  await context.test('a user certificate is refused until the server trusts it', async () => {
    const { userCertificateFile, userKeyFile } = user
    const config = { ...secure, userCertificateFile, userKeyFile }
    assert.match(await detailOf(config, dataDir), /the server refused the user certificate .*user\.pem \(Bad\w+\)/)
    const users = await createCertificateManager(userFolder, false)
    await users.initialize()
    await users.trustCertificate(user.certificate)
  })

  await context.test('what does not go together is refused before a connection', async () => {
    const refused: readonly [object, RegExp][] = [
      [{ ...base, username: 'edge', password: 'x' }, /username is given with securityMode None/],
      [{ ...secure, password: 'x' }, /password stands without username/],
      [{ ...base, securityMode: 'Sign' }, /securityMode is Sign with securityPolicy None/],
      [{ ...secure, userKeyFile: 'x' }, /one of userCertificateFile and userKeyFile is missing/],
      [{ ...secure, ...knownUser, userKeyFile: 'x', userCertificateFile: 'y' }, /expected one identity/],
      [{ ...base, endpoint: 'opc.tcp://10.0.0.9:4840' }, /securityMode is None beyond loopback/]
    ]
    for (const [config, message] of refused) await assert.rejects(configure(config), message)
    assert.match(
      await detailOf({ ...secure, userCertificateFile: '/none.pem', userKeyFile: '/none.key' }, dataDir),
      /identity is read from/
    )
    assert.match(await detailOf(base, dataDir), /the server offers no endpoint with securityMode None/)
  })

  await context.test('a server with a new certificate is refused until it is trusted, and comes back by itself then', async () => {
    const changing = join(folder.path, 'changing')
    const first = await startSecureServer({ folder: join(changing, 'first') })
    const config = { ...secure, endpoint: first.endpoint, silenceTimeoutMs: 2_000, publishingMs: 50 }
    await detailOf(config, dataDir)
    trustRejected(dataDir)
    await using harness = await startSource(config, dataDir)
    await until('the connection', () => harness.source.status().connected)
    await first[Symbol.asyncDispose]()
    await using second = await startSecureServer({ folder: join(changing, 'second'), port: first.port })
    await until('the refusal', () => harness.source.status().detail.includes(second.thumbprint))
    assert.equal(harness.source.status().connected, false)
    trustRejected(dataDir)
    const before = harness.readings.length
    await until('a reading of the second server', () => harness.readings.length > before)
    assert.equal(harness.source.status().connected, true)
  })

  await context.test('a server that serves nobody without a user says so', async () => {
    await using strict = await startSecureServer({ folder: join(folder.path, 'strict'), allowAnonymous: false, userFolder })
    const config = { ...secure, endpoint: strict.endpoint }
    await detailOf(config, dataDir)
    trustRejected(dataDir)
    assert.match(await detailOf(config, dataDir), /takes no Anonymous identity here, it takes UserName|refused to serve without a user/)
    const { userCertificateFile, userKeyFile } = user
    assert.equal(await detailOf({ ...config, userCertificateFile, userKeyFile }, dataDir), 'all ok')
    const named = { ...config, endpoint: config.endpoint.replace('127.0.0.1', 'localhost') }
    assert.equal(await detailOf({ ...named, ...knownUser }, dataDir), 'all ok')
  })

  await context.test('a certificate for another host is refused although it is trusted', async () => {
    await using other = await startSecureServer({ folder: join(folder.path, 'other'), dns: ['plc-7.example'] })
    const config = { ...secure, endpoint: other.endpoint }
    assert.match(await detailOf(config, dataDir), /is for .*plc-7\.example.*expected one that names 127\.0\.0\.1/)
  })
})

test('TG-1005: a certificate of a trusted issuer is taken, and refused when it is expired, not yet valid, revoked, or its revocation unknown', async () => {
  using folder = tempFolder()
  const authority = await startAuthority(join(folder.path, 'issuer'))
  const issue = async (options: { readonly startDate?: Date; readonly validity?: number }) =>
    (
      await authority.generateKeyPairAndSignDER({
        applicationUri: 'urn:plc',
        dns: ['plc-7.example'],
        ip: ['192.0.2.7'],
        subject: '/CN=PLC 7',
        ...options
      })
    ).certificateDer
  const dayMs = 86_400_000
  const good = await issue({})
  const revoked = await issue({})
  const expired = await issue({ startDate: new Date(Date.now() - 10 * dayMs), validity: 5 })
  const coming = await issue({ startDate: new Date(Date.now() + 10 * dayMs), validity: 5 })
  await authority.revokeCertificateDER(revoked)
  const pki = join(folder.path, 'pki')
  const open = async (withList: boolean) => {
    await openPki({ folder: pki, trustUnknown: false, host: 'plc-7.example' })
    putCertificate(join(pki, 'issuers', 'certs'), 'issuer.der', authority.getCACertificateDER())
    putCertificate(join(pki, 'trusted', 'certs'), 'issuer.der', authority.getCACertificateDER())
    if (withList) putCertificate(join(pki, 'issuers', 'crl'), 'issuer.crl', authority.getCRLDER())
    const manager = await createCertificateManager(pki, false)
    await manager.initialize()
    return manager
  }
  const judge = async (certificate: Buffer, withList = true, host = 'plc-7.example') =>
    judgeCertificate(certificate, { manager: await open(withList), folder: pki, host })
  assert.match((await judge(good, false)).refusal ?? '', /put the revocation list of its issuer into .*issuers\/crl/)
  assert.equal((await judge(good)).refusal, undefined)
  assert.equal((await judge(good, true, '192.0.2.7')).refusal, undefined)
  assert.match((await judge(good, true, '192.0.2.8')).refusal ?? '', /expected one that names 192\.0\.2\.8/)
  assert.match((await judge(revoked)).refusal ?? '', /is revoked by its issuer \(BadCertificateRevoked\)/)
  assert.match((await judge(expired)).refusal ?? '', /expected a valid one: renew it at the server, or set the clock/)
  assert.match((await judge(coming)).refusal ?? '', /expected a valid one/)
  assert.match((await judge(Buffer.from('no certificate'))).refusal ?? '', /no X\.509 certificate/)
  assert.ok(existsSync(join(pki, 'rejected')))
})

test('a password that a server wants in clear text on a channel that only signs is not sent', () => {
  const none = 'http://opcfoundation.org/UA/SecurityPolicy#None'
  const endpointWith = (securityMode: MessageSecurityMode, securityPolicyUri: string | null) =>
    new EndpointDescription({
      securityMode,
      userIdentityTokens: [new UserTokenPolicy({ policyId: 'u', tokenType: UserTokenType.UserName, securityPolicyUri })]
    })
  const config = { type: 'opcua' as const, endpoint: 'opc.tcp://plc:4840', device: 'plc', variables: [], ...knownUser }
  assert.match(identityObjection(config, endpointWith(MessageSecurityMode.Sign, none)) ?? '', /would travel in clear text/)
  assert.equal(identityObjection(config, endpointWith(MessageSecurityMode.Sign, null)), undefined)
  assert.equal(identityObjection(config, endpointWith(MessageSecurityMode.SignAndEncrypt, none)), undefined)
  const anonymousOnly = new EndpointDescription({ userIdentityTokens: [new UserTokenPolicy({ tokenType: UserTokenType.Anonymous })] })
  assert.match(identityObjection(config, anonymousOnly) ?? '', /takes no UserName identity here, it takes Anonymous/)
})
