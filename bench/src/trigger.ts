/**
 * From the reading that crosses a limit to the stored warning draft with exposure, holders and proposed level, under a steady load of readings
 * and beside the events of many other goods: chamber after chamber goes out of limits, once each. The baseline is the same port without others' goods.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeConnect, encodePublish, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'
import { compare, describeMachine, type Bench } from './bench.ts'
import { sendLoad } from './ingest-load.ts'
import { endChild, numberIn } from './ingest-process.ts'
import { eventsPerPallet } from './trace-world.ts'
import { chamberKey, chambersCount, lotItems, suspectDevice } from './trigger-world.ts'

const readingsPerSecond = 5_000
const devices = 200
const betweenMs = 150
/** Before the first chamber fails. */
const quietMs = 3_000
const fillTimeoutMs = 900_000
const draftTimeoutMs = 30_000
const eventsAtScale1 = 100_000

interface Measured {
  readonly events: number
  readonly tookMs: readonly number[]
  readonly exposed: number
  readonly holdings: number
}

export const bench: Bench = {
  name: 'trigger',
  about: 'reading over the limit to stored warning draft, under load and beside many events',
  async run({ scale = 1, profileDir }) {
    const pallets = Math.ceil((eventsAtScale1 * scale) / eventsPerPallet)
    const many = await measure(pallets, profileDir)
    const few = await measure(0, undefined)
    const what = `${few.events} events`
    const row = (figure: string, share: number) =>
      compare({ figure, value: quantile(many.tookMs, share), unit: 'ms' }, { what, value: quantile(few.tookMs, share) }, 'less')
    return {
      work: `${chambersCount} chambers of ${lotItems} items go out of limits one after the other, every ${betweenMs} ms, beside ${readingsPerSecond} readings/s in messages of their own from ${devices} devices and ${many.events} stored events; each draft names ${many.exposed} stays and ${many.holdings} holdings`,
      machine: describeMachine(),
      rows: [
        row('reading sent to draft stored, median', 0.5),
        row('… 95th percentile', 0.95),
        row('… 99th percentile', 0.99),
        row('… slowest', 1)
      ]
    }
  }
}

async function measure(pallets: number, profileDir: string | undefined): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const child = fork(fileURLToPath(new URL('trigger-server.ts', import.meta.url)), [dataDir, String(pallets)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, '--cpu-prof-interval=500']
  })
  try {
    const { port, events } = await nextStart(child)
    return { events, ...(await provoke(child, port)) }
  } finally {
    await endChild(child)
    await rm(dataDir, { recursive: true, force: true })
  }
}

function nextStart(child: ChildProcess) {
  const { promise, resolve, reject } = Promise.withResolvers<{ port: number; events: number }>()
  const timer = setTimeout(() => reject(new Error('the process under test is not filled in time')), fillTimeoutMs)
  child.once('exit', (code) => reject(new Error(`the process under test ended with ${code}`)))
  child.once('message', (message) => {
    resolve({ port: numberIn(message, 'port'), events: numberIn(message, 'events') })
  })
  return promise.finally(() => clearTimeout(timer))
}

async function provoke(child: ChildProcess, port: number): Promise<Omit<Measured, 'events'>> {
  const sentAtMs = new Map<string, number>()
  const tookMs: number[] = []
  const { promise: all, resolve } = Promise.withResolvers<void>()
  let [exposed, holdings] = [0, 0]
  child.on('message', (message) => {
    const place = placeIn(message)
    const sent = sentAtMs.get(place)
    // A draft is told of again when it changes.
    if (sent === undefined || !sentAtMs.delete(place)) return
    tookMs.push(numberIn(message, 'atMs') - sent)
    exposed = numberIn(message, 'exposed')
    holdings = numberIn(message, 'holdings')
    if (tookMs.length === chambersCount) resolve()
  })
  const lastsS = (chambersCount * betweenMs + quietMs * 2) / 1_000
  const load = sendLoad({
    port,
    boot: 'load',
    devices,
    windowMax: 100,
    messages: readingsPerSecond * lastsS,
    readingsPerMessage: 1,
    messagesPerSecond: readingsPerSecond
  })
  const chambers = await Promise.all(Array.from({ length: chambersCount }, (_, chamber) => login(port, chamber)))
  for (const [chamber, client] of chambers.entries()) client.send(packetOf(chamber, 1, 7.6))
  await sleep(quietMs)
  for (const [chamber, client] of chambers.entries()) {
    client.send(packetOf(chamber, 2, 7.9))
    await sleep(betweenMs / 2)
    sentAtMs.set(chamberKey(chamber), Date.now())
    client.send(packetOf(chamber, 3, 8.2))
    await sleep(betweenMs / 2)
  }
  await Promise.race([all, sleep(draftTimeoutMs)])
  await load
  for (const client of chambers) client.socket.destroy()
  if (tookMs.length < chambersCount) throw new Error(`Cannot measure: ${tookMs.length} of ${chambersCount} chambers got a draft`)
  return { tookMs, exposed, holdings }
}

async function login(port: number, chamber: number): Promise<RawClient> {
  const client = await openRawClient({ port })
  const device = suspectDevice(chamber)
  client.send(encodeConnect({ clientId: device, username: `port-1/${device}`, password: 'secret' }))
  await client.next(packetTypes.connack)
  return client
}

function packetOf(chamber: number, seq: number, value: number): Buffer {
  const readings = [{ metric: 'temperature', value, unit: 'Cel', quality: 1 }]
  const message = { v: 1, boot: 'b', seq, timeMs: Date.now(), timeQuality: 'synchronized', readings }
  const topic = `tg/v1/port-1/${suspectDevice(chamber)}/telemetry`
  return encodePublish({ topic, payload: Buffer.from(JSON.stringify(message)), qos: 1, packetId: seq })
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? NaN
}

function placeIn(message: unknown): string {
  const place: unknown = typeof message === 'object' && message !== null && 'place' in message ? message.place : undefined
  return typeof place === 'string' ? place : ''
}
