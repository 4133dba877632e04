/** Secrets and faults of a configuration file. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempFolder } from '../testing/temp-folder.ts'
import { loadEdgeConfig } from './load.ts'
import { maskText } from './references.ts'

const base = 'point: p1\nagent: agent\nbrokerUrl: mqtt://127.0.0.1:1883\ndataDir: ./data\n'
const source =
  "sources: [{ type: mqtt, url: 'mqtt://127.0.0.1:1', username: u, password: '${env:FIELD}', subscriptions: [{ topic: a, device: d1, format: { type: tracegate } }] }]\n"

async function load(text: string, env: Readonly<Record<string, string>> = {}, remote?: string) {
  using folder = tempFolder()
  const path = join(folder.path, 'edge.yaml')
  writeFileSync(path, text)
  writeFileSync(join(folder.path, 'secret.txt'), 'from-a-file\n')
  return loadEdgeConfig({ path, env, remote })
}

test('secrets come from environment, file, or a reference in any member, and are known for masking', async () => {
  const file = await load(`${base}secretFile: secret.txt\n`)
  assert.ok(file.ok && file.config.secret === 'from-a-file')
  const reference = await load(`${base}secret: '\${file:secret.txt}'\n`)
  assert.ok(reference.ok && reference.config.secret === 'from-a-file')
  const both = await load(`${base}secretFile: secret.txt\n${source}`, { TRACEGATE_EDGE_SECRET: 'from-outside', FIELD: 'field-secret' })
  assert.ok(both.ok && both.config.secret === 'from-outside')
  assert.equal(both.config.sources[0]?.['password'], 'field-secret')
  assert.equal(maskText('a from-outside b field-secret c', both.secrets), 'a *** b *** c')
})

test('a reference to nothing is a fault with its place', async () => {
  const found = await load(`${base}secretFile: nowhere.txt\n${source}`)
  assert.ok(!found.ok)
  assert.deepEqual(found.problems.map(({ path, line }) => [path, line]).slice(0, 2), [
    ['/sources/0/password', 6],
    ['/secretFile', 5]
  ])
})

test('a signed text takes the place of members it may hold, reads secrets only, and nothing else', async () => {
  const env = { TRACEGATE_EDGE_SECRET: 's-e-c-r-e-t', FIELD: 'field-secret' }
  const taken = await load(`${base}uplinkAlarmAfterMs: 5\n`, env, `uplinkAlarmAfterMs: 7\n${source}`)
  assert.ok(taken.ok)
  assert.deepEqual([taken.config.uplinkAlarmAfterMs, taken.config.sources[0]?.['password']], [7, 'field-secret'])
  for (const remote of [
    'point: x',
    'agent: x',
    'secret: x',
    'secretFile: x',
    'dataDir: x',
    'trustedKeys: []',
    'brokerUrl: mqtt://x',
    'uplinkAlarm: {}',
    'statusPort: 1',
    'outboxBytesMax: 65536',
    "devices: '${env:FIELD}'",
    '[]',
    'a: ['
  ]) {
    const refused = await load(base, env, remote)
    assert.ok(!refused.ok && refused.problems.some(({ message }) => message.startsWith('signed configuration:')), remote)
    assert.ok(!JSON.stringify(refused).includes('s-e-c-r-e-t'), remote)
  }
})

test('a file that is no YAML, no object or not there is one fault with its line', async () => {
  const bad = await load('point: p1\nagent: [\n')
  assert.ok(!bad.ok && bad.problems.length === 1 && (bad.problems[0]?.line ?? 0) >= 2)
  const round = await load('sources: &s [{ type: mqtt, x: *s }]\n')
  assert.ok(!round.ok && /alias/.test(round.problems[0]?.message ?? ''))
  assert.ok(!(await load('- a\n')).ok)
  assert.ok(!(await loadEdgeConfig({ path: '/nowhere/edge.yaml', env: {} })).ok)
})

test('a reference of no known kind is a fault, not a password', async () => {
  const found = await load(`${base}secret: '\${FIELD}'\n`, { FIELD: 'x' })
  assert.ok(!found.ok)
  assert.deepEqual(found.problems, [
    { path: '/secret', line: 5, message: '/secret is "${FIELD}", expected a value, ${env:NAME} or ${file:path}' }
  ])
})

test('a password in a URL, and a secret that holds another, are not shown', async () => {
  const found = await load(`${base}secret: abcdef\n`.replace('//127.0.0.1', '//user:pass-word@127.0.0.1'))
  assert.ok(!found.ok && !JSON.stringify(found).includes('pass-word'))
  assert.equal(maskText('x secret-long y', ['secret', 'secret-long']), 'x *** y')
})

test('files that a source names are found from the folder of the configuration, as its own are', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'edge.yaml')
  const http = '{ type: http, port: 0, devices: [{ device: d1, tokenFile: ./t/d1 }] }'
  const replay = '{ type: replay, file: a.csv, device: d2, columns: { someFile: temperature }, units: { temperature: Cel } }'
  writeFileSync(path, `${base}secret: abcdef\nsources: [${http}, ${replay}]\n`)
  const loaded = await loadEdgeConfig({ path, env: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  assert.deepEqual(loaded.config.sources[0]?.['devices'], [{ device: 'd1', tokenFile: join(folder.path, 't/d1') }])
  assert.deepEqual(
    [loaded.config.sources[1]?.['file'], loaded.config.sources[1]?.['columns']],
    [join(folder.path, 'a.csv'), { someFile: 'temperature' }]
  )
})
