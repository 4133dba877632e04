/** The collector as a client of Mosquitto: acknowledged after the commit, nothing lost, nothing doubled. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { createBench, createFaultyStore, storedCount, telemetryMessage, until, type Bench } from './testing.ts'

const mosquitto = '/usr/sbin/mosquitto'
const missing = !existsSync(mosquitto) && process.env['CI'] !== 'true' ? `${mosquitto} is not installed` : false

interface TestBroker extends AsyncDisposable {
  readonly url: string
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function startMosquitto(bench: Bench): Promise<TestBroker> {
  const port = await freePort()
  const config = join(bench.dataDir, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\nmax_inflight_messages 500\n`)
  const child: ChildProcess = spawn(mosquitto, ['-c', config], { stdio: 'ignore' })
  await sleep(300)
  return {
    url: `mqtt://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      child.once('exit', () => resolve())
      child.kill()
      await promise
    }
  }
}

interface Connection extends AsyncDisposable {
  readonly client: MqttClient
}

async function connectClient(url: string): Promise<Connection> {
  const client = await connectAsync(url)
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.endAsync(true)
    }
  }
}

async function send(client: MqttClient, from: number, to: number): Promise<void> {
  const sent: Promise<unknown>[] = []
  for (let seq = from; seq < to; seq += 1) {
    const { topic, payload } = telemetryMessage({ seq })
    sent.push(client.publishAsync(topic, Buffer.from(payload), { qos: 1 }))
  }
  await Promise.all(sent)
}

for (const protocolVersion of [4, 5] as const) {
  describe(`a collector behind Mosquitto, MQTT ${protocolVersion === 4 ? '3.1.1' : '5'}`, { skip: missing }, () => {
    it('stores what the broker gives it and tells the watermark', async () => {
      await using bench = await createBench()
      await using broker = await startMosquitto(bench)
      const input = { type: 'mqtt', url: broker.url, clientId: 'collector', protocolVersion } as const
      await using collector = await bench.start({ input })
      await using connection = await connectClient(broker.url)
      const { client } = connection
      const told: string[] = []
      client.on('message', (_topic, payload) => void told.push(payload.toString()))
      await client.subscribeAsync('tg/v1/port-1/probe-1/committed', { qos: 1 })
      await sleep(200)
      await send(client, 0, 2_000)
      await until(() => collector.stats().received >= 2_000)
      await collector.drain(5_000)
      assert.equal(await storedCount(bench.telemetry), 2_000)
      await until(() => told.at(-1) === '{"v":1,"boot":"b1","upTo":1999}')
    })

    it('gets again what it could not commit, and what came while it was away', async () => {
      await using bench = await createBench()
      await using broker = await startMosquitto(bench)
      const telemetry = createFaultyStore(bench.telemetry)
      const input = { type: 'mqtt', url: broker.url, clientId: 'collector', protocolVersion } as const
      await using connection = await connectClient(broker.url)
      const { client } = connection
      telemetry.mode = 'stall'
      {
        // A small log is soon full; what it rejects is not acknowledged.
        await using collector = await bench.start({
          input,
          telemetry,
          limits: { logBytesMax: 10_000, commitTimeoutMs: 200, closeTimeoutMs: 100 }
        })
        await sleep(200)
        await send(client, 0, 300)
        await until(() => collector.stats().rejected > 0)
      }
      await send(client, 300, 600)
      telemetry.mode = 'ok'
      await using again = await bench.start({ input, telemetry })
      await until(async () => (await storedCount(bench.telemetry)) === 600, 8_000)
      await again.drain(2_000)
      assert.equal(await storedCount(bench.telemetry), 600)
    })
  })
}
