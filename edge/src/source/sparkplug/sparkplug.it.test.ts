/** The Sparkplug source with a real broker and a simulated edge node: from its bytes to our messages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetricInput } from '@tracegate/model/sparkplug/encode'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import mqtt from 'mqtt'
import { startEdge } from '../../edge.ts'
import { noMosquitto, startMosquitto } from '@tracegate/service/testing/mosquitto'
import { createSparkplugNode } from '@tracegate/service/testing/sparkplug-node'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, until } from '../../testing/test-broker.ts'
import { sourceKind } from './source.ts'
import type { SparkplugSource } from './sparkplug-config.ts'

const pastMs = 1_700_000_000_000

const metrics: MetricInput[] = [
  { name: 'Tank/Temp', alias: 1, type: 'Float', timeMs: pastMs, value: -18.5, properties: { engUnit: { type: 'String', value: '°C' } } },
  { name: 'Tank/Level', alias: 2, type: 'UInt16', timeMs: pastMs, value: 40, properties: { engUnit: { type: 'String', value: 'smoot' } } },
  { name: 'Door', alias: 3, type: 'Boolean', timeMs: pastMs, value: true },
  { name: 'Cells', alias: 4, type: 'Int16Array', timeMs: pastMs, value: [3, -4] },
  { name: 'Note', alias: 5, type: 'String', timeMs: pastMs, value: 'fine' },
  { name: 'Properties/Hardware Make', type: 'String', timeMs: pastMs, value: 'ACME' },
  { name: 'Power', alias: 6, type: 'Double', timeMs: pastMs, value: null, properties: { Quality: { type: 'Int32', value: 0 } } }
]

test('the Sparkplug source', { timeout: 60_000, skip: noMosquitto }, async (context) => {
  using folder = tempFolder()
  using disk = tempFolder()
  await using foreign = await startMosquitto(disk.path)
  await using broker = await startTestBroker()
  await using node = await createSparkplugNode({
    url: foreign.url,
    group: 'Plant 1',
    node: 'Edge 1',
    device: 'Reefer 7',
    metrics: () => metrics,
    nowMs: () => pastMs
  })
  const config: SparkplugSource = {
    type: 'sparkplug',
    url: foreign.url,
    hostId: 'tracegate',
    reorderTimeoutMs: 300,
    rebirthIntervalMs: 1_000,
    metrics: { Door: { metric: 'door.open' } }
  }
  await using edge = await startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl: broker.url,
      dataDir: folder.path,
      outboxSync: 'normal',
      batchAfterMs: 10,
      devices: [],
      sources: [config]
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
  await until('the source', () => edge.status().sources[0]?.connected === true)
  const device = 'Edge-1-Reefer-7'
  const readings = () =>
    broker.received
      .filter((message) => message.device === device && message.channel === 'telemetry')
      .flatMap(({ message }) => (Array.isArray(message['readings']) ? message['readings'] : []))
      .filter(isRecord)
  const states = (id: string) =>
    broker.received.filter((message) => message.device === id && message.channel === 'state').map(({ message }) => message)

  await context.test('TG-1101: takes a birth with its units, arrays and missing values, and declares the metrics to us', async () => {
    await node.connect()
    await until('the readings of the birth', () => readings().length >= 6)
    assert.deepEqual(
      readings().map(({ metric, value, unit, quality }) => `${String(metric)} ${JSON.stringify(value)} ${String(unit)} ${String(quality)}`),
      ['Tank.Temp -18.5 Cel 2', 'Tank.Level 40 {smoot} 2', 'door.open 1 1 2', 'Cells.0 3 1 2', 'Cells.1 -4 1 2', 'Power null 1 9']
    )
    await until('our birth', () => states(device).length > 0)
    const [birth] = states(device)
    assert.equal(birth?.['online'], true)
    assert.ok(isRecord(birth?.['identity']))
    assert.equal(birth['identity']['manufacturer'], 'ACME')
    assert.ok(Array.isArray(birth['metrics']))
    assert.deepEqual(birth['metrics'][0], { metric: 'Tank.Temp', unit: 'Cel', description: 'Tank/Temp' })
  })

  await context.test('TG-1102: reads DATA by alias alone, with the type and unit of the birth', async () => {
    const before = readings().length
    await node.data([
      { alias: 2, type: 'UInt16', timeMs: pastMs + 1, value: 41 },
      { alias: 4, type: 'Int16Array', timeMs: pastMs + 1, value: [-9] }
    ])
    await until('the readings', () => readings().length === before + 2)
    assert.deepEqual(
      readings()
        .slice(before)
        .map(({ metric, value, unit }) => `${String(metric)} ${String(value)} ${String(unit)}`),
      ['Tank.Level 41 {smoot}', 'Cells.0 -9 1']
    )
  })

  await context.test('TG-1102: what no birth has named goes to the dead letter, and the births are asked for', async () => {
    const { deadLetters } = edge.status().counts
    const asked = node.commands.length
    await node.data([{ alias: 99, type: 'Int8', value: 1 }])
    await until('the request', () => node.commands.length > asked)
    assert.equal(node.commands.at(-1), 'Node Control/Rebirth=true')
    assert.equal(edge.status().counts.deadLetters, deadLetters + 1)
    await node.births()
  })

  await context.test('TG-1103: a lost message is noticed, later ones are kept, and the births are asked for', async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 1_000)
    })
    const before = readings().length
    const asked = node.commands.length
    await node.data([{ alias: 2, type: 'UInt16', timeMs: pastMs + 2, value: 42 }], true)
    await node.data([{ alias: 2, type: 'UInt16', timeMs: pastMs + 3, value: 43 }])
    await until('the request', () => node.commands.length > asked)
    await until('the later one', () =>
      readings()
        .slice(before)
        .some(({ value }) => value === 43)
    )
    assert.ok(!readings().some(({ value }) => value === 42))
    assert.match(edge.status().sources[0]?.detail ?? '', /1 edge nodes, 2 devices online, 1 gaps/)
    await node.births()
  })

  await context.test('TG-1104: a historical value is kept at its own time', async () => {
    await node.data([{ alias: 1, type: 'Float', timeMs: pastMs - 60_000, value: -20, isHistorical: true }])
    await until('the reading', () => readings().some(({ timeMs }) => timeMs === pastMs - 60_000))
  })

  await context.test('TG-1105: DDEATH and NDEATH end the devices concerned, an older NDEATH does not', async () => {
    await node.oldDeath()
    await node.deviceDeath()
    await until('the death of the device', () => states(device).at(-1)?.['online'] === false)
    assert.equal(states('Edge-1').at(-1)?.['online'], true)
    await node.births()
    await until('its birth', () => states(device).at(-1)?.['online'] === true)
    node.cut()
    await until('the death of both', () => states(device).at(-1)?.['online'] === false && states('Edge-1').at(-1)?.['online'] === false)
    await node.connect()
    await until('their birth', () => states(device).at(-1)?.['online'] === true)
  })

  await context.test('says to edge nodes that it listens, and takes it back when it ends', async () => {
    const seen: string[] = []
    const watcher = await mqtt.connectAsync(foreign.url)
    watcher.on('message', (_topic, payload, packet) => seen.push(`${packet.retain} ${payload.toString()}`))
    await watcher.subscribeAsync('spBv1.0/STATE/tracegate', { qos: 1 })
    await until('the state', () => seen.length === 1)
    assert.match(seen[0] ?? '', /^true \{"online":true,"timestamp":\d+\}$/)
    // A will of an earlier connection that comes late is answered at once.
    await watcher.publishAsync('spBv1.0/STATE/tracegate', '{"online":false,"timestamp":1}', { qos: 1, retain: true })
    await until('the answer', () => seen.at(-1)?.includes('"online":true') === true && seen.length >= 3)
    await watcher.endAsync(true)
  })

  await context.test('a check shows what the births hold, beside the running agent', async () => {
    const checked = sourceKind.configure(config)
    assert.ok(checked.ok)
    const rebirth = setInterval(() => {
      if (node.commands.length > 0) void node.births()
    }, 200)
    const found: string[] = []
    const options = { dataDir: folder.path, logger: silentLogger, clientId: 'check', waitMs: 1_000, signal: new AbortController().signal }
    for await (const { item, ok, detail } of checked.value.probe(options)) found.push(`${item} ${ok} ${detail}`)
    clearInterval(rebirth)
    assert.match(found[0] ?? '', /true connected/)
    assert.ok(
      found.some((line) => line.startsWith(`${device} true Tank.Temp = -18.5 Cel (quality 2`)),
      found.join('\n')
    )
    assert.equal(edge.status().sources[0]?.connected, true)
  })
})
