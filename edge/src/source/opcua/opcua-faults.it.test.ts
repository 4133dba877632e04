/** What goes wrong between the OPC UA source and a living server: silent variables, nodes that vanish, other namespaces; and its AutoID reader. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestOpcuaServer, testNamespace } from '../../testing/opcua-server.ts'
import { type SourceHarness, startSource } from '../../testing/source-harness.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { until } from '../../testing/test-broker.ts'

const temperature = { node: `nsu=${testNamespace};s=Plant.Temperature`, metric: 'temperature', unit: 'Cel', samplingMs: 20 }
const door = { node: `nsu=${testNamespace};s=Plant.DoorOpen`, metric: 'doorOpen', unit: '1', samplingMs: 20 }
const rule = { readPoint: 'https://id.gs1.org/414/9506000134338', bizStep: 'arriving', action: 'OBSERVE', mode: 'observe' }

function valuesOf({ readings }: SourceHarness, metric: string): number[] {
  return readings.filter((reading) => reading.metric === metric).map(({ value }) => value)
}

test('the OPC UA source and what goes wrong', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  let server = await startTestOpcuaServer(folder.path)
  const dataDir = join(folder.path, 'agent')
  const base = { type: 'opcua', endpoint: server.endpoint, device: 'plc', publishingMs: 50, heartbeatMs: 1_000 }

  await context.test('a variable that its subscription forgot is read, and monitored anew', async () => {
    const slow = { node: `nsu=${testNamespace};s=Plant.Slow`, metric: 'slow', unit: '1', samplingMs: 50 }
    await using harness = await startSource({ ...base, variables: [slow] }, dataDir)
    await until('the first value', () => valuesOf(harness, 'slow').includes(1))
    server.setSlow(2)
    await until('the read value', () => valuesOf(harness, 'slow').includes(2))
    await until('the new item', () => harness.source.status().detail.includes('1 variables monitored anew'))
    assert.equal(harness.source.status().connected, true)
  })

  await context.test('a node that vanishes is told as missing, and taken again when it is back', async () => {
    await using harness = await startSource({ ...base, variables: [temperature, door] }, dataDir)
    await until('the door', () => valuesOf(harness, 'doorOpen').includes(1))
    server.removeDoor()
    await until('the missing reading', () => harness.readings.some(({ metric, quality }) => metric === 'doorOpen' && quality === 9))
    await until('the word of it', () => /DoorOpen" is stale/.test(harness.source.status().detail))
    server.restoreDoor()
    const before = harness.readings.length
    await until('the door again', () => harness.readings.slice(before).some(({ metric, value }) => metric === 'doorOpen' && value === 1))
    await until('all well', () => !harness.source.status().detail.includes('stale'))
    assert.ok(valuesOf(harness, 'temperature').length > 0)
  })

  await context.test('an absolute dead band holds back what is less, and a percentage without a range is said', async () => {
    server.setTemperature(10)
    const percent = { ...temperature, metric: 'percent', deadBand: 5, deadBandType: 'percent' }
    await using harness = await startSource(
      { ...base, heartbeatMs: 60_000, variables: [{ ...temperature, deadBand: 1 }, percent] },
      dataDir
    )
    await until('the first values', () => harness.readings.length >= 2)
    for (const value of [10.5, 10.9, 11.5, 11.6]) {
      server.setTemperature(value)
      await new Promise((resolve) => setTimeout(resolve, 120))
    }
    await until('the last value', () => valuesOf(harness, 'percent').includes(11.6))
    assert.deepEqual(valuesOf(harness, 'temperature'), [10, 11.5])
    assert.match(harness.source.status().detail, /has no dead band: Bad\w+; every change is taken/)
  })

  await context.test(
    'TG-1003: samples past the queue are counted by their overflow bit, and a stale source time is no measurement',
    async () => {
      const stale = { ...door, metric: 'stale', staleAfterMs: 1_000 }
      const short = { ...temperature, samplingMs: 0, queueLengthMax: 2 }
      await using harness = await startSource({ ...base, publishingMs: 500, variables: [short, stale] }, dataDir)
      await until('the connection', () => harness.source.status().connected)
      for (let value = 100; value < 110; value += 1) {
        server.setTemperature(value)
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      await until('the overflow', () => harness.counts.sourceOverflows > 0)
      assert.match(harness.source.status().detail, /overflows of the server's queue/)
      await until('the last value', () => valuesOf(harness, 'temperature').includes(109))
      await until('the stale reading', () => harness.readings.some(({ metric, quality }) => metric === 'stale' && quality === 9))
    }
  )

  await context.test('an AutoID reader is started when connected, started again by an order, and stopped at the end', async () => {
    const autoId = { device: 'lane', reader: `nsu=${testNamespace};s=Reader`, scanControl: true, scanSettings: { durationMs: 1_500 }, rule }
    server.calls.length = 0
    {
      await using harness = await startSource({ ...base, variables: [], autoId }, dataDir)
      await until('the connection', () => harness.source.status().connected)
      assert.deepEqual(server.calls, ['ScanStart 1500'])
      const result = await harness.source.command?.({ name: 'rescan', device: 'lane' }, new AbortController().signal)
      assert.deepEqual(result, { status: 'done' })
      assert.deepEqual(server.calls, ['ScanStart 1500', 'ScanStop', 'ScanStart 1500'])
      server.setReaderStatus(1)
      await until('the death of the reader', () => harness.devices.includes('lane offline: the reader reports Error'))
      server.setReaderStatus(0)
      await until('its birth', () => harness.devices.at(-1) === 'lane online')
    }
    assert.equal(server.calls.at(-1), 'ScanStop')
  })

  await context.test(
    'TG-1004: a burst of scans comes whole and in order; LastScanData is taken only where no event says the same',
    async () => {
      const autoId = { device: 'lane', reader: `nsu=${testNamespace};s=Reader`, rule }
      server.setLastScan('from before')
      await using harness = await startSource({ ...base, variables: [], autoId }, dataDir)
      await until('the connection', () => harness.source.status().connected)
      await new Promise((resolve) => setTimeout(resolve, 200))
      for (let scan = 0; scan < 200; scan += 1)
        server.scan({ text: `code ${scan}`, symbology: ']C0', grade: 3, timeMs: 1_700_000_000_000 + scan })
      await until('all scans', () => harness.scans.length >= 200)
      assert.deepEqual(
        harness.scans.map(({ data }) => data),
        Array.from({ length: 200 }, (_, scan) => `code ${scan}`)
      )
      assert.deepEqual(harness.scans[7]?.details, { codeType: 'RAW:STRING', symbologyName: ']C0' })
      server.setLastScan('code 199')
      server.setLastScan('silent one')
      await until('the scan without an event', () => harness.scans.some(({ data }) => data === 'silent one'))
      assert.equal(harness.scans.filter(({ data }) => data === 'code 199').length, 1)
      assert.ok(!harness.scans.some(({ data }) => data === 'from before'))
    }
  )

  await context.test('a server that restarts with other namespace indexes is read at the right nodes', async () => {
    await using harness = await startSource({ ...base, silenceTimeoutMs: 2_000, variables: [temperature] }, dataDir)
    await until('the first value', () => harness.readings.length > 0)
    const { port } = server
    await server[Symbol.asyncDispose]()
    server = await startTestOpcuaServer(folder.path, port, ['urn:test:inserted'])
    server.setTemperature(55.5)
    await until('the value of the right node', () => valuesOf(harness, 'temperature').includes(55.5), 25_000)
    assert.equal(harness.source.status().connected, true)
  })
  await server[Symbol.asyncDispose]()
})
