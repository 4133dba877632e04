/**
 * The ingest path as others build it, for the figures of `ingest` to stand beside: Mosquitto to an MQTT.js client that writes a point a
 * message to InfluxDB, and Node-RED. Same messages, same load, same machine. The product itself is measured in the same run.
 */
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '@tracegate/store/influxd'
import { compare, describeMachine, median, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { messagesOf, sendLoad, type LoadShape } from './ingest-load.ts'
import { freePort, mosquittoPath, startMosquitto } from './ingest-mosquitto.ts'
import { startServer } from './ingest-process.ts'
import { nodeRedFolder, startNodeRed, type Peer } from './peers-node-red.ts'

const devices = 200
const windowMax = 50
const rounds = 3
const quietMs = 10_000

interface Place {
  readonly brokerPort: number
  readonly databasePort: number
  readonly database: string
}

type Start = (place: Place) => Promise<Peer>

export const bench: Bench = {
  name: 'peers',
  about: 'messages a second from publisher to database, as others build it',
  async run({ scale = 1 }): Promise<BenchReport> {
    const missing = existsSync(mosquittoPath) ? withoutInfluxd() : `needs ${mosquittoPath}`
    if (missing !== false) throw new Error(`Cannot measure peers: ${missing}`)
    const rows: BenchRow[] = []
    const red = nodeRedFolder()
    for (const readingsPerMessage of [1, 20]) {
      const peerLoad: LoadShape = { devices, windowMax, messages: Math.max(devices, Math.round(10_000 * scale)), readingsPerMessage }
      const ours = await measureOurs({ ...peerLoad, messages: peerLoad.messages * 5 })
      const peers: [string, Start][] = [
        ['Mosquitto, MQTT.js, a write each, acknowledged at once', (place) => startClient('fast', place)],
        ['Mosquitto, MQTT.js, a write each, then acknowledged', (place) => startClient('safe', place)],
        ...(red === undefined ? [] : [['Mosquitto, Node-RED', (place: Place) => startRed(red, place)] satisfies [string, Start]])
      ]
      for (const [what, start] of peers) {
        const { rate, lostShare } = await measurePeer(peerLoad, start)
        const figure = { figure: `messages into the store, ${readingsPerMessage} readings each`, unit: 'messages/s', value: ours }
        rows.push(compare(figure, { what, value: rate }, 'more'))
        if (lostShare > 0) rows.push({ figure: `lost by ${what}, ${readingsPerMessage} readings each`, value: lostShare * 100, unit: '%' })
      }
    }
    const work = `${devices} connections with ${windowMax} QoS 1 messages in flight each; ${10_000 * scale} messages to the peers, five times as many to the product, until all are stored; median of ${rounds}`
    return { work, machine: describeMachine(), rows }
  }
}

async function measureOurs(load: LoadShape): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = await startServer({ mode: 'commit', dataDir })
  try {
    const rates: number[] = []
    let count = 0
    for (let round = 0; round <= rounds; round += 1) {
      const startedMs = performance.now()
      const sent = await sendLoad({ ...load, port: server.port, boot: `b${round}` })
      count += sent.messages
      await server.storedAll(count)
      // The first warms up.
      if (round > 0) rates.push((sent.messages / (performance.now() - startedMs - sent.preparedMs)) * 1_000)
    }
    return median(rates)
  } finally {
    await server.end()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measurePeer(load: LoadShape, start: Start): Promise<{ readonly rate: number; readonly lostShare: number }> {
  const influxd = await startInfluxd()
  const broker = await startMosquitto()
  const wanted = messagesOf(load) * load.readingsPerMessage
  try {
    const rates: number[] = []
    let lost = 0
    for (let round = 0; round < rounds; round += 1) {
      const database = `bench${round}`
      await query(influxd, `CREATE DATABASE ${database}`)
      const peer = await start({ brokerPort: broker.port, databasePort: influxd.port, database })
      try {
        const startedMs = performance.now()
        const sent = await sendLoad({ ...load, port: broker.port, boot: `b${round}` })
        const { stored, atMs } = await settled(influxd, database, wanted)
        lost += wanted - stored
        rates.push((stored / load.readingsPerMessage / (atMs - startedMs - sent.preparedMs)) * 1_000)
      } finally {
        await peer.end()
      }
    }
    return { rate: median(rates), lostShare: lost / (wanted * rounds) }
  } finally {
    await broker.end()
    await influxd.stop()
  }
}

async function startClient(mode: 'fast' | 'safe', { brokerPort, databasePort, database }: Place): Promise<Peer> {
  const script = fileURLToPath(new URL('peers-client.ts', import.meta.url))
  const child = fork(script, [mode, String(brokerPort), String(databasePort), database], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const { promise: ready, resolve: onReady } = Promise.withResolvers<void>()
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>()
  child.once('message', () => onReady())
  child.once('exit', () => onEnded())
  await Promise.race([ready, ended.then(() => Promise.reject(new Error('the peer has ended')))])
  return {
    async end() {
      child.kill('SIGKILL')
      await ended
    }
  }
}

async function startRed(folder: string, place: Place): Promise<Peer> {
  const peer = await startNodeRed(folder, { ...place, port: await freePort() })
  // It says that it is connected before its subscription is granted.
  await sleep(500)
  return peer
}

async function query({ origin }: StartedInfluxd, text: string, database = ''): Promise<string> {
  const answer = await fetch(`${origin}/query?db=${database}&q=${encodeURIComponent(text)}`, { method: 'POST' })
  return answer.text()
}

/** Until all are stored, or nothing has come for a while: when the last came, and how many did. */
async function settled(
  influxd: StartedInfluxd,
  database: string,
  wanted: number
): Promise<{ readonly stored: number; readonly atMs: number }> {
  let [stored, atMs] = [0, performance.now()]
  while (stored < wanted && performance.now() - atMs < quietMs) {
    const found = /"values":\[\[[^,\]]+,(\d+)\]\]/.exec(await query(influxd, 'SELECT count(value) FROM reading', database))?.[1]
    if (Number(found ?? 0) > stored) [stored, atMs] = [Number(found), performance.now()]
    else await sleep(50)
  }
  return { stored, atMs }
}
