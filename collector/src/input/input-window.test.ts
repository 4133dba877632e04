/** The MQTT input on a broker that shows what it is sent: order of PUBACKs, bounds under a flood, and what happens when a commit fails. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { startOddBroker, type OddBroker } from '@tracegate/service/broker-probe/testing/odd-broker'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { telemetryMessage, until } from '../testing.ts'
import { startMqttInput, type MqttInput } from './mqtt-input.ts'
import type { MqttInputOptions } from './mqtt-options.ts'

interface TestSink extends IngestSink {
  readonly taken: IncomingMessage[]
  /** Commits that have not ended. */
  readonly open: { readonly resolve: () => void }[]
  mode: 'commit' | 'hold' | 'fail'
}

function createSink(mode: TestSink['mode']): TestSink {
  const sink: TestSink = {
    taken: [],
    open: [],
    mode,
    commit(message) {
      sink.taken.push(message)
      if (sink.mode === 'commit') return Promise.resolve()
      if (sink.mode === 'fail') return Promise.reject(new Error('disk full'))
      const { promise, resolve } = Promise.withResolvers<void>()
      sink.open.push({ resolve })
      return promise
    }
  }
  return sink
}

async function withInput(
  sink: TestSink,
  options: Partial<MqttInputOptions>,
  run: (parts: {
    readonly broker: OddBroker
    readonly input: MqttInput
    readonly send: (from: number, to: number) => Promise<void>
  }) => Promise<void>
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-input-'))
  await using broker = await startOddBroker()
  const input = startMqttInput({
    input: { type: 'mqtt', url: broker.url, clientId: 'collector', ...options },
    sink,
    dataDir,
    logger: silentLogger,
    metrics: createMetrics(),
    admission: { type: 'admitted' }
  })
  const client = await connectAsync(broker.url, { clientId: 'device' })
  try {
    await until(() => input.trouble() === undefined)
    await run({
      broker,
      input,
      async send(from, to) {
        for (let seq = from; seq < to; seq += 1) {
          const { topic, payload } = telemetryMessage({ seq })
          await client.publishAsync(topic, Buffer.from(payload), { qos: 1 })
        }
      }
    })
  } finally {
    await client.endAsync(true)
    await input[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const seqOf = ({ payload }: IncomingMessage): number => Number(/"seq":(\d+)/.exec(Buffer.from(payload).toString())?.[1])

for (const protocolVersion of [4, 5] as const) {
  describe(`the MQTT input, MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}`, () => {
    it('acknowledges in the order of arrival when commits end in another', async () => {
      const sink = createSink('hold')
      await withInput(sink, { protocolVersion }, async ({ broker, send }) => {
        await send(0, 50)
        await until(() => sink.open.length === 50)
        for (const { resolve } of sink.open.slice(1).toReversed()) resolve()
        await sleep(50)
        assert.equal(broker.pubacks.length, 0)
        sink.open[0]?.resolve()
        await until(() => broker.pubacks.length === 50)
        const ids = broker.pubacks.map(({ messageId }) => messageId)
        assert.deepEqual(
          ids,
          ids.toSorted((left, right) => left - right)
        )
      })
    })

    it('takes no more than its bound from a flood while no commit ends, and all of it afterwards', async () => {
      const sink = createSink('hold')
      await withInput(sink, { protocolVersion, inFlightMax: 40 }, async ({ broker, send }) => {
        await send(0, 3_000)
        await until(() => sink.open.length === 40)
        await sleep(100)
        // Cut lines bring the same messages again, and still no more.
        for (let round = 0; round < 3; round += 1) {
          broker.cut()
          await sleep(700)
        }
        assert.equal(sink.open.length, 40)
        assert.equal(broker.pubacks.length, 0)
        sink.mode = 'commit'
        for (const { resolve } of sink.open) resolve()
        await until(() => new Set(sink.taken.map(seqOf)).size === 3_000, 10_000)
      })
    })

    it('counts bytes, too', async () => {
      const sink = createSink('hold')
      await withInput(sink, { protocolVersion, inFlightBytesMax: 2_000 }, async ({ send }) => {
        await send(0, 200)
        await until(() => sink.open.length > 0)
        await sleep(100)
        const bytes = sink.taken.reduce((sum, { payload }) => sum + payload.length, 0)
        assert.ok(bytes >= 2_000 && bytes < 2_400, String(bytes))
      })
    })

    it('connects anew when a commit fails, and gets again what was not acknowledged', async () => {
      const sink = createSink('fail')
      await withInput(sink, { protocolVersion }, async ({ broker, send }) => {
        await send(0, 20)
        await until(() => broker.connected.filter((id) => id === 'collector').length >= 3, 8_000)
        assert.equal(broker.pubacks.length, 0)
        sink.mode = 'commit'
        sink.taken.length = 0
        await until(() => new Set(sink.taken.map(seqOf)).size === 20, 8_000)
        await until(() => broker.pubacks.length >= 20)
      })
    })
  })
}
