/**
 * Broker, collector and embedded stores are killed ten times in the middle of ingest, readings and events mixed: what was
 * acknowledged is there, once, and says what was sent.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeConnect, encodePublish, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'

const kills = 10
const devices = ['probe-1', 'probe-2', 'probe-3']
const windowMax = 100
const startMs = Date.UTC(2026, 10, 23)
/** Every so many messages one is an event. */
const eventEvery = 10

interface Sender {
  readonly device: string
  readonly acknowledged: Set<number>
  readonly unacknowledged: Set<number>
  next: number
}

test(`TG-901 TG-903: readings and events survive ${kills} kills exactly once`, { timeout: 90_000 }, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-kill-'))
  const port = await freePort()
  const senders = devices.map((device): Sender => ({ device, acknowledged: new Set(), unacknowledged: new Set(), next: 0 }))
  try {
    for (let round = 0; round <= kills; round += 1) {
      const child = await startProcess(dataDir, port)
      const last = round === kills
      const stop = new AbortController()
      const sending = senders.map((sender) => send(sender, { port, stop: stop.signal, drain: last }))
      await sleep(120 + round * 37)
      if (last) {
        stop.abort()
        await Promise.all(sending)
        await end(child, 'SIGTERM')
      } else {
        await end(child, 'SIGKILL')
        stop.abort()
        await Promise.all(sending)
      }
    }
    await check(dataDir, senders)
    const count = senders.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
    assert.ok(count > 1_000, `${count} acknowledged`)
    context.diagnostic(`${count} messages acknowledged over ${kills} kills`)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

async function check(dataDir: string, senders: readonly Sender[]): Promise<void> {
  const telemetry = await createEmbeddedTelemetryStore({ dataDir })
  const trace = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  let events = 0
  for (const { device, next, acknowledged, unacknowledged } of senders) {
    assert.equal(unacknowledged.size, 0)
    assert.equal(acknowledged.size, next)
    const { timeMs, value } = await telemetry.range({
      series: `port-1/${device}/count`,
      fromMs: startMs,
      toMs: startMs + next,
      limit: 1_000_000
    })
    const wanted = Array.from({ length: next }, (_, seq) => seq).filter((seq) => !isEvent(seq))
    assert.deepEqual([...value], wanted)
    assert.deepEqual(
      [...timeMs],
      wanted.map((seq) => startMs + seq)
    )
    for (let seq = 0; seq < next; seq += eventEvery) {
      events += 1
      assert.equal((await trace.byId(eventID(device, seq))).length, 1)
    }
  }
  assert.equal((await trace.counts()).events, events)
  await Promise.all([telemetry.close(), trace.close()])
}

/** Sends until the connection or the signal ends it; with `drain` until everything sent is acknowledged. */
async function send(
  sender: Sender,
  options: { readonly port: number; readonly stop: AbortSignal; readonly drain: boolean }
): Promise<void> {
  const client = await login(sender, options.port)
  if (client === undefined) return
  const inFlight = new Map<number, number>()
  const again = [...sender.unacknowledged]
  const open = () => !client.socket.destroyed && (!options.stop.aborted || (options.drain && sender.unacknowledged.size > 0))
  let packetId = 0
  while (open()) {
    const batch: Buffer[] = []
    while (inFlight.size < windowMax && (again.length > 0 || !options.stop.aborted)) {
      const seq = again.shift() ?? sender.next++
      packetId = (packetId % 65_535) + 1
      inFlight.set(packetId, seq)
      sender.unacknowledged.add(seq)
      batch.push(encodePublish({ ...messageOf(sender.device, seq), qos: 1, packetId }))
    }
    if (batch.length > 0) client.send(Buffer.concat(batch))
    await sleep(1)
    for (const packet of client.packets.splice(0)) {
      const id = packet.body.readUInt16BE(0)
      const seq = packet.type === packetTypes.puback ? inFlight.get(id) : undefined
      if (seq === undefined) continue
      inFlight.delete(id)
      sender.unacknowledged.delete(seq)
      sender.acknowledged.add(seq)
    }
  }
  client.socket.destroy()
}

async function login(sender: Sender, port: number): Promise<RawClient | undefined> {
  try {
    const client = await openRawClient({ port })
    client.send(encodeConnect({ clientId: sender.device, username: `port-1/${sender.device}`, password: '' }))
    await client.next(packetTypes.connack)
    return client
  } catch {
    return undefined
  }
}

const isEvent = (seq: number) => seq % eventEvery === 0
const eventID = (device: string, seq: number) => `urn:test:${device}:${seq}`

function messageOf(device: string, seq: number): { readonly topic: string; readonly payload: Uint8Array } {
  const head = { v: 1, boot: 'boot-1', seq, timeMs: startMs + seq, timeQuality: 'synchronized' }
  const body = isEvent(seq) ? { epcis: epcisOf(device, seq) } : { readings: [{ metric: 'count', value: seq, unit: '1', quality: 1 }] }
  const channel = isEvent(seq) ? 'event' : 'telemetry'
  return { topic: `tg/v1/port-1/${device}/${channel}`, payload: Buffer.from(JSON.stringify({ ...head, ...body })) }
}

function epcisOf(device: string, seq: number): object {
  return {
    '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
    type: 'ObjectEvent',
    eventID: eventID(device, seq),
    eventTime: new Date(startMs + seq).toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: [`urn:epc:id:sgtin:9506000.134352.${seq}`],
    action: 'OBSERVE'
  }
}

async function startProcess(dataDir: string, port: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('ingest-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dataDir, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error('the process was not ready within 15 s')), 15_000)
  child.stdout.on('data', (text: Buffer) => text.toString().includes('ready') && resolve())
  child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
  await promise
  clearTimeout(timer)
  return child
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill(signal)
  await promise
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
