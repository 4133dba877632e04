/** The MQTT source between two real brokers. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { Aedes } from 'aedes'
import { createServer } from 'node:net'
import mqtt from 'mqtt'
import type { MqttSource } from './mqtt-config.ts'
import { startEdge } from '../../edge.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, until } from '../../testing/test-broker.ts'

/** A broker of somebody else's, where field devices publish. */
async function startForeignBroker() {
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `mqtt://127.0.0.1:${address.port}`
  const device = await mqtt.connectAsync(url, { protocolVersion: 4 })
  return {
    url,
    publish: (topic: string, payload: string) => device.publishAsync(topic, payload, { qos: 1 }),
    async [Symbol.asyncDispose]() {
      await device.endAsync(true)
      broker.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    }
  }
}

const rule = { readPoint: 'https://id.gs1.org/414/9506000134338', bizStep: 'receiving', action: 'OBSERVE', mode: 'observe' } as const

const subscriptions: MqttSource['subscriptions'] = [
  {
    topic: 'yard/{device}/up',
    devices: { 'REEFER 1': 'reefer-1', reefer2: 'reefer-2' },
    format: {
      type: 'json',
      readings: [
        { path: '$.t', metric: 'temperature', unit: 'Cel', scale: 0.1 },
        { path: '/state/door', metric: 'doorOpen', unit: '1' }
      ],
      time: { path: '/at', format: 'iso' }
    }
  },
  { topic: 'dock/scans', device: 'dock', format: { type: 'scan', dataPath: '/code', symbologyPath: '/kind', rule } },
  { topic: 'own/{device}/telemetry', format: { type: 'tracegate' } }
]

test('an MQTT source', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using foreign = await startForeignBroker()
  await using broker = await startTestBroker()
  await using edge = await startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl: broker.url,
      dataDir: folder.path,
      outboxSync: 'normal',
      devices: [],
      sources: [{ type: 'mqtt', url: foreign.url, subscriptions }]
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
  await until('the source', () => edge.status().sources[0]?.connected === true)
  const messagesOf = (device: string, channel: string) =>
    broker.received.filter((message) => message.device === device && message.channel === channel)

  await context.test('reads the dialect of a device, maps its name, and announces it', async () => {
    await foreign.publish('yard/REEFER 1/up', '{"t":-182,"state":{"door":true},"at":"2026-01-01T00:00:00+08:00"}')
    await until('the readings', () => messagesOf('reefer-1', 'telemetry').length === 1)
    const timeMs = Date.parse('2025-12-31T16:00:00Z')
    assert.deepEqual(messagesOf('reefer-1', 'telemetry')[0]?.message['readings'], [
      { metric: 'temperature', value: -18.2, unit: 'Cel', quality: 2, timeMs },
      { metric: 'doorOpen', value: 1, unit: '1', quality: 2, timeMs }
    ])
    await until('its birth', () => messagesOf('reefer-1', 'state').length === 1)
  })

  await context.test('makes an event of a scan that is a GS1 key, and sends another as it was read', async () => {
    await foreign.publish('dock/scans', '{"code":"]C100095060001343000014"}')
    await foreign.publish('dock/scans', '{"code":"LOCKER 7","kind":"Code 128"}')
    await until('both', () => messagesOf('dock', 'event').length === 1 && messagesOf('dock', 'scan').length === 1)
    const epcis = messagesOf('dock', 'event')[0]?.message['epcis']
    assert.ok(isRecord(epcis))
    assert.deepEqual(epcis['epcList'], ['https://id.gs1.org/00/095060001343000014'])
    assert.equal(edge.status().counts.scansNotRead, 1)
  })

  await context.test('takes messages of our own contract', async () => {
    const message = {
      v: 1,
      boot: 'x',
      seq: 9,
      timeMs: 5,
      timeQuality: 'unknown',
      readings: [{ metric: 'm', value: 1.5, unit: '1', quality: 3 }]
    }
    await foreign.publish('own/probe-7/telemetry', JSON.stringify(message))
    await until('the reading', () => messagesOf('probe-7', 'telemetry').length === 1)
    assert.deepEqual(messagesOf('probe-7', 'telemetry')[0]?.message['readings'], [
      { metric: 'm', value: 1.5, unit: '1', quality: 3, timeMs: 5 }
    ])
    assert.equal(messagesOf('probe-7', 'telemetry')[0]?.boot, edge.status().boot)
  })

  await context.test('keeps what it cannot read with the reason, and goes on', async () => {
    const bad: readonly (readonly [string, string, string])[] = [
      ['yard/reefer2/up', '{"t":', 'PAYLOAD_NOT_JSON'],
      ['yard/reefer2/up', '{"t":"warm","at":"2026-01-01T00:00:00Z"}', 'VALUE_NOT_NUMERIC'],
      ['yard/reefer2/up', '{"t":5,"at":"yesterday"}', 'TIME_UNREADABLE'],
      ['yard/reefer2/up', '{"x":5,"at":"2026-01-01T00:00:00Z"}', 'VALUE_MISSING'],
      ['yard/stranger/up', '{"t":5,"at":"2026-01-01T00:00:00Z"}', 'DEVICE_UNKNOWN'],
      ['own/probe-7/telemetry', '{"v":1,"readings":[]}', 'SCHEMA_REQUIRED'],
      ['dock/scans', '{"code":5}', 'SCAN_DATA_MISSING']
    ]
    for (const [topic, payload] of bad) await foreign.publish(topic, payload)
    await until('all of them', () => edge.status().counts.deadLetters === bad.length)
    const path = join(folder.path, 'dead-letter.jsonl')
    assert.ok(existsSync(path))
    const kept = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    assert.deepEqual(
      kept.map((entry) => (isRecord(entry) ? entry['code'] : '')),
      bad.map(([, , code]) => code)
    )
    const [first] = kept
    assert.ok(isRecord(first))
    assert.equal(Buffer.from(String(first['payloadBase64']), 'base64').toString(), '{"t":')
    await foreign.publish('yard/reefer2/up', '{"t":50,"at":"2026-01-01T00:00:00Z"}')
    await until('the next good one', () => messagesOf('reefer-2', 'telemetry').length === 1)
  })
})
