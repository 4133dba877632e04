/** Several collectors behind one broker, by partition or in a shared group; and which brokers a collector refuses or waits for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { CodedError } from '@tracegate/model/errors'
import { startOddBroker } from '@tracegate/service/broker-probe/testing/odd-broker'
import type { Oddities } from '@tracegate/service/broker-probe/testing/oddities'
import { createHealth } from '@tracegate/service/health'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { type Bench, createBench, messageOf, startMs, storedCount, until } from '../testing.ts'
import type { MqttInputOptions } from './mqtt-options.ts'
import { hashOf } from './subscription-plan.ts'

interface Device extends AsyncDisposable {
  readonly topic: string
  /** The last watermark that it was told. */
  committed(): number
  send(from: number, to: number): Promise<void>
}

async function connectDevice(url: string, point: string, device: string): Promise<Device> {
  const client: MqttClient = await connectAsync(url, { clientId: `${point}-${device}` })
  let committed = -1
  client.on('message', (_topic, payload) => {
    const told = /"upTo":(\d+)/.exec(payload.toString())
    if (told !== null) committed = Number(told[1])
  })
  await client.subscribeAsync(`tg/v1/${point}/${device}/committed`, { qos: 1 })
  const topic = `tg/v1/${point}/${device}/telemetry`
  return {
    topic,
    committed: () => committed,
    async send(from, to) {
      for (let seq = from; seq < to; seq += 1) {
        const readings = [{ metric: 'temperature', value: seq, unit: 'Cel', quality: 1 }]
        const body = { v: 1, boot: 'b1', seq, timeMs: startMs + seq * 1_000, timeQuality: 'synchronized', readings }
        await client.publishAsync(topic, Buffer.from(messageOf(topic, body).payload), { qos: 1 })
      }
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true)
    }
  }
}

const inputOf = (url: string, fields: Partial<MqttInputOptions>): MqttInputOptions => ({
  type: 'mqtt',
  url,
  clientId: 'collector',
  ...fields
})

/** Until so many members of the broker are subscribed. */
async function subscribed(broker: { readonly subscriptions: readonly string[] }, filter: string, times: number): Promise<void> {
  await until(() => broker.subscriptions.filter((one) => one === filter).length >= times)
}

interface Refusal {
  readonly oddities: Partial<Oddities>
  readonly fields: Partial<MqttInputOptions>
  readonly message: RegExp
}

/** The start of a collector fails with one clear line, and nothing was subscribed to. */
async function refuses(bench: Bench, { oddities, fields, message }: Refusal): Promise<void> {
  await using broker = await startOddBroker(oddities)
  await assert.rejects(bench.start({ input: inputOf(broker.url, fields) }), (error: unknown) => {
    assert.ok(error instanceof CodedError && error.code === 'COLLECTOR_INPUT')
    assert.ok(error.message.includes(broker.url) && message.test(error.message), error.message)
    return true
  })
  assert.deepEqual(
    broker.subscriptions.filter((filter) => filter.endsWith('/telemetry')),
    []
  )
}

describe('a partition by point', { concurrency: 3 }, () => {
  it('by number: every collector gets everything, each message is stored by its owner, and by nobody else', async () => {
    await using broker = await startOddBroker()
    await using left = await createBench()
    await using right = await createBench()
    const points = Array.from({ length: 8 }, (_, index) => `port-${index}`)
    const shareOf = (index: number) => points.filter((point) => hashOf(point) % 2 === index).length
    assert.ok(shareOf(0) > 0 && shareOf(1) > 0)
    await using first = await left.start({ input: inputOf(broker.url, { clientId: 'c0', partition: { index: 0, of: 2 } }) })
    await using second = await right.start({ input: inputOf(broker.url, { clientId: 'c1', partition: { index: 1, of: 2 } }) })
    await subscribed(broker, 'tg/v1/+/+/telemetry', 2)
    for (const point of points) {
      await using device = await connectDevice(broker.url, point, 'probe-1')
      await device.send(0, 25)
      await until(() => device.committed() === 24)
    }
    await first.drain(2_000)
    await second.drain(2_000)
    assert.equal(await storedCount(left.telemetry), shareOf(0) * 25)
    assert.equal(await storedCount(right.telemetry), shareOf(1) * 25)
    // What is not a collector's own is acknowledged, so that its session does not grow.
    await until(() => broker.pubacks.filter(({ clientId }) => clientId === 'c0').length >= 200)
  })

  it('by name: a collector gets its own points only, another one takes the rest', async () => {
    await using broker = await startOddBroker()
    await using left = await createBench()
    await using right = await createBench()
    await using first = await left.start({ input: inputOf(broker.url, { clientId: 'c0', partition: { points: ['port-1'] } }) })
    await using second = await right.start({ input: inputOf(broker.url, { clientId: 'c1', partition: { exceptPoints: ['port-1'] } }) })
    await subscribed(broker, 'tg/v1/port-1/+/telemetry', 1)
    await subscribed(broker, 'tg/v1/+/+/telemetry', 1)
    await using named = await connectDevice(broker.url, 'port-1', 'probe-1')
    await using unnamed = await connectDevice(broker.url, 'port-2', 'probe-1')
    await named.send(0, 10)
    await unnamed.send(0, 20)
    await until(() => named.committed() === 9 && unnamed.committed() === 19)
    await first.drain(2_000)
    await second.drain(2_000)
    assert.deepEqual([await storedCount(left.telemetry), await storedCount(right.telemetry)], [10, 20])
    assert.equal(first.stats().received, 10)
  })

  it('a point that is given to another collector is no longer subscribed to by the first', async () => {
    await using broker = await startOddBroker()
    await using bench = await createBench()
    const start = (points: readonly string[]) => bench.start({ input: inputOf(broker.url, { partition: { points } }) })
    {
      await using before = await start(['port-1', 'port-2'])
      await subscribed(broker, 'tg/v1/port-2/+/telemetry', 1)
      await sleep(100)
      assert.equal(before.stats().received, 0)
    }
    await using collector = await start(['port-1'])
    await subscribed(broker, 'tg/v1/port-1/+/telemetry', 2)
    await sleep(100)
    await using device = await connectDevice(broker.url, 'port-2', 'probe-1')
    await device.send(0, 5)
    await sleep(100)
    assert.equal(collector.stats().received, 0)
    assert.equal(broker.pubacks.filter(({ clientId }) => clientId === 'collector').length, 0)
  })
})

describe('a shared group', { concurrency: 3 }, () => {
  const group = { share: 'collectors', shareKeepsDevices: true } as const

  for (const protocolVersion of [4, 5] as const)
    it(`that keeps publishers together loses nothing and tells right watermarks, also when a member leaves (MQTT ${protocolVersion})`, async () => {
      await using broker = await startOddBroker({ share: 'by publisher' })
      await using left = await createBench()
      await using right = await createBench()
      const telemetry = createMemoryTelemetryStore()
      const limits = { startGiveUpMs: 300 }
      const start = (bench: typeof left, clientId: string) =>
        bench.start({ telemetry, limits, input: inputOf(broker.url, { clientId, protocolVersion, ...group }) })
      await using stays = await start(left, 'c0')
      const filter = '$share/collectors/tg/v1/+/+/telemetry'
      const names = Array.from({ length: 6 }, (_, index) => `probe-${index}`)
      const devices: Device[] = []
      {
        await using leaves = await start(right, 'c1')
        await subscribed(broker, filter, 2)
        for (const name of names) devices.push(await connectDevice(broker.url, 'port-1', name))
        await Promise.all(devices.map((device) => device.send(0, 40)))
        await until(() => devices.every((device) => device.committed() === 39))
        assert.ok(stays.stats().received > 0 && leaves.stats().received > 0)
        assert.equal(stays.stats().received + leaves.stats().received, 240)
        assert.equal(stays.stats().gapsGivenUp + leaves.stats().gapsGivenUp, 0)
      }
      // Its devices come to the member that stays in the middle of their streams.
      await Promise.all(devices.map((device) => device.send(40, 60)))
      await until(() => stays.stats().waiting === 0 && stays.stats().received >= 120)
      await sleep(400)
      // As a device does that waits for its watermark (TG-405).
      await Promise.all(devices.map((device) => device.send(40, 60)))
      await until(() => devices.every((device) => device.committed() === 59))
      await stays.drain(2_000)
      assert.equal(await storedCount(telemetry), 360)
      for (const device of devices) await device[Symbol.asyncDispose]()
    })

  it('is refused without the promise that devices are kept, by any broker that splits them, and by one that delivers nothing', async () => {
    await using bench = await createBench()
    const cases = [
      ['by publisher', { share: 'g' }, /expected a partition by point, or shareKeepsDevices/],
      ['alternate', group, /odd broker 1 does not honour .* probe share-by-publisher: the messages of 4 of 4 publishers were split/],
      ['to nobody', group, /probe share: granted, and of 32 canaries none was delivered/],
      ['refused', group, /probe share: subscription with \$share: SUBACK 0x80/]
    ] as const
    await Promise.all(cases.map(([share, fields, message]) => refuses(bench, { oddities: { share }, fields, message })))
  })
})

describe('a broker', { concurrency: 4 }, () => {
  it('that forgets sessions or what was not acknowledged is refused before anything is taken', async () => {
    await using bench = await createBench()
    const message = /does not honour what this collector needs; probe/
    const cases = [{ sessions: 'forgotten' }, { redelivery: 'never' }, { delivery: 'never' }] as const
    await Promise.all(cases.map((oddities) => refuses(bench, { oddities, fields: {}, message })))
  })

  it('that is not there yet is waited for, and health says so', async () => {
    await using bench = await createBench()
    const gone = await startOddBroker()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const health = createHealth()
    await using collector = await bench.start({ health, input: inputOf(`mqtt://127.0.0.1:${port}`, {}) })
    const waiting = await health.check()
    assert.equal(waiting.ok, false)
    assert.match(waiting.findings[0]?.detail ?? '', /waiting for the broker mqtt:.*ECONNREFUSED/)
    await using broker = await startOddBroker({}, port)
    await until(async () => (await health.check()).ok, 10_000)
    await using device = await connectDevice(broker.url, 'port-1', 'probe-1')
    await device.send(0, 5)
    await until(() => device.committed() === 4)
    assert.equal(collector.stats().received, 5)
  })

  it('that comes later and does not honour the mode is not taken, and health gives the line', async () => {
    await using bench = await createBench()
    const gone = await startOddBroker()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const health = createHealth()
    await using collector = await bench.start({ health, input: inputOf(`mqtt://127.0.0.1:${port}`, {}) })
    await using broker = await startOddBroker({ suback: 0x80 }, port)
    const detail = async () => (await health.check()).findings[0]?.detail ?? ''
    await until(async () => (await detail()).includes('does not honour what this collector needs; probe qos-1'), 10_000)
    assert.deepEqual(
      broker.subscriptions.filter((filter) => filter.endsWith('/telemetry')),
      []
    )
    assert.equal(collector.stats().received, 0)
  })

  it('that gives the session to another client with the same client id is told of', async () => {
    await using bench = await createBench()
    await using broker = await startOddBroker()
    const health = createHealth()
    await using collector = await bench.start({ health, input: inputOf(broker.url, {}) })
    await until(async () => (await health.check()).ok)
    const other = await connectAsync(broker.url, { clientId: 'collector', clean: false, reconnectPeriod: 300 })
    await until(async () => /may have the client id "collector"/.test((await health.check()).findings[0]?.detail ?? ''), 15_000)
    await other.endAsync(true)
    assert.equal(collector.stats().received, 0)
  })

  it('that refuses a subscription is not taken for one that works', async () => {
    await using bench = await createBench()
    await using broker = await startOddBroker()
    const health = createHealth()
    await using collector = await bench.start({ health, input: inputOf(broker.url, {}) })
    await until(async () => (await health.check()).ok)
    broker.oddities.suback = 0x80
    broker.cut()
    await until(async () => /refused a subscription/.test((await health.check()).findings[0]?.detail ?? ''))
    broker.oddities.suback = undefined
    await until(async () => (await health.check()).ok, 10_000)
    assert.equal(collector.stats().received, 0)
  })
})
