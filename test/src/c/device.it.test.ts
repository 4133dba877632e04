/** The C reference device on the real broker and collector: whatever happens to the connection, each message it made is stored once. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import { CommandReply } from '@tracegate/model/command'
import { State } from '@tracegate/model/state'
import { connectAsync } from 'mqtt'
import { createCBuild, needsC, type CBuild } from './c-build.ts'
import { startDevice, until, type RunningDevice } from './running-device.ts'
import { secret, startPlatform, type Platform } from './platform.ts'

const state = compileValidator(State)
const reply = compileValidator(CommandReply)

const made = (device: RunningDevice, kind: string) => device.lines.filter((line) => line.startsWith(`made ${kind} `)).length

/** What the device says it made is what is stored, each once. */
async function assertStoredOnce(platform: Platform, device: RunningDevice): Promise<void> {
  await platform.collector.drain(5_000)
  const series = await platform.telemetry.series('port-1/room-1/')
  const counts = Object.fromEntries(series.map(({ series: key, count }) => [key.split('/')[2], count]))
  const telemetry = made(device, 'telemetry')
  assert.deepEqual(counts, { temperature: telemetry, humidity: telemetry, 'door.open': telemetry })
  assert.equal((await platform.trace.counts()).events, made(device, 'scan') + made(device, 'event'))
  assert.deepEqual((await platform.collector.deadLetters.list({ limit: 10 })).items, [])
}

const stateOf = (platform: Platform) =>
  platform.taken.filter(({ topic }) => topic.endsWith('/state')).map(({ payload }) => state.check(decodedOf(payload)))

function decodedOf(payload: Uint8Array): unknown {
  const decoded = decodePayload(payload)
  assert.ok(decoded.ok)
  return decoded.value
}

const needs = await needsC('mosquitto')

describe('the C reference device', needs, () => {
  let build: CBuild
  let path = ''

  before(async () => {
    build = await createCBuild()
    const files = ['example/device.c', 'example/messages.c', 'example/ring.c', 'example/support.c']
    path = await build.program({ name: 'device', files, libraries: ['-lmosquitto'], isSanitized: true })
  })
  after(() => build[Symbol.asyncDispose]())

  for (const encoding of ['json', 'cbor'])
    it(`TG-402 TG-404 TG-405 TG-410 TG-415: has every message stored once in ${encoding}, through a restart of the broker`, async () => {
      await using platform = await startPlatform('port-1/room-1')
      await using device = startDevice(path, platform, [
        '--encoding',
        encoding,
        '--interval',
        '20',
        '--scan-interval',
        '70',
        '--messages',
        '150'
      ])
      await until('forty messages', () => platform.taken.length > 40)
      await platform.stopBroker()
      const keptMs = 700
      await sleep(keptMs)
      await platform.startBroker()
      assert.equal(await device.ended, 0, device.errors.join(''))
      await assertStoredOnce(platform, device)
      assert.match(device.lines.at(-1) ?? '', /^end made 150 kept 0 /)
      const first = platform.taken[0]?.payload[0]
      assert.equal(first, encoding === 'cbor' ? 0xa8 : 0x7b)
    })

  it('TG-301 TG-302 TG-304: says birth before anything else, and its death when it is told to stop', async () => {
    await using platform = await startPlatform('port-1/room-1')
    await using device = startDevice(path, platform, ['--interval', '50'])
    await until('ten messages', () => platform.taken.length > 10)
    device.process.kill('SIGTERM')
    assert.equal(await device.ended, 0)
    await assertStoredOnce(platform, device)
    assert.ok(platform.taken[0]?.topic.endsWith('/state'))
    const states = stateOf(platform)
    assert.ok(states.every(({ ok }) => ok))
    const last = states.at(-1)
    assert.ok(last?.ok && !last.value.online && last.value.reason === 'orderly end')
    const boots = new Set(states.map((checked) => (checked.ok ? checked.value.boot : '')))
    assert.equal(boots.size, 1)
  })

  it('TG-305 TG-802 TG-803 TG-804 TG-805 TG-806: answers orders, carries each out once, and no late one', async () => {
    await using platform = await startPlatform('port-1/room-1')
    const replies: { id: string; status: string }[] = []
    const listener = await connectAsync(`mqtt://127.0.0.1:${platform.port}`, { username: 'listener', password: secret })
    listener.on('message', (_topic, payload) => {
      const checked = reply.check(decodedOf(payload))
      assert.ok(checked.ok)
      replies.push({ id: checked.value.id, status: checked.value.status })
    })
    await listener.subscribeAsync('tg/v1/port-1/room-1/command/reply', { qos: 1 })
    await using device = startDevice(path, platform, ['--interval', '200', '--scan-interval', '0'])
    await until('the birth', () => stateOf(platform).length === 1)
    const order = (id: string, name: string, fields: object = {}) =>
      platform.publish('tg/v1/port-1/room-1/command', {
        v: 1,
        id,
        name,
        issuedAtMs: Date.now(),
        deadlineMs: Date.now() + 60_000,
        ...fields
      })
    await order('o1', 'rebirth')
    await until('a second birth', () => stateOf(platform).length === 2)
    await order('o1', 'rebirth')
    await order('o2', 'rebirth', { deadlineMs: Date.now() - 1_000 })
    await order('o3', 'selfDestruct')
    await platform.publish('tg/v1/port-1/room-1/command', { id: 'x' })
    await order('o4', 'setInterval', { args: { intervalMs: 100 } })
    await until('a third birth', () => stateOf(platform).length === 3)
    const third = stateOf(platform)[2]
    assert.ok(third?.ok && third.value.online && third.value.metrics[0]?.intervalMs === 100)
    await until('five answers', () => replies.length >= 5)
    await listener.endAsync()
    device.process.kill('SIGTERM')
    assert.equal(await device.ended, 0)
    assert.deepEqual(replies, [
      { id: 'o1', status: 'done' },
      { id: 'o1', status: 'done' },
      { id: 'o2', status: 'expired' },
      { id: 'o3', status: 'refused' },
      { id: 'o4', status: 'done' }
    ])
  })

  it('TG-103: tries again by itself while its secret is not taken, with growing waits', async () => {
    await using platform = await startPlatform('port-1/room-1')
    const wrong = spawn(path, ['--port', String(platform.port), '--point', 'port-1', '--device', 'room-1'], {
      env: { TRACEGATE_SECRET: 'wrong' },
      stdio: ['ignore', 'ignore', 'pipe']
    })
    const times: number[] = []
    wrong.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('refused by the broker')) times.push(Date.now())
    })
    await until('two refusals', () => times.length >= 2)
    wrong.kill('SIGTERM')
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 1_000)
    assert.equal(platform.taken.length, 0)
  })
})
