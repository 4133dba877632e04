/** The uplink with a real broker that loses acknowledgements, watermarks, lines and itself. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { EdgeConfig } from '../config.ts'
import { type Edge, startEdge } from '../edge.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../testing/test-broker.ts'

function configOf(broker: Pick<TestBroker, 'url'>, dataDir: string, options: Partial<EdgeConfig> = {}): EdgeConfig {
  return {
    point: 'p1',
    agent: 'agent',
    secret: 'secret-of-agent',
    brokerUrl: broker.url,
    dataDir,
    outboxSync: 'normal',
    batchAfterMs: 10,
    backOffMinMs: 20,
    backOffMaxMs: 100,
    watermarkTimeoutMs: 300,
    pubackTimeoutMs: 500,
    flushTimeoutMs: 1_000,
    sources: [],
    devices: [{ id: 'd1', kind: 'probe', name: { zh: '探头', en: 'Probe' }, metrics: [{ metric: 'temperature', unit: 'Cel' }] }],
    ...options
  }
}

function start(config: EdgeConfig): Promise<Edge> {
  return startEdge(config, { logger: silentLogger, metrics: createMetrics() })
}

/** The readings that arrived, each message once. */
function readingsIn(broker: TestBroker): Record<string, unknown>[] {
  const seen = new Set<string>()
  return broker.received.flatMap(({ device, boot, seq, message }) => {
    const key = `${device}/${boot}/${seq}`
    if (seen.has(key) || !Array.isArray(message['readings'])) return []
    seen.add(key)
    const list: readonly unknown[] = message['readings']
    return list.filter(isRecord).map((reading) => ({ ...reading, timeMs: reading['timeMs'] ?? message['timeMs'] }))
  })
}

let clockMs = 1_700_000_000_000

function readings(count: number, device = 'd1') {
  return Array.from({ length: count }, () => {
    clockMs += 1_000
    return { device, metric: 'temperature', unit: 'Cel', timeMs: clockMs, value: Math.random(), quality: 2 } as const
  })
}

/** Telemetry of one reading a message, each with its own time, so that every message can be told from the others. */
async function feed(edge: Edge, count: number, device = 'd1'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    clockMs += 1_000
    await edge.intake.readingsDurably([{ device, metric: 'temperature', unit: 'Cel', timeMs: clockMs, value: randomInt(100), quality: 2 }])
  }
}

test('TG-301 TG-404 TG-405: births are retained, messages arrive, and the watermark empties the outbox', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using edge = await start(configOf(broker, folder.path))
  await feed(edge, 20)
  await edge.intake.event({ type: 'ObjectEvent' }, { device: 'd1' })
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const states = broker.received.filter((message) => message.channel === 'state')
  assert.deepEqual(states.map((message) => message.device).toSorted(), ['agent', 'd1'])
  assert.ok(states.every((message) => message.retain && message.message['online'] === true))
  assert.equal(readingsIn(broker).length, 20)
  assert.equal(edge.status().counts.messagesCommitted, broker.distinct().size)
  assert.equal(edge.status().counts.readingsCommitted, 20)
})

test('TG-405: without a watermark nothing is freed, and the messages are sent again until it comes', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  broker.faults.watermarks = false
  await using edge = await start(configOf(broker, folder.path))
  await until('the connection', () => edge.status().connected)
  await feed(edge, 5)
  await until('messages sent again', () => edge.status().counts.messagesResent >= 5)
  assert.equal(edge.status().outboxMessages, 5)
  broker.faults.watermarks = true
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(broker.distinct().size, 5)
})

test('TG-404: a broker that stops acknowledging is left and found again', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using edge = await start(configOf(broker, folder.path))
  await until('the connection', () => edge.status().connected)
  broker.faults.acknowledge = false
  await feed(edge, 3)
  await until('a reconnection', () => edge.status().lastError?.includes('no PUBACK') === true)
  broker.faults.acknowledge = true
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(broker.distinct().size, 3)
})

test('TG-404: a cut line, again and again, loses nothing', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using edge = await start(configOf(broker, folder.path))
  const cutting = setInterval(() => broker.cut(), 60)
  await feed(edge, 300)
  clearInterval(cutting)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(new Set(readingsIn(broker).map((reading) => reading['timeMs'])).size, 300)
  assert.equal(readingsIn(broker).length, 300)
})

test('TG-411 TG-415: a broker that is not there is waited for, and restarts on the same port', async () => {
  using folder = tempFolder()
  const first = await startTestBroker()
  const { port, received } = first
  await using edge = await start(configOf(first, folder.path))
  await feed(edge, 10)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  await first[Symbol.asyncDispose]()
  await feed(edge, 10)
  assert.ok(edge.status().outboxMessages > 0)
  await using second = await startTestBroker(port, received)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(readingsIn(second).length, 20)
})

test('TG-401 TG-410 TG-412: messages of an earlier boot are drained first, under their own boot', async () => {
  using folder = tempFolder()
  const broker = await startTestBroker()
  const config = configOf(broker, folder.path, { flushTimeoutMs: 1 })
  await broker[Symbol.asyncDispose]()
  let bootOfFirst: string
  {
    await using first = await start(config)
    bootOfFirst = first.status().boot
    // More than one message holds: the rest waits in the journal and goes out under the next boot.
    for (let count = 0; count < 2; count += 1) await first.intake.readingsDurably(readings(150))
  }
  await using edge = await start(config)
  await feed(edge, 5)
  await using again = await startTestBroker(broker.port)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const telemetry = again.received.filter((message) => message.channel === 'telemetry')
  assert.deepEqual([...new Set(telemetry.map((message) => message.boot))], [bootOfFirst, edge.status().boot])
  const times = readingsIn(again).map((reading) => Number(reading['timeMs']))
  assert.equal(times.length, 305)
  assert.deepEqual(
    times,
    times.toSorted((left, right) => left - right)
  )
})

test('a refused sign-in is reported and tried again', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  broker.faults.refuse = true
  await using edge = await start(configOf(broker, folder.path))
  await until('a reason', () => /not authorized|refused/i.test(edge.status().lastError ?? ''))
  assert.equal(edge.status().connected, false)
  broker.faults.refuse = false
  await until('the connection', () => edge.status().connected)
})

test('TG-413: readings that had to give way are told of by their number, and the watermark passes them', async () => {
  using folder = tempFolder()
  const broker = await startTestBroker()
  await broker[Symbol.asyncDispose]()
  await using edge = await start(configOf(broker, folder.path, { outboxBytesMax: 65_536 }))
  for (let count = 0; count < 100; count += 1) await edge.intake.readingsDurably(readings(200))
  const dropped = edge.status().counts.readingsDropped
  assert.ok(dropped > 0)
  await using again = await startTestBroker(broker.port)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const arrived = readingsIn(again)
  const told = arrived.filter((reading) => reading['metric'] === 'edge.droppedReadings')
  assert.equal(
    told.reduce((sum, reading) => sum + Number(reading['value']), 0),
    dropped
  )
  assert.equal(arrived.length - told.length, 20_000 - dropped)
})

test('TG-304 TG-109: the end of the agent publishes a death for each device, and a kill leaves the last will', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const edge = await start(configOf(broker, folder.path))
  await until('the connection', () => edge.status().connected)
  const startedMs = performance.now()
  await edge[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedMs < 2_000)
  const deaths = broker.received.filter((message) => message.message['online'] === false)
  assert.deepEqual(deaths.map((message) => message.device).toSorted(), ['agent', 'd1'])
  assert.ok(deaths.every((message) => message.retain))
})

test('the end of the agent hands over what waits before it goes', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const edge = await start(configOf(broker, folder.path, { batchAfterMs: 60_000 }))
  await until('the connection', () => edge.status().connected)
  edge.intake.readings([{ device: 'd1', metric: 'temperature', unit: 'Cel', timeMs: 1, value: 4, quality: 1 }])
  await edge[Symbol.asyncDispose]()
  assert.equal(broker.distinct().size, 1)
})
