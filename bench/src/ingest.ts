/**
 * Ingest end to end: QoS 1 messages whose PUBACK waits for the commit, from the socket to the telemetry store. Baselines of the
 * same run are the same broker without a commit, and Mosquitto alone with one QoS 1 subscriber where it is installed.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeConnect, encodeSubscribe, openRawClient, packetTypes } from '@tracegate/broker/raw-client'
import { compare, describeMachine, median, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { sendLoad, type LoadOptions } from './ingest-load.ts'

const mosquittoPath = '/usr/sbin/mosquitto'
const devices = 50
const windowMax = 50
const rounds = 3
const storedTimeoutMs = 60_000

interface Measured {
  readonly messagesPerSecond: number
  readonly storedPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  readonly cpuMicroseconds: number
  readonly residentMiB: number
}

export const bench: Bench = {
  name: 'ingest',
  about: 'QoS 1 messages a second, acknowledged after the commit, and readings a second into the store',
  async run({ scale = 1 }): Promise<BenchReport> {
    const messages = Math.max(devices, Math.round(60_000 * scale))
    const one = { devices, windowMax, messages, readingsPerMessage: 1 }
    const ten = { ...one, messages: Math.max(devices, Math.round(messages / 3)), readingsPerMessage: 10 }
    const [commitOne, plainOne] = [await measure('commit', one), await measure('plain', one)]
    const [commitTen, plainTen] = [await measure('commit', ten), await measure('plain', ten)]
    const mosquitto = existsSync(mosquittoPath) ? await measureMosquitto(one) : undefined
    const plain = { what: 'broker without commit', value: plainOne.messagesPerSecond }
    const rows: BenchRow[] = [
      compare(row('messages committed and acknowledged, 1 reading each', commitOne.messagesPerSecond, 'messages/s'), plain, 'more'),
      ...(mosquitto === undefined
        ? []
        : [
            compare(
              row('the same against a broker that keeps nothing', commitOne.messagesPerSecond, 'messages/s'),
              { what: 'mosquitto to a subscriber', value: mosquitto },
              'more'
            )
          ]),
      row('readings into the store, 1 a message', commitOne.storedPerSecond, 'readings/s'),
      compare(
        row('messages committed and acknowledged, 10 readings each', commitTen.messagesPerSecond, 'messages/s'),
        { what: 'broker without commit', value: plainTen.messagesPerSecond },
        'more'
      ),
      row('readings into the store, 10 a message', commitTen.storedPerSecond * ten.readingsPerMessage, 'readings/s'),
      row('send to PUBACK at full load, median', commitOne.latencyMs.p50, 'ms'),
      row('send to PUBACK at full load, 99th percentile', commitOne.latencyMs.p99, 'ms'),
      compare(
        row('processor time a message, 1 reading', commitOne.cpuMicroseconds, 'µs'),
        { what: 'broker without commit', value: plainOne.cpuMicroseconds },
        'less'
      ),
      row('resident memory at the end', commitOne.residentMiB, 'MiB')
    ]
    const work =
      `${devices} devices on bare sockets, ${windowMax} messages in flight each, ${messages} messages of 1 and ${ten.messages} of 10 readings (JSON), ` +
      `median of ${rounds} rounds; load and broker share the machine`
    return { work, machine: describeMachine(), rows }
  }
}

function row(figure: string, value: number, unit: string): BenchRow {
  return { figure, value, unit }
}

async function measure(mode: 'commit' | 'plain', load: Omit<LoadOptions, 'port' | 'boot'>): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = fork(fileURLToPath(new URL('ingest-server.ts', import.meta.url)), [mode, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  try {
    const port = numberIn(await nextMessage(server), 'port')
    await sendLoad({ ...load, port, boot: 'warm', messages: Math.ceil(load.messages / 4) })
    await storedAll(server, 0)
    const results: { messages: number; stored: number; cpu: number }[] = []
    const latenciesMs: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const before = await ask(server)
      const startedMs = performance.now()
      const sent = await sendLoad({ ...load, port, boot: `b${round}` })
      const count = Math.floor(load.messages / load.devices) * load.devices
      await storedAll(server, before.stored + count)
      const after = await ask(server)
      latenciesMs.push(...sent.latenciesMs)
      results.push({
        messages: (count / sent.tookMs) * 1_000,
        stored: (count / (performance.now() - startedMs)) * 1_000,
        cpu: ((after.cpuMs - before.cpuMs) / count) * 1_000
      })
    }
    const { residentMiB } = await ask(server)
    const sorted = latenciesMs.toSorted((left, right) => left - right)
    return {
      messagesPerSecond: median(results.map(({ messages }) => messages)),
      storedPerSecond: median(results.map(({ stored }) => stored)),
      latencyMs: { p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 },
      cpuMicroseconds: median(results.map(({ cpu }) => cpu)),
      residentMiB
    }
  } finally {
    await end(server)
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function nextMessage(server: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const onExit = (code: number | null) => reject(new Error(`the server ended with ${code}`))
  server.once('message', resolve)
  server.once('exit', onExit)
  try {
    return await promise
  } finally {
    server.off('exit', onExit)
  }
}

async function ask(server: ChildProcess) {
  const answer = nextMessage(server)
  server.send('figures')
  const figures = await answer
  return {
    stored: numberIn(figures, 'stored'),
    cpuMs: numberIn(figures, 'cpuMs'),
    residentMiB: numberIn(figures, 'residentMiB')
  }
}

function numberIn(message: unknown, name: string): number {
  const value: unknown =
    typeof message === 'object' && message !== null ? Object.entries(message).find(([key]) => key === name)?.[1] : undefined
  if (typeof value !== 'number') throw new TypeError(`Cannot read figures: ${name} is ${String(value)}, expected a number`)
  return value
}

async function storedAll(server: ChildProcess, count: number): Promise<void> {
  const end = Date.now() + storedTimeoutMs
  for (let last = -1; ;) {
    const { stored } = await ask(server)
    if (count > 0 ? stored >= count : stored === last) return
    if (Date.now() > end) throw new Error(`only ${stored} of ${count} messages stored`)
    last = stored
    await sleep(count > 0 ? 5 : 200)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGKILL')
  await promise
}

/** Messages a second from the publishers through Mosquitto to a subscriber that acknowledges each. */
async function measureMosquitto(load: Omit<LoadOptions, 'port' | 'boot'>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\n`)
  const server = spawn(mosquittoPath, ['-c', config], { stdio: 'ignore' })
  try {
    await sleep(300)
    const subscriber = await openRawClient({ port })
    subscriber.send(encodeConnect({ clientId: 'subscriber' }))
    subscriber.send(encodeSubscribe(['#']))
    await subscriber.next(packetTypes.suback)
    let received = 0
    subscriber.socket.on('data', () => {
      const acks: Buffer[] = []
      for (const { type, body } of subscriber.packets.splice(0)) {
        if (type !== packetTypes.publish) continue
        received += 1
        const at = 2 + body.readUInt16BE(0)
        acks.push(Buffer.from([0x40, 2, body.readUInt8(at), body.readUInt8(at + 1)]))
      }
      if (acks.length > 0) subscriber.send(Buffer.concat(acks))
    })
    const results: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const count = Math.floor(load.messages / load.devices) * load.devices
      const wanted = received + count
      const startedMs = performance.now()
      await sendLoad({ ...load, port, boot: `b${round}` })
      await reached(() => received >= wanted)
      results.push((count / (performance.now() - startedMs)) * 1_000)
    }
    subscriber.socket.destroy()
    return median(results)
  } finally {
    await end(server)
    await rm(folder, { recursive: true, force: true })
  }
}

async function reached(condition: () => boolean): Promise<void> {
  const limit = Date.now() + storedTimeoutMs
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`not reached within ${storedTimeoutMs} ms`)
    await sleep(2)
  }
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
