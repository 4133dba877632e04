/**
 * The embedded trace store beside what one would write first: a SQLite table of events as JSON and an index of EPCs as text, same
 * durability, same events. Scale 20 is two million events; the table then takes a part of them, as it grows slower and slower.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import type { EventQuery } from '@tracegate/store/trace-store'
import { compare, describeMachine, timeMs, type Bench, type BenchRow } from './bench.ts'
import { openPlainTable, type PlainTable } from './trace-baseline.ts'
import {
  batches,
  casesPerPallet,
  eventsPerBatch,
  eventsPerPallet,
  itemsPerCase,
  key,
  makePallet,
  nodesPerPallet,
  percentiles,
  referencesOf,
  startMs
} from './trace-world.ts'

const looks = 200
/** Pallets that scale 1 captures: 102,000 events. */
const palletsAtScale1 = 1_700
/** Pallets that the plain table takes at most. */
const plainPalletsMax = 3_400
const asking = { clients: 50, questions: 10_000 } as const

export const bench: Bench = {
  name: 'trace',
  about: 'capture, look-ups, pallet trace and exposure in the embedded store',
  async run({ scale = 1 }) {
    const pallets = Math.max(20, Math.round(palletsAtScale1 * scale))
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    try {
      const ours = await measureStore(folder, pallets)
      const plain = measurePlain(folder, Math.min(pallets, plainPalletsMax))
      const references = Math.round((10 * referencesOf(makePallet(0))) / eventsPerPallet) / 10
      return {
        work: `${pallets * eventsPerPallet} events of ${ours.jsonBytes} bytes JSON with 1 to 20 EPCs (${references} on average) in batches of ${eventsPerBatch}, each synchronised to disk; ${pallets * nodesPerPallet} keys; the plain table takes ${Math.min(pallets, plainPalletsMax) * eventsPerPallet} of them`,
        machine: describeMachine(),
        rows: rowsOf(ours, plain)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function rowsOf(ours: Awaited<ReturnType<typeof measureStore>>, plain: ReturnType<typeof measurePlain>): BenchRow[] {
  const what = 'table of JSON rows with an index of EPC text'
  const beside = (figure: string, unit: string, value: number, baseline: number, better: 'more' | 'less'): BenchRow =>
    compare({ figure, value, unit }, { what, value: baseline }, better)
  return [
    beside('capture', 'events/s', ours.captured, plain.captured, 'more'),
    beside('capture until all is indexed, merged and packed', 'events/s', ours.settled, plain.captured, 'more'),
    { figure: 'processor time of an event, making it left out: capturing thread', value: ours.captureUs, unit: 'µs' },
    { figure: 'processor time of an event: worker thread and the rest', value: ours.foldUs, unit: 'µs' },
    { figure: 'capture of one batch, 99th percentile', value: ours.batchP99Ms, unit: 'ms' },
    beside('on disk when settled', 'bytes/event', ours.bytes, plain.bytes, 'less'),
    { figure: 'both files as they lie there', value: ours.fileBytes, unit: 'bytes/event' },
    beside('all events of one EPC, median', 'ms', ours.events.p50, plain.ledger.p50, 'less'),
    beside('all events of one EPC, 99th percentile', 'ms', ours.events.p99, plain.ledger.p99, 'less'),
    { figure: `all events of one EPC, ${asking.clients} at a time`, value: ours.asked.perSecond, unit: 'answers/s' },
    { figure: '… processor time of the asking thread', value: ours.asked.mainUs, unit: 'µs' },
    { figure: '… processor time of the rest', value: ours.asked.restUs, unit: 'µs' },
    beside(`pallet with ${nodesPerPallet} nodes, median`, 'ms', ours.pallet.p50, plain.pallet.p50, 'less'),
    { figure: `pallet with ${nodesPerPallet} nodes, 99th percentile`, value: ours.pallet.p99, unit: 'ms' },
    { figure: `exposure of a place, ${ours.exposed} goods, median`, value: ours.exposure.p50, unit: 'ms' },
    { figure: 'memory of the process', value: ours.memoryMiB, unit: 'MiB' }
  ]
}

async function measureStore(folder: string, pallets: number) {
  const events = pallets * eventsPerPallet
  const dataDir = join(folder, 'store')
  const store = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  try {
    const { batchMs, captureMs, wallMs, makingUs, cpu, own, used } = await captureAll(store, pallets)
    const jsonBytes = Math.round(makePallet(0).reduce((sum, { json }) => sum + json.length, 0) / eventsPerPallet)
    return {
      captured: (events / captureMs) * 1_000,
      settled: (events / wallMs) * 1_000,
      captureUs: (microseconds(own) - makingUs) / events,
      foldUs: (microseconds(cpu) - microseconds(own)) / events,
      batchP99Ms: percentiles(batchMs).p99,
      bytes: (used.recentBytes + used.indexBytes) / events,
      fileBytes: (await sizeOf(dataDir)) / events,
      jsonBytes,
      memoryMiB: process.memoryUsage().rss / 2 ** 20,
      ...(await measureQueries(store, pallets)),
      asked: await measureAsking(store, pallets)
    }
  } finally {
    await store.close()
  }
}

/** `wallMs` is all of the time, the making of the events included; `captureMs` is what the captures took of it. */
async function captureAll(store: EmbeddedTraceStore, pallets: number) {
  const batchMs: number[] = []
  let makingUs = 0
  const startedMs = performance.now()
  const before = { all: process.cpuUsage(), own: process.threadCpuUsage() }
  let making = process.threadCpuUsage()
  for (const batch of batches(pallets)) {
    makingUs += microseconds(process.threadCpuUsage(making))
    batchMs.push(await timeMs(() => store.capture(batch)))
    making = process.threadCpuUsage()
  }
  const used = await store.settle()
  return {
    batchMs,
    captureMs: batchMs.reduce((sum, tookMs) => sum + tookMs, 0),
    wallMs: performance.now() - startedMs,
    makingUs,
    cpu: process.cpuUsage(before.all),
    own: process.threadCpuUsage(before.own),
    used
  }
}

function microseconds({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) if (name.endsWith('.db')) bytes += (await stat(join(folder, name))).size
  return bytes
}

const eventsOf = (pallet: number, item: number): EventQuery => ({
  anyKeys: [key.item(pallet, item % (casesPerPallet * itemsPerCase))],
  order: 'ascending',
  orderBy: 'eventTime',
  limit: 100
})

async function measureAsking(store: EmbeddedTraceStore, pallets: number) {
  const before = { all: process.cpuUsage(), own: process.threadCpuUsage() }
  const tookMs = await timeMs(() =>
    Promise.all(
      Array.from({ length: asking.clients }, async (_, client) => {
        for (let at = client; at < asking.questions; at += asking.clients) await store.events(eventsOf((at * 104_729) % pallets, at))
      })
    )
  )
  const ownUs = microseconds(process.threadCpuUsage(before.own)) / asking.questions
  const allUs = microseconds(process.cpuUsage(before.all)) / asking.questions
  return { perSecond: (asking.questions / tookMs) * 1_000, mainUs: ownUs, restUs: allUs - ownUs }
}

async function measureQueries(store: EmbeddedTraceStore, pallets: number) {
  const pick = (look: number): number => (look * 7_919) % pallets
  const events: number[] = []
  const pallet: number[] = []
  const exposure: number[] = []
  let exposed = 0
  for (let look = 0; look < looks; look += 1) {
    events.push(await timeMs(() => store.events(eventsOf(pick(look), look))))
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
  return { events: percentiles(events), pallet: percentiles(pallet), exposure: percentiles(exposure), exposed }
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
  const ledger = Array.from({ length: looks }, (_, look) =>
    time(() => table.eventsOf(key.item(pick(look), look % (casesPerPallet * itemsPerCase))))
  )
  const pallet = Array.from({ length: looks / 4 }, (_, look) => time(() => table.descendants(key.unit(pick(look), 0))))
  const bytes = table.bytes() / (pallets * eventsPerPallet)
  table.close()
  return { captured, bytes, ledger: percentiles(ledger), pallet: percentiles(pallet) }
}
