/** A collector as the host application of edge nodes on a real Mosquitto: from their bytes to readings, registers, marks and dead letters. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { droppedReadingsMetric } from '@tracegate/model/telemetry'
import { encodeSparkplug, type MetricInput } from '@tracegate/model/sparkplug/encode'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { type Mosquitto, noMosquitto, startMosquitto } from '@tracegate/service/testing/mosquitto'
import { createSparkplugNode, type SparkplugNode } from '@tracegate/service/testing/sparkplug-node'
import { openStores } from '@tracegate/store/open'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import { type Bench, createBench, until } from '../testing.ts'
import type { SparkplugInput } from './sparkplug-options.ts'

interface World extends AsyncDisposable {
  readonly foreign: Mosquitto
  readonly bench: Bench
  readonly input: SparkplugInput
  node(group: string, fields?: { readonly answers?: boolean; readonly metrics?: () => readonly MetricInput[] }): Promise<SparkplugNode>
}

const temperature = (value: number, timeMs = Date.now()): MetricInput => ({
  name: 'Tank/Temp',
  alias: 1,
  type: 'Float',
  timeMs,
  value,
  properties: { engUnit: { type: 'String', value: '°C' } }
})

async function createWorld(): Promise<World> {
  const disk = await mkdtemp(join(tmpdir(), 'tracegate-sparkplug-'))
  const foreign = await startMosquitto(disk)
  const bench = await createBench()
  const nodes: SparkplugNode[] = []
  return {
    foreign,
    bench,
    input: {
      type: 'sparkplug',
      url: foreign.url,
      hostId: 'tracegate',
      reorderTimeoutMs: 300,
      rebirthIntervalMs: 1_000,
      birthWaitMs: 1_000
    },
    async node(group, { answers = false, metrics = () => [temperature(-18)] } = {}) {
      const node = await createSparkplugNode({ url: foreign.url, group, node: 'Edge 1', device: 'Reefer 7', metrics, answers })
      nodes.push(node)
      return node
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]()
      await foreign[Symbol.asyncDispose]()
      await bench[Symbol.asyncDispose]()
      await rm(disk, { recursive: true, force: true })
    }
  }
}

const device = 'Edge-1-Reefer-7'

async function latestOf(telemetry: TelemetryStore, point: string, metric = 'Tank.Temp') {
  const found = (await telemetry.latest(`${point}/`)).find(({ series }) => series === `${point}/${device}/${metric}`)
  return found === undefined ? undefined : { timeMs: found.timeMs, value: found.value, quality: found.quality }
}

async function valuesOf(telemetry: TelemetryStore, point: string, metric = 'Tank.Temp'): Promise<number[]> {
  const values: number[] = []
  const range = { series: [`${point}/${device}/${metric}`], fromMs: 0, toMs: Date.now() + 3_600_000 }
  for (const series of range.series) for await (const page of telemetry.pages({ ...range, series })) values.push(...page.value)
  return values
}

const isOnline = async ({ cases }: Bench, id: string) => {
  const row = await cases.get('devices', id)
  return row !== undefined && JSON.stringify(row.document).includes('"online":true')
}

describe('a collector as a Sparkplug host application', { skip: noMosquitto, timeout: 120_000 }, () => {
  it('TG-1101: a birth is stored with its units, and declares the metrics and who made the device', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    const node = await world.node('Plant 1', {
      metrics: () => [
        temperature(-18.5),
        { name: 'Door', alias: 3, type: 'Boolean', timeMs: Date.now(), value: true },
        { name: 'Power', alias: 6, type: 'Double', timeMs: Date.now(), value: null },
        { name: 'Properties/Hardware Make', type: 'String', timeMs: Date.now(), value: 'ACME' }
      ]
    })
    await node.connect()
    await until(async () => (await latestOf(bench.telemetry, 'Plant-1'))?.value === -18.5)
    assert.equal((await latestOf(bench.telemetry, 'Plant-1', 'Door'))?.value, 1)
    assert.equal((await latestOf(bench.telemetry, 'Plant-1', 'Power'))?.quality, 9)
    await until(() => isOnline(bench, `Plant-1/${device}`))
    const row = JSON.stringify((await bench.cases.get('devices', `Plant-1/${device}`))?.document)
    assert.match(row, /"manufacturer":"ACME"/)
    assert.match(row, /"metric":"Tank.Temp","unit":"Cel"/)
    assert.equal(collector.stats().deadLettered, 0)
  })

  it('TG-1102: DATA is read by its alias; an alias of no birth and rubbish go to the dead letter, and births are asked for', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    const node = await world.node('g')
    await node.connect()
    await node.data([{ alias: 1, type: 'Float', timeMs: Date.now(), value: -17 }])
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.value === -17)
    const asked = node.commands.length
    await node.data([{ alias: 99, type: 'Int8', value: 1 }])
    await until(() => node.commands.length > asked)
    assert.equal(node.commands.at(-1), 'Node Control/Rebirth=true')
    await node.raw('DDATA', Buffer.from('rubbish'))
    await node.raw('DDATA', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]))
    await until(() => collector.stats().deadLettered >= 3)
    const { items } = await collector.deadLetters.list({ limit: 10 })
    const letters = items.map(({ topic, code }) => `${topic} ${code}`)
    assert.ok(letters.includes('spBv1.0/g/DDATA/Edge 1/Reefer 7 SPARKPLUG_METRIC_UNKNOWN'), letters.join('\n'))
  })

  it('TG-1103: messages that change places are put in order; a lost one is told in the gap ledger, and births are asked for', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    const node = await world.node('g')
    await node.connect()
    await until(async () => (await valuesOf(bench.telemetry, 'g')).length === 1)
    const atMs = Date.now()
    await node.swapped([{ alias: 1, type: 'Float', timeMs: atMs + 1, value: 1 }], [{ alias: 1, type: 'Float', timeMs: atMs + 2, value: 2 }])
    await until(async () => (await valuesOf(bench.telemetry, 'g')).length === 3)
    assert.equal((await bench.telemetry.series('g/Edge-1/')).length, 0)
    const asked = node.commands.length
    await node.data([{ alias: 1, type: 'Float', timeMs: atMs + 3, value: 3 }], true)
    await node.data([{ alias: 1, type: 'Float', timeMs: atMs + 4, value: 4 }])
    await until(() => node.commands.length > asked)
    await until(async () => (await valuesOf(bench.telemetry, 'g')).includes(4))
    await collector.drain(2_000)
    const [marker] = await bench.telemetry.latest('g/Edge-1/')
    assert.deepEqual([marker?.series, marker?.value], [`g/Edge-1/${droppedReadingsMetric}`, 1])
  })

  it('TG-1104: a historical value keeps its time and does not become the live value, however old that is', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    // The value of the birth has not changed for an hour; the history is younger than it.
    const node = await world.node('g', { metrics: () => [temperature(-18, Date.now() - 3_600_000)] })
    await node.connect()
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.value === -18)
    const pastMs = Date.now() - 60_000
    await node.data([{ alias: 1, type: 'Float', timeMs: pastMs, value: -5, isHistorical: true }])
    await until(async () => (await valuesOf(bench.telemetry, 'g')).includes(-5))
    assert.equal((await latestOf(bench.telemetry, 'g'))?.value, -18)
    assert.equal(collector.stats().deadLettered, 0)
  })

  it('TG-1105: DDEATH and NDEATH make all metrics stale, an NDEATH of an earlier session does not; births bring the values anew', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    // Not changed since long before the deaths.
    const node = await world.node('g', { metrics: () => [temperature(-18, Date.now() - 3_600_000)] })
    const quality = async () => (await latestOf(bench.telemetry, 'g'))?.quality
    await node.connect()
    await until(async () => (await quality()) === 2)
    await node.oldDeath()
    await node.births()
    await sleep(100)
    assert.equal(await quality(), 2)
    assert.ok(await isOnline(bench, `g/${device}`))

    await node.deviceDeath()
    await until(async () => (await quality()) === 9)
    await until(async () => !(await isOnline(bench, `g/${device}`)))
    assert.ok(await isOnline(bench, 'g/Edge-1'))
    await node.births()
    await until(async () => (await quality()) === 2)

    const beforeMs = Date.now()
    node.cut()
    await until(async () => (await quality()) === 9)
    assert.ok(((await latestOf(bench.telemetry, 'g'))?.timeMs ?? 0) >= beforeMs)
    await until(async () => !(await isOnline(bench, 'g/Edge-1')))
    await node.connect()
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.value === -18)
    await until(() => isOnline(bench, `g/${device}`))
    assert.equal(collector.stats().deadLettered, 0)
  })

  it('after a restart of the broker the nodes are asked for their births, and their series go on', async () => {
    await using world = await createWorld()
    const { bench } = world
    await using collector = await bench.start({ sparkplug: world.input })
    const node = await world.node('g', { answers: true })
    await node.connect()
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.value === -18)
    await world.foreign.restart('SIGKILL')
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.quality === 9)
    await node.connect()
    await until(async () => (await latestOf(bench.telemetry, 'g'))?.value === -18)
    await until(() => isOnline(bench, `g/${device}`), 10_000)
    assert.equal(collector.stats().deadLettered, 0)
  })

  it('after its own restart it asks the nodes it knew; what is not born again is stale', async () => {
    await using world = await createWorld()
    const { bench } = world
    const living = await world.node('living', { answers: true })
    const gone = await world.node('gone')
    {
      await using collector = await bench.start({ sparkplug: world.input })
      await sleep(200)
      await living.connect()
      await gone.connect()
      await until(
        async () => (await latestOf(bench.telemetry, 'living')) !== undefined && (await latestOf(bench.telemetry, 'gone')) !== undefined
      )
      assert.equal(collector.stats().deadLettered, 0)
    }
    await gone[Symbol.asyncDispose]()
    const asked = living.commands.length
    await using collector = await bench.start({ sparkplug: world.input })
    await until(() => living.commands.length > asked)
    await until(async () => (await latestOf(bench.telemetry, 'gone'))?.quality === 9)
    await collector.drain(2_000)
    assert.equal((await latestOf(bench.telemetry, 'living'))?.value, -18)
    assert.ok(!(await isOnline(bench, `gone/${device}`)))
  })

  it('killed and started again it asks for births and goes on; what died meanwhile is stale, and nothing that was stored is lost', async () => {
    await using world = await createWorld()
    const { bench } = world
    const living = await world.node('living', { answers: true })
    const gone = await world.node('gone')
    const child = spawn(process.execPath, [join(import.meta.dirname, 'until-killed-worker.ts'), bench.dataDir, world.foreign.url], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    try {
      await once(child.stdout, 'data')
      await living.connect()
      await gone.connect()
      await living.data([{ alias: 1, type: 'Float', timeMs: Date.now(), value: 1 }])
      // Longer than the group commit, the writer, and the file of the nodes take.
      await sleep(1_500)
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    await gone[Symbol.asyncDispose]()
    const stores = await openStores({ dataDir: bench.dataDir, logger: silentLogger, metrics: createMetrics() })
    try {
      assert.equal((await latestOf(stores.telemetry, 'gone'))?.value, -18)
      await using collector = await bench.start({ ...stores, sparkplug: world.input })
      await until(() => living.commands.includes('Node Control/Rebirth=true'))
      await living.data([{ alias: 1, type: 'Float', timeMs: Date.now(), value: 2 }])
      await until(async () => (await latestOf(stores.telemetry, 'living'))?.value === 2)
      assert.ok((await valuesOf(stores.telemetry, 'living')).includes(1))
      await until(async () => (await latestOf(stores.telemetry, 'gone'))?.quality === 9)
      assert.equal((await latestOf(stores.telemetry, 'living'))?.quality, 2)
      const { received, stored } = collector.stats()
      assert.ok(received > 0 && stored <= received)
    } finally {
      await stores.close()
    }
  })

  it('a birth that the broker retained, against the rule, is not believed: the node is asked', async () => {
    await using world = await createWorld()
    const { bench } = world
    const node = await world.node('g')
    await node.connect()
    const client = await mqtt.connectAsync(world.foreign.url)
    const payload = encodeSparkplug({
      timeMs: Date.now(),
      seq: 0,
      metrics: [{ name: 'bdSeq', type: 'Int64', timeMs: Date.now(), value: 0 }]
    })
    await client.publishAsync('spBv1.0/g/NBIRTH/Edge 1', Buffer.from(payload), { qos: 1, retain: true })
    await client.endAsync()
    await using collector = await bench.start({ sparkplug: world.input })
    await until(() => node.commands.length === 1)
    assert.equal(collector.stats().received, 0)
  })

  it('says on the topic of its state that it is there, with the time of its last will, and takes it back at the end', async () => {
    await using world = await createWorld()
    const { bench } = world
    const seen: string[] = []
    const watcher = await mqtt.connectAsync(world.foreign.url, { protocolVersion: 5 })
    watcher.on('message', (_topic, payload, packet) => seen.push(`${packet.retain} ${payload.toString()}`))
    await watcher.subscribeAsync('spBv1.0/STATE/tracegate', { qos: 1 })
    const timeOf = (line: string | undefined) => Number(/"timestamp":(\d+)/.exec(line ?? '')?.[1])
    {
      await using collector = await bench.start({ sparkplug: { ...world.input, protocolVersion: '5' } })
      await until(() => seen.length === 1)
      assert.match(seen[0] ?? '', /"online":true/)
      await watcher.publishAsync('spBv1.0/STATE/tracegate', '{"online":false,"timestamp":1}', { qos: 1, retain: true })
      await until(() => seen.length >= 3 && seen.at(-1)?.includes('"online":true') === true)
      assert.equal(collector.stats().received, 0)
    }
    await until(() => seen.at(-1)?.includes('"online":false') === true)
    assert.equal(timeOf(seen.at(-1)), timeOf(seen[0]))
    await watcher.endAsync(true)
  })
})
