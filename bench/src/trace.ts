/**
 * The embedded trace store beside what one would write first: a SQLite table of events as JSON and an index of EPCs as text, same
 * durability, same events.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { compare, describeMachine, timeMs, type Bench } from './bench.ts'
import { openPlainTable, type PlainTable } from './trace-baseline.ts'
import {
  batches,
  eventsPerBatch,
  eventsPerPallet,
  key,
  makePallet,
  nodesPerPallet,
  percentiles,
  referencesOf,
  startMs
} from './trace-world.ts'

const looks = 200
/** The newest events stay uncompressed. */
const hotShare = 0.1

export const bench: Bench = {
  name: 'trace',
  about: 'capture, ledger, pallet trace and exposure in the embedded store',
  async run({ scale = 1 }) {
    const pallets = Math.max(20, Math.round(600 * scale))
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    try {
      const ours = await measureStore(folder, pallets)
      const plain = measurePlain(folder, pallets)
      const what = 'table of JSON rows with an index of EPC text'
      const references = Math.round(referencesOf(makePallet(0)) / eventsPerPallet)
      return {
        work: `${pallets * eventsPerPallet} events of ${ours.jsonBytes} bytes JSON and ${references} EPC references in batches of ${eventsPerBatch}, each synchronised to disk; ${pallets * nodesPerPallet} keys`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'capture', value: ours.captured, unit: 'events/s' }, { what, value: plain.captured }, 'more'),
          compare(
            { figure: 'capture, indexed, merged and compressed', value: ours.settled, unit: 'events/s' },
            { what, value: plain.captured },
            'more'
          ),
          { figure: 'capture of one batch, 99th percentile', value: ours.batchP99Ms, unit: 'ms' },
          compare(
            { figure: 'on disk, the newest tenth uncompressed', value: ours.bytes, unit: 'bytes/event' },
            { what, value: plain.bytes },
            'less'
          ),
          compare(
            { figure: 'all events of one EPC, median', value: ours.ledger.p50, unit: 'ms' },
            { what, value: plain.ledger.p50 },
            'less'
          ),
          compare(
            { figure: 'all events of one EPC, 99th percentile', value: ours.ledger.p99, unit: 'ms' },
            { what, value: plain.ledger.p99 },
            'less'
          ),
          compare(
            { figure: 'pallet with 421 nodes, median', value: ours.pallet.p50, unit: 'ms' },
            { what, value: plain.pallet.p50 },
            'less'
          ),
          { figure: 'pallet with 421 nodes, 99th percentile', value: ours.pallet.p99, unit: 'ms' },
          { figure: `exposure of a place, ${ours.exposed} goods, median`, value: ours.exposure.p50, unit: 'ms' },
          { figure: 'memory of the process', value: ours.memoryMiB, unit: 'MiB' }
        ]
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function measureStore(folder: string, pallets: number) {
  const events = pallets * eventsPerPallet
  const store = await createEmbeddedTraceStore({
    dataDir: join(folder, 'store'),
    logger: silentLogger,
    metrics: createMetrics(),
    hotEventsMax: Math.round(events * hotShare)
  })
  try {
    const batchMs: number[] = []
    let captureMs = 0
    for (const batch of batches(pallets)) {
      const tookMs = await timeMs(() => store.capture(batch))
      captureMs += tookMs
      batchMs.push(tookMs)
    }
    let used = { recentBytes: 0, indexBytes: 0 }
    const settleMs = await timeMs(async () => {
      used = await store.settle()
    })
    const bytes = (used.recentBytes + used.indexBytes) / events
    const jsonBytes = Math.round(makePallet(0).reduce((sum, { json }) => sum + json.length, 0) / eventsPerPallet)
    const captured = (events / captureMs) * 1_000
    const settled = (events / (captureMs + settleMs)) * 1_000
    const memoryMiB = process.memoryUsage().rss / 2 ** 20
    return {
      captured,
      settled,
      batchP99Ms: percentiles(batchMs).p99,
      bytes,
      jsonBytes,
      memoryMiB,
      ...(await measureQueries(store, pallets))
    }
  } finally {
    await store.close()
  }
}

async function measureQueries(store: EmbeddedTraceStore, pallets: number) {
  const pick = (look: number): number => (look * 7_919) % pallets
  const ledger: number[] = []
  const pallet: number[] = []
  const exposure: number[] = []
  let exposed = 0
  for (let look = 0; look < looks; look += 1) {
    ledger.push(await timeMs(() => store.ledger({ key: key.item(pick(look), look % 400) })))
    pallet.push(
      await timeMs(async () => {
        const answer = await store.ask('forward', { of: key.unit(pick(look), 0) })
        if (answer.nodes.length !== nodesPerPallet)
          throw new Error(`Cannot measure: the trace has ${answer.nodes.length} nodes, expected ${nodesPerPallet}`)
      })
    )
  }
  for (let look = 0; look < 20; look += 1) {
    const fromMs = startMs + (pick(look) + 620) * 60_000
    exposure.push(
      await timeMs(async () => {
        exposed = (await store.ask('exposure', { place: key.place(100 + (look % 20)), fromMs, toMs: fromMs + 3_600_000, limit: 50_000 }))
          .goods.length
      })
    )
  }
  return { ledger: percentiles(ledger), pallet: percentiles(pallet), exposure: percentiles(exposure), exposed }
}

function measurePlain(folder: string, pallets: number) {
  const table: PlainTable = openPlainTable(join(folder, 'plain.db'))
  const startedMs = performance.now()
  let makingMs = 0
  let last = performance.now()
  for (const batch of batches(pallets)) {
    makingMs += performance.now() - last
    table.insert(batch)
    last = performance.now()
  }
  const captured = ((pallets * eventsPerPallet) / (performance.now() - startedMs - makingMs)) * 1_000
  const time = (work: () => unknown): number => {
    const beganMs = performance.now()
    work()
    return performance.now() - beganMs
  }
  const pick = (look: number): number => (look * 7_919) % pallets
  const ledger = Array.from({ length: looks }, (_, look) => time(() => table.eventsOf(key.item(pick(look), look % 400))))
  const pallet = Array.from({ length: looks / 4 }, (_, look) => time(() => table.descendants(key.unit(pick(look), 0))))
  const bytes = table.bytes() / (pallets * eventsPerPallet)
  table.close()
  return { captured, bytes, ledger: percentiles(ledger), pallet: percentiles(pallet) }
}
