/** Several collectors as host applications on one real Mosquitto: by partition, with one id by mistake, and in a shared group. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { MetricInput } from '@tracegate/model/sparkplug/encode'
import { createHealth } from '@tracegate/service/health'
import { type Mosquitto, noMosquitto, startMosquitto } from '@tracegate/service/testing/mosquitto'
import { createSparkplugNode, type SparkplugNode } from '@tracegate/service/testing/sparkplug-node'
import { type Bench, createBench, until } from '../testing.ts'
import { ownsNode, type SparkplugInput } from './sparkplug-options.ts'

interface Broker extends AsyncDisposable {
  readonly mosquitto: Mosquitto
}

async function startBroker(): Promise<Broker> {
  const disk = await mkdtemp(join(tmpdir(), 'tracegate-hosts-'))
  const mosquitto = await startMosquitto(disk)
  return {
    mosquitto,
    async [Symbol.asyncDispose]() {
      await mosquitto[Symbol.asyncDispose]()
      await rm(disk, { recursive: true, force: true })
    }
  }
}

const count = (value: number): MetricInput => ({ name: 'count', alias: 1, type: 'Double', timeMs: Date.now(), value })

async function valuesOf({ telemetry }: Bench, series: string): Promise<number[]> {
  const values: number[] = []
  for await (const page of telemetry.pages({ series, fromMs: 0, toMs: Date.now() + 3_600_000 })) values.push(...page.value)
  return values.filter((value) => Number.isFinite(value))
}

const seriesOf = (name: string) => `g/${name}-d/count`

describe('two collectors as Sparkplug host applications', { skip: noMosquitto, timeout: 120_000 }, () => {
  it('a partition: each value is stored once, by its owner; one that is killed and comes back asks for births, and series go on', async () => {
    await using broker = await startBroker()
    const { url } = broker.mosquitto
    await using left = await createBench()
    await using right = await createBench()
    const inputOf = (index: number): SparkplugInput => ({
      type: 'sparkplug',
      url,
      hostId: `collector-${index}`,
      partition: { index, of: 2 },
      birthWaitMs: 60_000
    })
    const health = createHealth()
    const first = await left.start({ sparkplug: inputOf(0), health })
    await using second = await right.start({ sparkplug: inputOf(1), health })
    await until(async () => (await health.check()).ok)
    const names = Array.from({ length: 6 }, (_, index) => `n${index}`)
    const ownerOf = (name: string) => (ownsNode(inputOf(0), { group: 'g', node: name }) ? left : right)
    assert.ok(names.some((name) => ownerOf(name) === left) && names.some((name) => ownerOf(name) === right))

    const nodes = new Map<string, SparkplugNode>()
    let value = 0
    for (const node of names) {
      const made = await createSparkplugNode({ url, group: 'g', node, device: 'd', metrics: () => [count(0)], answers: true })
      nodes.set(node, made)
      await made.connect()
    }
    const send = async (times: number) => {
      for (let turn = 0; turn < times; turn += 1) {
        value += 1
        for (const node of nodes.values()) await node.data([{ alias: 1, type: 'Double', timeMs: Date.now() + value, value }])
      }
    }
    const have = (bench: Bench, values: readonly number[]) =>
      until(async () => {
        for (const name of names.filter((one) => ownerOf(one) === bench)) {
          const found = new Set(await valuesOf(bench, seriesOf(name)))
          if (!values.every((wanted) => found.has(wanted))) return false
        }
        return true
      })
    await send(20)
    const all = Array.from({ length: 21 }, (_, index) => index)
    await have(left, all)
    await have(right, all)
    for (const name of names) {
      const other = ownerOf(name) === left ? right : left
      assert.deepEqual(
        (await valuesOf(ownerOf(name), seriesOf(name))).toSorted((a, b) => a - b),
        all
      )
      assert.deepEqual(await other.telemetry.series(`g/${name}`), [])
    }

    await first[Symbol.asyncDispose]()
    await send(5)
    await have(right, [25])
    const asked = [...nodes].map(([name, { commands }]) => ({ name, before: commands.length }))
    await using again = await left.start({ sparkplug: inputOf(0) })
    await until(() => asked.every(({ name, before }) => ownerOf(name) === right || (nodes.get(name)?.commands.length ?? 0) > before))
    await send(5)
    await have(left, [26, 27, 28, 29, 30])
    await have(right, [26, 27, 28, 29, 30])
    assert.equal(again.stats().deadLettered + second.stats().deadLettered, 0)
    for (const node of nodes.values()) await node[Symbol.asyncDispose]()
  })

  it('two with different ids and no partition both take everything in, and store the same', async () => {
    await using broker = await startBroker()
    const { url } = broker.mosquitto
    await using left = await createBench()
    await using right = await createBench()
    await using first = await left.start({ sparkplug: { type: 'sparkplug', url, hostId: 'a' } })
    await using second = await right.start({ sparkplug: { type: 'sparkplug', url, hostId: 'b' } })
    await using node = await createSparkplugNode({ url, group: 'g', node: 'n', device: 'd', metrics: () => [count(0)], answers: true })
    await node.connect()
    for (let value = 1; value <= 10; value += 1) await node.data([{ alias: 1, type: 'Double', timeMs: Date.now() + value, value }])
    for (const bench of [left, right]) await until(async () => (await valuesOf(bench, seriesOf('n'))).includes(10))
    assert.ok(first.stats().received > 0 && second.stats().received > 0)
  })

  for (const [what, clientIds] of [
    ['whose sessions the broker takes from each other', ['same', 'same']],
    ['that connect beside each other', ['one', 'two']]
  ] as const)
    it(`two with the same id ${what} do not fight: one of them stops with a clear line`, async () => {
      await using broker = await startBroker()
      const { url } = broker.mosquitto
      await using left = await createBench()
      await using right = await createBench()
      const healths = [createHealth(), createHealth()]
      const start = (bench: Bench, index: 0 | 1) =>
        bench.start({
          sparkplug: { type: 'sparkplug', url, hostId: 'tracegate', clientId: clientIds[index] },
          health: healths[index] ?? createHealth()
        })
      await using first = await start(left, 0)
      await until(async () => (await healths[0]?.check())?.ok === true)
      await using second = await start(right, 1)
      const details = async () => {
        const found = await Promise.all(healths.map((health) => health.check()))
        return found.flatMap(({ findings }) => findings.map(({ detail }) => detail))
      }
      const stopped = async () => (await details()).filter((detail) => detail.includes('another host application has the id "tracegate"'))
      await until(async () => (await stopped()).length === 1, 30_000)
      await until(async () => (await Promise.all(healths.map((health) => health.check()))).some(({ ok }) => ok), 40_000)
      assert.equal((await stopped()).length, 1)
      // The other one works.
      await using node = await createSparkplugNode({ url, group: 'g', node: 'n', device: 'd', metrics: () => [count(7)] })
      await node.connect()
      await until(async () => (await valuesOf(left, seriesOf('n'))).length + (await valuesOf(right, seriesOf('n'))).length > 0)
      assert.ok(first.stats().received > 0 !== second.stats().received > 0)
    })

  it('a shared group is refused at the start with one clear line', async () => {
    await using bench = await createBench()
    const sparkplug: SparkplugInput = { type: 'sparkplug', url: 'mqtt://127.0.0.1:1', hostId: 'h', share: 'collectors' }
    await assert.rejects(bench.start({ sparkplug }), /COLLECTOR_INPUT|cannot be in a shared group.*partition/)
    await assert.rejects(
      bench.start({ sparkplug: { ...sparkplug, share: undefined, partition: { index: 2, of: 2 } } }),
      /partition\.index is 2/
    )
  })
})
