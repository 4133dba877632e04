/** The collector as a client of Mosquitto: acknowledged after the commit, nothing lost, nothing doubled. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { createBench, createFaultyStore, storedCount, telemetryMessage, until, type Bench } from '../testing.ts'

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

interface Line extends TestBroker {
  cut(): void
}

/** A line to a broker that can be cut. */
async function startLine(to: string): Promise<Line> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connectSocket({ port: Number(new URL(to).port), host: '127.0.0.1' })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
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

    it('loses and doubles nothing when its connection is cut again and again', async () => {
      await using bench = await createBench()
      await using broker = await startMosquitto(bench)
      await using line = await startLine(broker.url)
      const input = { type: 'mqtt', url: line.url, clientId: 'collector', protocolVersion } as const
      await using collector = await bench.start({ input })
      await using connection = await connectClient(broker.url)
      await sleep(200)
      for (let round = 0; round < 3; round += 1) {
        const sending = send(connection.client, round * 500, round * 500 + 500)
        await sleep(15)
        line.cut()
        await sending
      }
      await until(async () => (await storedCount(bench.telemetry)) === 1_500, 10_000)
      await collector.drain(2_000)
      const { received, stored, duplicates, deadLettered, inLog, rejected, waiting } = collector.stats()
      assert.equal(received, stored + duplicates + deadLettered + inLog + rejected + waiting)
      assert.equal(stored, 1_500)
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
