/** The OPC UA source with a real server: variables, AutoID, restarts, a line that dies in silence. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError } from '@tracegate/model/errors'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { OpcuaSource } from './opcua-config.ts'
import { type Edge, startEdge } from '../../edge.ts'
import { startTestOpcuaServer, testNamespace } from '../../testing/opcua-server.ts'
import { startProxy } from '../../testing/proxy.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../../testing/test-broker.ts'

const sgln = 'https://id.gs1.org/414/9506000134338'
const rule = {
  readPoint: sgln,
  bizLocation: sgln,
  bizStep: 'arriving',
  disposition: 'in_progress',
  action: 'OBSERVE',
  mode: 'observe'
} as const

function start(broker: TestBroker, dataDir: string, source: Partial<OpcuaSource> & { endpoint: string }): Promise<Edge> {
  return startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl: broker.url,
      dataDir,
      outboxSync: 'normal',
      batchAfterMs: 10,
      backOffMinMs: 20,
      devices: [],
      sources: [
        {
          type: 'opcua',
          device: 'plc',
          publishingMs: 50,
          heartbeatMs: 1_000,
          variables: [
            { node: `nsu=${testNamespace};s=Plant.Temperature`, metric: 'temperature', unit: 'Cel', samplingMs: 20 },
            { node: `/nsu=${testNamespace};Plant/nsu=${testNamespace};DoorOpen`, metric: 'doorOpen', unit: '1', samplingMs: 20 }
          ],
          ...source
        }
      ]
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
}

function readings(broker: TestBroker, metric: string): { value: unknown; quality: unknown; timeMs: number }[] {
  return broker.received.flatMap(({ message }) => {
    const list: unknown = message['readings']
    if (!Array.isArray(list)) return []
    const all: readonly unknown[] = list
    return all
      .filter(isRecord)
      .filter((reading) => reading['metric'] === metric)
      .map((reading) => ({ value: reading['value'], quality: reading['quality'], timeMs: Number(reading['timeMs'] ?? message['timeMs']) }))
  })
}

test('an OPC UA source', { timeout: 120_000 }, async (context) => {
  using folder = tempFolder()
  let server = await startTestOpcuaServer(folder.path)
  await using broker = await startTestBroker()

  await context.test('TG-1003: subscribes by node id and browse path, keeps source times, and maps status codes to quality', async () => {
    await using edge = await start(broker, join(folder.path, 'a'), { endpoint: server.endpoint })
    await until('both variables', () => readings(broker, 'temperature').length > 0 && readings(broker, 'doorOpen').length > 0)
    assert.equal(readings(broker, 'doorOpen')[0]?.value, 1)
    const sourceMs = 1_700_000_123_456
    server.setTemperature(5.5, { timeMs: sourceMs })
    await until('the good value', () => readings(broker, 'temperature').some((reading) => reading.value === 5.5))
    assert.deepEqual(
      readings(broker, 'temperature').find((reading) => reading.value === 5.5),
      { value: 5.5, quality: 2, timeMs: sourceMs }
    )
    server.setTemperature(6.5, { status: 'UncertainLastUsableValue' })
    await until('the uncertain value', () => readings(broker, 'temperature').some((reading) => reading.quality === 3))
    server.setTemperature(7.5, { status: 'BadSensorFailure' })
    await until('the bad value', () => readings(broker, 'temperature').some((reading) => reading.quality === 9 && reading.value === null))
    assert.ok(existsSync(join(folder.path, 'a', 'pki')), 'certificates are kept in the data folder')
    assert.equal(edge.status().sources[0]?.connected, true)
  })

  await context.test('reads a variable that does not change, so that silence is no gap', async () => {
    await using edge = await start(broker, join(folder.path, 'b'), { endpoint: server.endpoint })
    const before = readings(broker, 'doorOpen').length
    await until('the door again and again', () => readings(broker, 'doorOpen').length >= before + 3)
    assert.equal(edge.status().sources[0]?.connected, true)
  })

  await context.test('makes events of scans, with Symbology and Grade, and takes an EPC as it was read', async () => {
    await using edge = await start(broker, join(folder.path, 'c'), {
      endpoint: server.endpoint,
      autoId: { device: 'reader', source: 'Lane 1', rule }
    })
    await until('the connection', () => edge.status().sources[0]?.connected === true)
    const timeMs = 1_700_000_200_000
    server.scan({ text: '00095060001343000014', symbology: ']C1', grade: 3.7, timeMs })
    await until('the event', () => broker.received.some((message) => message.channel === 'event'))
    const event = broker.received.find((message) => message.channel === 'event')?.message['epcis']
    assert.ok(isRecord(event))
    assert.equal(event['type'], 'ObjectEvent')
    assert.equal(event['bizStep'], 'arriving')
    assert.equal(event['eventTime'], new Date(timeMs).toISOString())
    assert.equal(event['tracegate:symbology'], ']C1')
    assert.equal(event['tracegate:grade'], 3.7)
    server.scan({ text: 'no GS1 key', symbology: 'QR Code', grade: 2.5, timeMs })
    await until('the raw scan', () => broker.received.some((message) => message.channel === 'scan'))
    assert.deepEqual(broker.received.find((message) => message.channel === 'scan')?.message['scans'], [
      { symbology: ']Q1', data: 'no GS1 key', timeMs, grade: 2.5 }
    ])
    server.scanEpc(Buffer.from('3034257bf7194e4000001a85', 'hex'))
    await until('the tag', () => broker.received.filter((message) => message.channel === 'event' || message.channel === 'scan').length >= 3)
    const tag = JSON.stringify(broker.received.findLast((message) => message.channel === 'event' || message.channel === 'scan')?.message)
    assert.match(tag, /3034257BF7194E4000001A85/)
    assert.match(tag, /"(tracegate:)?antenna":3/)
    assert.equal(edge.status().counts.deadLetters, 0)
  })

  await context.test('comes back after the server restarts', async () => {
    await using edge = await start(broker, join(folder.path, 'd'), { endpoint: server.endpoint, silenceTimeoutMs: 2_000 })
    await until('the connection', () => edge.status().sources[0]?.connected === true)
    const { port } = server
    await server[Symbol.asyncDispose]()
    await until('the loss', () => edge.status().sources[0]?.connected === false)
    await until('the death of the device', () =>
      broker.received.some((message) => message.device === 'plc' && message.message['reason'] === 'source not connected')
    )
    server = await startTestOpcuaServer(folder.path, port)
    await until('the connection', () => edge.status().sources[0]?.connected === true, 20_000)
    server.setTemperature(77.25)
    await until('a new value', () => readings(broker, 'temperature').some((reading) => reading.value === 77.25))
  })

  await context.test('notices a line that died without closing, and comes back by itself', async () => {
    await using proxy = await startProxy(server.port)
    await using edge = await start(broker, join(folder.path, 'f'), {
      endpoint: `opc.tcp://127.0.0.1:${proxy.port}/UA`,
      silenceTimeoutMs: 2_000
    })
    await until('the connection', () => edge.status().sources[0]?.connected === true)
    proxy.freeze()
    await until('the watchdog', () => edge.status().counts.sourceRestarts > 0)
    proxy.thaw()
    await until('the connection', () => edge.status().sources[0]?.connected === true, 30_000)
    server.setTemperature(66.25)
    await until('a new value', () => readings(broker, 'temperature').some((reading) => reading.value === 66.25))
  })

  await context.test('says which nodes are missing and serves the others', async () => {
    await using edge = await start(broker, join(folder.path, 'e'), {
      endpoint: server.endpoint,
      variables: [
        { node: `nsu=${testNamespace};s=Plant.Temperature`, metric: 'kept', unit: 'Cel', samplingMs: 20 },
        { node: `nsu=${testNamespace};s=Plant.Nothing`, metric: 'nothing', unit: 'Cel' },
        { node: 'nsu=urn:unknown;s=X', metric: 'unknown', unit: 'Cel' }
      ]
    })
    await until('the one that is there', () => readings(broker, 'kept').length > 0)
    assert.match(edge.status().sources[0]?.detail ?? '', /Plant\.Nothing.*BadNodeIdUnknown|urn:unknown/s)
  })
  await server[Symbol.asyncDispose]()
})

test('security mode None beyond loopback is refused', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await assert.rejects(
    start(broker, folder.path, { endpoint: 'opc.tcp://plc.example:4840' }),
    (error) => error instanceof CodedError && error.code === 'OPCUA_INSECURE'
  )
})
