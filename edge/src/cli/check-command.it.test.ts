/** The commands of the agent as processes: check, sample, keys and sign, with a real broker and a running agent beside them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startAgent } from '../agent.ts'
import { loadEdgeConfig } from '../configuration/load.ts'
import { startPlatform } from '../testing/platform.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { isRecord, startTestBroker, until } from '../testing/test-broker.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const secret = 'hush-hush-hush'

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number; out: string; err: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string; err: string }>()
  execFile(process.execPath, [main, ...args], { timeout: 30_000, env: { ...process.env, ...env } }, (error, out, err) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
  )
  return promise
}

test('check finds every fault of a file at once, and ends with code 2', { timeout: 40_000 }, async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'edge.yaml')
  writeFileSync(path, `point: no good\nagnt: a\nsecret: '${secret}'\nbrokerUrl: mqtt://${secret}@x\nsources:\n  - type: mqt\n`)
  const { code, err, out } = await run(['check', '--config', path])
  assert.equal(code, 2)
  for (const part of [
    'line 1: /point',
    'line 2: /agnt',
    'did you mean "agent"',
    'line 4: /brokerUrl',
    'line 6: /sources/0/type',
    'did you mean "mqtt"',
    'dataDir'
  ])
    assert.ok(err.includes(part), `${part} in ${err}`)
  assert.ok(!`${err}${out}`.includes(secret))
  const json = await run(['check', '--config', path, '--json'])
  assert.equal(json.code, 2)
  const found: unknown = JSON.parse(json.out)
  assert.ok(isRecord(found) && Array.isArray(found['problems']) && found['problems'].length >= 6)
})

test('check looks at broker and sources beside a running agent, and does not disturb it', { timeout: 60_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using field = await startTestBroker()
  await using sender = await startPlatform(field.url)
  const path = join(folder.path, 'edge.yaml')
  const dataDir = join(folder.path, 'data')
  writeFileSync(
    path,
    `point: p1\nagent: agent\nsecretFile: ./secret.txt\nbrokerUrl: ${broker.url}\ndataDir: ${dataDir}\ndevices: []
sources:
  - type: mqtt
    url: ${field.url}
    subscriptions: [{ topic: 'tg/v1/p1/d1/command', device: d1, format: { type: json, readings: [{ path: /t, metric: temperature, unit: Cel }] } }]
`
  )
  writeFileSync(join(folder.path, 'secret.txt'), `${secret}\n`)
  const started = await startAgent({ path, argv: [], env: {}, logger: silentLogger, metrics: createMetrics() })
  assert.ok(started.ok)
  await using agent = started.agent
  await until('the agent', () => agent.status().connected && agent.status().sources[0]?.connected === true)
  const births = () => broker.received.filter(({ channel }) => channel === 'state').length
  await until('the births', () => births() === 2)
  const before = { births: births(), boot: agent.status().boot, files: readdirSync(dataDir).length }
  const timer = setInterval(() => void sender.send('d1', { t: 4.5 }), 50)
  const { code, out, err } = await run(['check', '--config', path, '--json', '--wait-ms', '2000'])
  clearInterval(timer)
  assert.equal(code, 0, out + err)
  const found: unknown = JSON.parse(out)
  assert.ok(isRecord(found) && Array.isArray(found['findings']))
  for (const part of [
    'sign in',
    'subscribe tg/v1/p1/+/committed',
    'subscribe tg/v1/p1/+/command',
    'command/reply',
    'source 1 (mqtt)',
    '4.5'
  ])
    assert.ok(out.includes(part), `${part} in ${out}`)
  assert.ok(!out.includes(secret))
  assert.ok(broker.passwords.every((password) => password === secret))
  assert.deepEqual({ births: births(), boot: agent.status().boot, files: readdirSync(dataDir).length }, before)
  assert.ok(agent.status().connected)
  assert.equal(agent.status().lastError, undefined)
})

test('check ends with code 1 when the broker is not there, or refuses', { timeout: 60_000 }, async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'edge.yaml')
  await using broker = await startTestBroker()
  broker.faults.refuse = true
  for (const url of ['mqtt://127.0.0.1:1', broker.url]) {
    writeFileSync(path, `point: p1\nagent: agent\nbrokerUrl: ${url}\ndataDir: ${folder.path}/data\n`)
    const { code, out } = await run(['check', '--config', path, '--wait-ms', '1000'], { TRACEGATE_EDGE_SECRET: secret })
    assert.equal(code, 1)
    assert.match(out, /FAILED +broker: sign in/)
    assert.ok(!out.includes(secret))
  }
  assert.ok(!existsSync(join(folder.path, 'data')))
})

test('the sample is a right configuration, and names every member', async () => {
  using folder = tempFolder()
  const { code, out } = await run(['sample'])
  assert.equal(code, 0)
  const path = join(folder.path, 'edge.yaml')
  writeFileSync(path, out)
  const loaded = await loadEdgeConfig({ path, env: { TRACEGATE_EDGE_SECRET: secret, PLC_PASSWORD: secret } })
  assert.deepEqual(loaded.ok ? [] : loaded.problems, [])
  // With every member that may be left out put to use, but secretFile, which names a file that is not there.
  writeFileSync(path, out.replaceAll(/^( *)#(?=[a-zA-Z-])(?!secretFile|secret:|brokerCaFile|place|place:)/gm, '$1'))
  const all = await loadEdgeConfig({ path, env: { TRACEGATE_EDGE_SECRET: secret } })
  const unknown = all.ok ? [] : all.problems.filter(({ message }) => message.includes('unknown member') || message.includes('YAML'))
  assert.deepEqual(unknown, [])
  assert.equal((await run(['sample', '--source', 'opcau'])).code, 2)
})

test('keys and sign: a private key for its owner alone, and an order that carries its signature', { timeout: 40_000 }, async () => {
  using folder = tempFolder()
  const keys = join(folder.path, 'keys')
  const made = await run(['keys', keys, '--id', 'site-1'])
  assert.equal(made.code, 0)
  assert.equal(statSync(join(keys, 'private.pem')).mode & 0o777, 0o600)
  assert.ok(!made.out.includes('PRIVATE'))
  assert.match(readFileSync(join(keys, 'trusted-key.yaml'), 'utf8'), /id: site-1\n {4}publicKey: [\w-]{43}\n/)
  assert.equal((await run(['keys', keys])).code, 2)
  const path = join(folder.path, 'new.yaml')
  writeFileSync(path, 'devices: []\n')
  const base = ['sign', '--key', join(keys, 'private.pem'), '--key-id', 'site-1', '--device', 'p1/agent', '--config', path]
  const signed = await run([...base, '--version', '3'])
  assert.equal(signed.code, 0, signed.err)
  const order: unknown = JSON.parse(signed.out)
  assert.ok(
    isRecord(order) && isRecord(order['args']) && order['args']['version'] === 3 && String(order['args']['signature']).length === 86
  )
  assert.equal((await run([...base, '--versoin', '3'])).code, 2)
  assert.match((await run([...base, '--versoin', '3'])).err, /did you mean "--version"/)
  assert.equal((await run(base)).code, 2)
})
