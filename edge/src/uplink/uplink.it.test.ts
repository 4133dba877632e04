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

let clockMs = 1_700_000_000_000

/** Telemetry of one reading a message, each with its own time, so that every message can be told from the others. */
async function feed(edge: Edge, count: number, device = 'd1'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    clockMs += 1_000
    await edge.intake.readingsDurably([{ device, metric: 'temperature', unit: 'Cel', timeMs: clockMs, value: randomInt(100), quality: 2 }])
  }
}

test('births are retained, messages arrive, and the watermark empties the outbox', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using edge = await start(configOf(broker, folder.path))
  await feed(edge, 20)
  await edge.intake.event({ type: 'ObjectEvent' }, { device: 'd1' })
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const states = broker.received.filter((message) => message.channel === 'state')
  assert.deepEqual(states.map((message) => message.device).toSorted(), ['agent', 'd1'])
  assert.ok(states.every((message) => message.retain && message.message['online'] === true))
  assert.equal(broker.distinct().size, 21)
  assert.equal(edge.status().counts.messagesCommitted, 21)
  assert.equal(edge.status().counts.readingsCommitted, 20)
})

test('without a watermark nothing is freed, and the messages are sent again until it comes', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  broker.faults.watermarks = false
  await using edge = await start(configOf(broker, folder.path))
  await feed(edge, 5)
  await until('messages sent again', () => edge.status().counts.messagesResent >= 5)
  assert.equal(edge.status().outboxMessages, 5)
  broker.faults.watermarks = true
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(broker.distinct().size, 5)
})

test('a broker that stops acknowledging is left and found again', async () => {
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

test('a cut line, again and again, loses nothing', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using edge = await start(configOf(broker, folder.path))
  const cutting = setInterval(() => broker.cut(), 60)
  await feed(edge, 300)
  clearInterval(cutting)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(broker.distinct().size, 300)
})

test('a broker that is not there is waited for, and restarts on the same port', async () => {
  using folder = tempFolder()
  const first = await startTestBroker()
  const { port, received } = first
  await using edge = await start(configOf(first, folder.path))
  await feed(edge, 10)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  await first[Symbol.asyncDispose]()
  await feed(edge, 10)
  assert.equal(edge.status().outboxMessages, 10)
  await using second = await startTestBroker(port, received)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  assert.equal(second.distinct().size, 20)
})

test('messages of an earlier boot are drained first, under their own boot', async () => {
  using folder = tempFolder()
  const broker = await startTestBroker()
  const config = configOf(broker, folder.path, { flushTimeoutMs: 1 })
  await broker[Symbol.asyncDispose]()
  {
    await using first = await start(config)
    await feed(first, 5)
  }
  await using edge = await start(config)
  await feed(edge, 5)
  assert.equal(edge.status().outboxMessages, 10)
  await using again = await startTestBroker(broker.port)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const telemetry = again.received.filter((message) => message.channel === 'telemetry')
  const boots = [...new Set(telemetry.map((message) => message.boot))]
  assert.equal(boots.length, 2)
  assert.equal(boots[1], edge.status().boot)
  assert.deepEqual(
    telemetry.map((message) => message.seq),
    [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
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

test('readings that had to give way are told of by their number, and the watermark passes them', async () => {
  using folder = tempFolder()
  const broker = await startTestBroker()
  await broker[Symbol.asyncDispose]()
  await using edge = await start(configOf(broker, folder.path, { outboxBytesMax: 65_536 }))
  await feed(edge, 300)
  assert.ok(edge.status().counts.readingsDropped > 0)
  await using again = await startTestBroker(broker.port)
  await until('an empty outbox', () => edge.status().outboxMessages === 0)
  const told = again.received.flatMap(({ message }) => (Array.isArray(message['readings']) ? message['readings'] : []))
  const dropped = told.filter((reading) => isRecord(reading) && reading['metric'] === 'edge.droppedReadings')
  assert.equal(dropped.length, edge.status().counts.readingsDropped)
  assert.equal(again.distinct().size, 300)
})

test('the end of the agent publishes a death for each device, and a kill leaves the last will', async () => {
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
