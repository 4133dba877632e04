/** The replay source in an agent: pace, times, rounds, and what it does when nothing can be sent. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startEdge } from '../../edge.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../../testing/test-broker.ts'
import { createPace } from './pace.ts'
import type { ReplaySource } from './replay-config.ts'
import { sourceKind } from './source.ts'

const firstMs = Date.parse('2020-01-01T00:00:00Z')

function recordingIn(folder: string, rows: number): string {
  const file = join(folder, 'cold room.csv')
  const lines = Array.from({ length: rows }, (_, row) => `${new Date(firstMs + row * 1_000).toISOString()},${row},${row % 2}`)
  writeFileSync(file, ['time,temp,door', ...lines, 'yesterday,1,1', ''].join('\n'))
  return file
}

function startAgent(folder: string, brokerUrl: string, source: ReplaySource) {
  return startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl,
      dataDir: join(folder, 'data'),
      outboxSync: 'normal',
      devices: [],
      sources: [source]
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
}

function readingsOf(broker: TestBroker, device: string) {
  return broker.received
    .filter((message) => message.device === device && message.channel === 'telemetry')
    .flatMap(({ message }) =>
      Array.isArray(message['readings']) ? message['readings'].map((one: unknown) => ({ one, timeMs: message['timeMs'] })) : []
    )
    .map(({ one, timeMs }) => {
      assert.ok(isRecord(one))
      return { metric: one['metric'], value: one['value'], unit: one['unit'], timeMs: one['timeMs'] ?? timeMs }
    })
}

test('a recording is played with its times, round after round, and its device is born and dies', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const file = recordingIn(folder.path, 10)
  const source: ReplaySource = {
    type: 'replay',
    file,
    columns: { temp: 'temperature' },
    speed: 'max',
    time: 'original',
    rounds: 2,
    intervalMs: 1_000
  }
  await using edge = await startAgent(folder.path, broker.url, source)
  await until('both rounds', () => readingsOf(broker, 'cold-room').length === 20)
  assert.deepEqual(
    readingsOf(broker, 'cold-room').map(({ timeMs }) => timeMs),
    Array.from({ length: 20 }, (_, row) => firstMs + row * 1_000)
  )
  assert.deepEqual(readingsOf(broker, 'cold-room')[3], { metric: 'temperature', value: 3, unit: 'Cel', timeMs: firstMs + 3_000 })
  const states = () =>
    broker.received.filter(({ device, channel }) => device === 'cold-room' && channel === 'state').map(({ message }) => message)
  await until('its death', () => states().at(-1)?.['online'] === false)
  assert.deepEqual(states()[0]?.['metrics'], [{ metric: 'temperature', unit: 'Cel' }])
  assert.match(edge.status().sources[0]?.detail ?? '', /^ended, round 2, 20 readings sent, 2 rows refused$/)
  assert.equal(edge.status().counts.deadLetters, 1)
})

test('a recording is played in its own time, times the speed, as if it happened now', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const startedMs = Date.now()
  await using edge = await startAgent(folder.path, broker.url, { type: 'replay', file: recordingIn(folder.path, 11), speed: 10 })
  await until('all of it', () => edge.status().counts.readingsKept === 22)
  const tookMs = Date.now() - startedMs
  assert.ok(tookMs >= 950, `10 s at ten times the speed took ${tookMs} ms`)
  await until('its messages', () => readingsOf(broker, 'cold-room').length === 22)
  for (const { timeMs } of readingsOf(broker, 'cold-room')) assert.ok(Number(timeMs) >= startedMs && Number(timeMs) <= Date.now() + 1_000)
})

test('a replay waits when the outbox cannot be emptied, and ends when it is told to', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  const file = recordingIn(folder.path, 5_000)
  const source: ReplaySource = { type: 'replay', file, speed: 'max', rounds: 'endless', waitingMessagesMax: 5 }
  await using edge = await startAgent(folder.path, 'mqtt://127.0.0.1:1', source)
  let seen = -1
  let sinceMs = performance.now()
  await until('the bound', () => {
    const { readingsKept } = edge.status().counts
    if (readingsKept !== seen) sinceMs = performance.now()
    seen = readingsKept
    return readingsKept > 0 && performance.now() - sinceMs > 500
  })
  const startedMs = performance.now()
  await edge[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedMs < 5_000)
})

test('a file that cannot be read is told, and a check shows the first reading of each series', async () => {
  using folder = tempFolder()
  const options = { dataDir: folder.path, logger: silentLogger, clientId: 'check', waitMs: 100, signal: new AbortController().signal }
  const found = async (source: ReplaySource) => {
    const configured = sourceKind.configure(source)
    assert.ok(configured.ok)
    const lines: string[] = []
    for await (const { item, ok, detail } of configured.value.probe(options)) lines.push(`${item} ${ok} ${detail}`)
    return lines
  }
  const file = recordingIn(folder.path, 3)
  assert.deepEqual((await found({ type: 'replay', file, units: { '*': '1', temp: 'Cel' } })).slice(1), [
    'cold-room temp true 0 Cel at 2020-01-01T00:00:00.000Z',
    'cold-room door true 0 1 at 2020-01-01T00:00:00.000Z'
  ])
  assert.match((await found({ type: 'replay', file }))[0] ?? '', /false 4 rows, 1 of them refused, the first: line 5: time is "yesterday"/)
  assert.match((await found({ type: 'replay', file: join(folder.path, 'none.csv') }))[0] ?? '', /false Cannot replay .*ENOENT/)
  await using edge = await startAgent(folder.path, 'mqtt://127.0.0.1:1', { type: 'replay', file: join(folder.path, 'none.csv') })
  await until('the failure', () => edge.status().sources[0]?.connected === false)
  assert.match(edge.status().sources[0]?.detail ?? '', /ENOENT/)
})

test('createPace() keeps real time, and a later round comes behind the one before', () => {
  const span = { firstMs: 1_000, lastMs: 5_000, startedMs: 100_000 }
  const doubled = createPace({ ...span, speed: 2, time: 'now' })
  assert.equal(doubled.waitMs(5_000, 100_000), 2_000)
  assert.equal(doubled.waitMs(5_000, 101_990), 0)
  assert.equal(doubled.timeMs(5_000), 102_000)
  assert.equal(createPace({ ...span, speed: 1, time: 'original', shiftMs: 7 }).timeMs(5_000), 5_007)
  assert.equal(createPace({ ...span, speed: Infinity, time: 'now' }).timeMs(5_000), 100_000)
  assert.equal(createPace({ ...span, speed: Infinity, time: 'original', shiftMs: 7 }).timeMs(1_000), 1_007)
})
