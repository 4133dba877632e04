/** The collector as a client of Mosquitto: acknowledged after the commit, nothing lost, nothing doubled. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
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

/** A certificate that is its own authority. */
async function makeCertificate(folder: string) {
  const [path, keyPath] = [join(folder, 'cert.pem'), join(folder, 'cert.key')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', keyPath, '-out', path, ...names], { stdio: 'ignore' })
  return { path, keyPath, cert: await readFile(path), key: await readFile(keyPath) }
}

async function startMosquitto(bench: Bench, more: string = ''): Promise<TestBroker> {
  const port = await freePort()
  const config = join(bench.dataDir, 'mosquitto.conf')
  await writeFile(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\nmax_inflight_messages 500\n${more}`
  )
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

    it('is refused a shared group, as Mosquitto splits the messages of a device', async () => {
      await using bench = await createBench()
      await using broker = await startMosquitto(bench)
      const input = { type: 'mqtt', url: broker.url, clientId: 'collector', protocolVersion, share: 'g', shareKeepsDevices: true } as const
      await assert.rejects(
        bench.start({ input }),
        /^CodedError: Cannot take messages from mqtt:\/\/127\.0\.0\.1:\d+: mosquitto version \S+ does not honour what this collector needs; probe share-by-publisher: the messages of 4 of 4 publishers were split between the members of a shared group$/
      )
    })

    it('shares the points with another one by partition', async () => {
      await using left = await createBench()
      await using right = await createBench()
      await using broker = await startMosquitto(left)
      const input = (index: number) =>
        ({ type: 'mqtt', url: broker.url, clientId: `collector-${index}`, protocolVersion, partition: { index, of: 2 } }) as const
      await using first = await left.start({ input: input(0) })
      await using second = await right.start({ input: input(1) })
      await using connection = await connectClient(broker.url)
      await sleep(300)
      for (let point = 0; point < 6; point += 1)
        for (let seq = 0; seq < 50; seq += 1) {
          const { topic, payload } = telemetryMessage({ seq })
          await connection.client.publishAsync(topic.replace('port-1', `port-${point}`), Buffer.from(payload), { qos: 1 })
        }
      await until(() => first.stats().received + second.stats().received === 300)
      await first.drain(2_000)
      await second.drain(2_000)
      const stored = [await storedCount(left.telemetry), await storedCount(right.telemetry)]
      assert.ok(
        stored.every((count) => count > 0 && count % 50 === 0),
        stored.join()
      )
      assert.equal(
        stored.reduce((sum, count) => sum + count, 0),
        300
      )
    })

    const once = protocolVersion === 4 ? 'the lines are the same for both versions' : false
    it('takes messages over TLS with a certificate, and over a WebSocket', { skip: once }, async () => {
      await using bench = await createBench()
      const pem = await makeCertificate(bench.dataDir)
      const [tlsPort, wsPort] = [await freePort(), await freePort()]
      await using broker = await startMosquitto(
        bench,
        `user root\nlistener ${wsPort} 127.0.0.1\nprotocol websockets\nlistener ${tlsPort} 127.0.0.1\ncafile ${pem.path}\ncertfile ${pem.path}\nkeyfile ${pem.keyPath}\nrequire_certificate true\n`
      )
      await using connection = await connectClient(broker.url)
      const lines = [
        { url: `mqtts://127.0.0.1:${tlsPort}`, ca: pem.cert, cert: pem.cert, key: pem.key },
        { url: `ws://127.0.0.1:${wsPort}` }
      ]
      for (const [index, line] of lines.entries()) {
        await using collector = await bench.start({ input: { type: 'mqtt', clientId: `collector-${index}`, protocolVersion, ...line } })
        await sleep(500)
        await send(connection.client, index * 100, index * 100 + 100)
        await until(() => collector.stats().received === 100)
      }
      assert.equal(await storedCount(bench.telemetry), 200)
    })
  })
}
