/** Subscriptions by mail against a real mail server: double opt-in, STARTTLS, sign-in, refusals, a server that is down, and the way out. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { authorization, createWorld } from '../harness.ts'
import type { MailSettings } from './mail.ts'
import { appendSteps, liftedSteps, publish, startPublishing, until } from './test-world.ts'

interface Mail {
  readonly to: readonly string[]
  readonly text: string
  readonly secure: boolean
  readonly user: string | undefined
}

const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
const needsOpenssl = { skip: hasOpenssl || process.env['CI'] === 'true' ? false : 'needs openssl for the certificate of a mail server' }

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracegate-mail-'))
  await writeFile(join(folder, 'password'), 'pass-1234\n')
  if (!hasOpenssl) return
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', ...made, '-keyout', join(folder, 'server.key'), '-out', join(folder, 'ca.pem')], { stdio: 'ignore' })
})
after(() => rm(folder, { recursive: true, force: true }))

async function startMailServer(port = 0) {
  const [key, cert] = await Promise.all([readFile(join(folder, 'server.key')), readFile(join(folder, 'ca.pem'))])
  const mails: Mail[] = []
  const server = new SMTPServer({
    key,
    cert,
    logger: false,
    authMethods: ['PLAIN', 'LOGIN'],
    // The pool of the mailer keeps its connection; the server does not wait for it.
    closeTimeout: 50,
    onAuth: ({ username, password }, _session, done) =>
      username === 'tracegate' && password === 'pass-1234' ? done(null, { user: username }) : done(new Error('no')),
    onRcptTo({ address }, _session, done) {
      if (!address.startsWith('gone')) return done()
      return done(Object.assign(new Error('no such user'), { responseCode: 550 }))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { envelope, secure, user } = session
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ to, text: decoded(Buffer.concat(chunks).toString()), secure, user: typeof user === 'string' ? user : undefined })
        done()
      })
    }
  })
  server.on('error', () => undefined)
  const listening = server.listen(port, '127.0.0.1')
  await new Promise<void>((resolve) => listening.once('listening', resolve))
  const address = listening.address()
  return {
    mails,
    port: address !== null && typeof address === 'object' ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

/** Quoted-printable and base64 parts as text, which is enough to look for words. */
function decoded(raw: string): string {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const parts = rest.join('\r\n\r\n').split(/\r\n--[^\r\n]+/)
  return [head.replaceAll(/\r\n[ \t]+/g, ' '), ...parts.map(decodedPart)].join('\n')
}

function decodedPart(part: string): string {
  const end = part.indexOf('\r\n\r\n')
  const [head, body] = end < 0 ? ['', part] : [part.slice(0, end), part.slice(end)]
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString()
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

const settingsOf = (port: number): MailSettings => ({
  host: '127.0.0.1',
  port,
  security: 'starttls',
  from: 'Warnings <warnings@example.org>',
  user: 'tracegate',
  passwordFile: join(folder, 'password'),
  caFile: join(folder, 'ca.pem')
})

async function subscribe(url: string, body: object): Promise<number> {
  const response = await fetch(`${url}/api/v1/public/alert-subscriptions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return response.status
}

const linkIn = (text: string, action: string) => new RegExp(`http://\\S+/alerts/\\S+/${action}\\?token=[\\w-]+`).exec(text)?.[0] ?? ''

test(
  'a subscription by mail counts after its confirmation only, gets what it asked for, and ends by the link of the mail',
  needsOpenssl,
  async () => {
    await using mail = await startMailServer()
    await using api = await startPublishing({ publication: { mail: settingsOf(mail.port) } })
    assert.equal(
      await subscribe(api.url, { channel: 'email', address: 'ann@example.org', language: 'en', filter: { hsPrefixes: ['30'] } }),
      202
    )
    assert.equal(await subscribe(api.url, { channel: 'email', address: 'bob@example.org', filter: { hsPrefixes: ['95'] } }), 202)
    await until('both questions', async () => mail.mails.length === 2)
    for (const { text, secure, user } of mail.mails) {
      assert.ok(secure && user === 'tracegate')
      const link = linkIn(text, 'confirm')
      assert.equal((await fetch(link)).status, 200)
      assert.equal((await fetch(link, { method: 'POST' })).status, 200)
    }
    await publish(api.world, { id: 'W-1', number: 'TG-2026-0001' })
    const sent = await until('the warning', async () => mail.mails[2])
    assert.deepEqual(sent.to, ['ann@example.org'])
    assert.match(sent.text, /List-Unsubscribe: <http/)
    assert.match(sent.text, /List-Unsubscribe-Post: List-Unsubscribe=One-Click/)
    assert.match(sent.text, /LOT-7/)
    const ending = linkIn(sent.text, 'end')
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' }
    assert.equal((await fetch(ending.replace(/token=\w/, 'token=!'), form)).status, 404)
    assert.equal((await fetch(ending, form)).status, 200)
    await appendSteps(api.world, 'W-1', liftedSteps)
    await until('the end is out', async () => (await api.get('/cap/TG-2026-0001.2.xml')).ok)
    assert.equal(mail.mails.length, 3)
  }
)

test('a refused recipient is dead with the reason, and a server that was down gets everything once it is up', needsOpenssl, async () => {
  const port = await (async () => {
    await using first = await startMailServer()
    return first.port
  })()
  const world = await createWorld({ withAccount: false })
  for (const address of ['gone@example.org', 'here@example.org']) {
    const row = {
      id: address.slice(0, 4),
      channel: 'email',
      address,
      language: 'zh',
      filter: {},
      rhythm: 'each',
      audience: 'public',
      drills: false
    }
    await world.cases.put('alertSubscriptions', row.id, { ...row, status: 'active', token: 'token', by: 'test', createdAtMs: 1 })
  }
  await world.cases.put('policies', '2', await quickPolicy())
  await using again = await startPublishing({ publication: { mail: settingsOf(port) } }, world)
  await publish(world, { id: 'W-2', number: 'TG-2026-0002' })
  const receipts = async () => {
    const response = await again.get('/api/v1/warnings/W-2/publications', { authorization })
    const { items } = JSON.parse(await response.text())
    return Object.fromEntries(
      (items[0]?.deliveries ?? [])
        .filter((one: { channel: string }) => one.channel === 'email')
        .map((one: { to: string; status: string; lastFailure?: string }) => [one.to, one])
    )
  }
  await until('a failed attempt', async () => ((await receipts())['h…@example.org']?.attempts ?? 0) > 0)
  await using mail = await startMailServer(port)
  const settled = await until('both to settle', async () => {
    const all = await receipts()
    return all['h…@example.org']?.status === 'delivered' && all['g…@example.org']?.status === 'dead' ? all : undefined
  })
  assert.match(settled['g…@example.org'].lastFailure, /550/)
  assert.ok(!JSON.stringify(settled).includes('here@example.org'))
  assert.ok(mail.mails.some(({ to }) => to.includes('here@example.org')))
})

/** As shipped, with retries that a test can wait for. */
async function quickPolicy() {
  const { policyDefaults } = await import('@tracegate/model/policy/policy')
  const retry = { firstMs: 100, longestMs: 200, deadAfterMs: 60_000 }
  return {
    version: 2,
    effectiveFromMs: 1,
    by: 'test',
    why: 'quick',
    policy: { ...policyDefaults, channels: { ...policyDefaults.channels, retry } }
  }
}
