/** Mosquitto as the baseline of the ingest benchmarks: a broker alone, with one QoS 1 subscriber that acknowledges and keeps nothing. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeConnect, encodeSubscribe, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'
import { median } from './bench.ts'
import { messagesOf, sendLoad, type LoadShape } from './ingest-load.ts'

export const mosquittoPath = '/usr/sbin/mosquitto'
const deliveredTimeoutMs = 60_000
const startTimeoutMs = 5_000

export interface MosquittoFigures {
  readonly messagesPerSecond: number
  /** Send to PUBACK. */
  readonly latenciesMs: readonly (readonly number[])[]
}

/** Undefined where it is not installed. */
export async function measureMosquitto(load: LoadShape, rounds: number): Promise<MosquittoFigures | undefined> {
  if (!existsSync(mosquittoPath)) return undefined
  const broker = await startMosquitto()
  const { port } = broker
  try {
    const subscriber = await subscribe(port)
    const rates: number[] = []
    const latenciesMs: (readonly number[])[] = []
    for (let round = 0; round < rounds; round += 1) {
      const wanted = subscriber.received() + messagesOf(load)
      const sent = await sendLoad({ ...load, port, boot: `b${round}` })
      const startedMs = performance.now()
      await reached(() => subscriber.received() >= wanted)
      rates.push((sent.messages / (sent.tookMs + performance.now() - startedMs)) * 1_000)
      latenciesMs.push(sent.latenciesMs)
    }
    subscriber.client.socket.destroy()
    return { messagesPerSecond: median(rates), latenciesMs }
  } finally {
    await broker.end()
  }
}

export interface StartedMosquitto {
  readonly port: number
  end(): Promise<void>
}

/** On a free port, with nothing bounded: it queues what its subscribers cannot take yet. */
export async function startMosquitto(): Promise<StartedMosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\n`)
  const server = spawn(mosquittoPath, ['-c', config], { stdio: 'ignore' })
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  server.once('exit', () => resolve())
  return {
    port,
    async end() {
      if (server.kill('SIGKILL')) await ended
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function subscribe(port: number): Promise<{ readonly client: RawClient; received(): number }> {
  const client = await openWhenReady(port)
  client.send(encodeConnect({ clientId: 'subscriber' }))
  client.send(encodeSubscribe(['#']))
  await client.next(packetTypes.suback)
  let received = 0
  client.socket.on('data', () => {
    const acks: Buffer[] = []
    for (const { type, body } of client.packets.splice(0)) {
      if (type !== packetTypes.publish) continue
      received += 1
      const at = 2 + body.readUInt16BE(0)
      acks.push(Buffer.from([0x40, 2, body.readUInt8(at), body.readUInt8(at + 1)]))
    }
    if (acks.length > 0) client.send(Buffer.concat(acks))
  })
  return { client, received: () => received }
}

async function openWhenReady(port: number): Promise<RawClient> {
  const end = Date.now() + startTimeoutMs
  for (;;) {
    try {
      return await openRawClient({ port })
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(50)
    }
  }
}

async function reached(condition: () => boolean): Promise<void> {
  const limit = Date.now() + deliveredTimeoutMs
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`not reached within ${deliveredTimeoutMs} ms`)
    await sleep(2)
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
