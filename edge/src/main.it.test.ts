/** The agent as a process: configuration, sign-in, end. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempFolder } from './testing/temp-folder.ts'
import { startTestBroker, until } from './testing/test-broker.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

test('the agent as a process starts from a file, signs in, and ends on SIGTERM with code 0', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const path = join(folder.path, 'edge.yaml')
  writeFileSync(path, `point: p1\nagent: agent\nbrokerUrl: ${broker.url}\ndataDir: ${folder.path}\ndevices: []\nsources: []\n`)
  const child = spawn(process.execPath, [main, '--config', path], {
    env: { ...process.env, TRACEGATE_EDGE_SECRET: 'from-the-environment' },
    stdio: 'ignore'
  })
  const exited = once(child, 'exit')
  try {
    await until('the birth', () => broker.received.some((message) => message.device === 'agent' && message.message['online'] === true))
  } finally {
    child.kill('SIGTERM')
  }
  const [code]: unknown[] = await exited
  assert.equal(code, 0)
  assert.equal(broker.passwords[0], 'from-the-environment')
  await until('the death', () => broker.received.some((message) => message.message['online'] === false))
})

test('every fault of a wrong configuration is a line of its own, without a stack, and the exit code is 2', async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; text: string }>()
  execFile(process.execPath, [main, '--point', 'no good'], { timeout: 30_000 }, (error, _out, err) =>
    resolve({ code: error?.code, text: err })
  )
  const { code, text } = await promise
  assert.equal(code, 2)
  const lines = text.trim().split('\n')
  assert.ok(lines.length > 3 && lines.every((line) => line.includes('expected')), text)
})

test(
  'SIGHUP has the file read again; a wrong one is told in the log without its secret, and the agent runs on',
  { timeout: 30_000 },
  async () => {
    using folder = tempFolder()
    await using broker = await startTestBroker()
    const path = join(folder.path, 'edge.yaml')
    const text = (devices: string) =>
      `point: p1\nagent: agent\nsecret: hush-hush\nbrokerUrl: ${broker.url}\ndataDir: ${folder.path}/data\n${devices}\n`
    writeFileSync(path, text('devices: []'))
    const child = spawn(process.execPath, [main, '--config', path], { stdio: ['ignore', 'ignore', 'pipe'] })
    const exited = once(child, 'exit')
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
    try {
      await until('the birth', () => broker.received.some((message) => message.device === 'agent'))
      writeFileSync(path, text('devcies: []\nbrokerUrl2: hush-hush'))
      child.kill('SIGHUP')
      await until('the refusal', () => log.includes('configuration refused'))
      assert.match(log, /did you mean .{1,3}devices/)
      writeFileSync(path, text('devices: [{ id: d7, kind: probe, name: { zh: a, en: b }, metrics: [] }]'))
      child.kill('SIGHUP')
      await until('the birth of d7', () => broker.received.some((message) => message.device === 'd7'))
      assert.ok(!log.includes('hush-hush'), log)
    } finally {
      child.kill('SIGTERM')
    }
    const [code]: unknown[] = await exited
    assert.equal(code, 0)
  }
)
