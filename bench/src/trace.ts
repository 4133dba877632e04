/**
 * The embedded trace store beside what one would write first: a SQLite table of events as JSON and an index of EPCs as text, same
 * durability, same events.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { compare, describeMachine, timeMs, type Bench } from './bench.ts'
import { openPlainTable, type PlainTable } from './trace-baseline.ts'

const startMs = Date.UTC(2026, 0, 1)
const itemsPerCase = 20
const casesPerPallet = 20
const eventsPerPallet = 2 * casesPerPallet + 5
const eventsPerBatch = 1_000
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
        work: `${pallets * eventsPerPallet} events of ${ours.jsonBytes} bytes JSON and ${references} EPC references in batches of ${eventsPerBatch}, each synchronised to disk; ${pallets * (1 + casesPerPallet + casesPerPallet * itemsPerCase)} keys`,
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

const key = {
  item: (pallet: number, at: number): string => `https://id.gs1.org/01/09506000134352/21/${scramble(pallet * 1_000 + at)}`,
  unit: (pallet: number, at: number): string => `https://id.gs1.org/00/${String(scramble(pallet * 1_000 + 900 + at)).padStart(18, '0')}`,
  place: (number: number): string => `https://id.gs1.org/414/${String(9_506_000_000_000 + number)}`
}

/** Serial numbers that do not come in order, as from many makers. */
function scramble(number: number): number {
  return (number * 2_654_435_761) % 4_294_967_291
}

/** A pallet's life: items made and packed by the case, cases packed on the pallet, shipped, received, stored, moved on. */
function makePallet(pallet: number): TraceEvent[] {
  const atMs = startMs + pallet * 60_000
  const from = key.place(pallet % 50)
  const store = key.place(100 + (pallet % 20))
  const top = key.unit(pallet, 0)
  const cases = Array.from({ length: casesPerPallet }, (_, index) => key.unit(pallet, 1 + index))
  const step = (minute: number, bizStep: string, at: string | undefined, ...subjects: TraceSubject[]): TraceEvent =>
    eventOf({ id: `${pallet}-${minute}-${bizStep}-${subjects[0]?.key ?? ''}`, timeMs: atMs + minute * 60_000, bizStep, at, subjects })
  const events: TraceEvent[] = []
  for (const [index, unit] of cases.entries()) {
    const items = Array.from({ length: itemsPerCase }, (_, at) => key.item(pallet, index * itemsPerCase + at))
    events.push(step(index, 'commissioning', from, ...items.map((item) => subject(item, 'object'))))
    events.push(step(30 + index, 'packing', from, subject(unit, 'parent'), ...items.map((item) => subject(item, 'child'))))
  }
  events.push(step(60, 'packing', from, subject(top, 'parent'), ...cases.map((unit) => subject(unit, 'child'))))
  events.push(step(70, 'shipping', undefined, subject(top, 'object')))
  events.push(step(600, 'receiving', store, subject(top, 'object')))
  events.push(step(610, 'storing', store, subject(top, 'object')))
  events.push(step(2_000, 'departing', undefined, subject(top, 'object')))
  return events
}

function subject(of: string, role: TraceSubject['role']): TraceSubject {
  return { key: of, kind: of.includes('/00/') ? 'logistic' : 'item', role }
}

function eventOf(made: {
  readonly id: string
  readonly timeMs: number
  readonly bizStep: string
  readonly at: string | undefined
  readonly subjects: readonly TraceSubject[]
}): TraceEvent {
  const { id, timeMs, bizStep, at, subjects } = made
  const parent = subjects.find(({ role }) => role === 'parent')?.key
  const epcs = subjects.filter(({ role }) => role !== 'parent').map(({ key }) => key)
  const type = parent === undefined ? 'ObjectEvent' : 'AggregationEvent'
  const action = parent !== undefined || bizStep === 'commissioning' ? 'ADD' : 'OBSERVE'
  const eventID = `ni:///sha-256;${Buffer.from(id.padEnd(32, '0')).toString('hex').slice(0, 64)}?ver=CBV2.0&n=${id.slice(0, 40)}`
  const time = new Date(timeMs).toISOString()
  return {
    eventID,
    type,
    action,
    eventTimeMs: timeMs,
    recordTimeMs: timeMs + 500,
    timeZoneOffset: '+08:00',
    bizStep,
    disposition: 'active',
    ...(at === undefined ? {} : { bizLocation: at }),
    subjects,
    sources: [],
    destinations: [],
    bizTransactions: [],
    json: JSON.stringify({
      type,
      eventID,
      action,
      eventTime: time,
      recordTime: time,
      eventTimeZoneOffset: '+08:00',
      bizStep,
      disposition: 'active',
      ...(at === undefined ? {} : { readPoint: { id: at }, bizLocation: { id: at } }),
      ...(parent === undefined ? { epcList: epcs } : { parentID: parent, childEPCs: epcs })
    })
  }
}

function referencesOf(events: readonly TraceEvent[]): number {
  return events.reduce((sum, { subjects }) => sum + subjects.length, 0)
}

function* batches(pallets: number): Generator<TraceEvent[]> {
  let batch: TraceEvent[] = []
  for (let pallet = 0; pallet < pallets; pallet += 1) {
    for (const event of makePallet(pallet)) {
      batch.push(event)
      if (batch.length < eventsPerBatch) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
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
        const answer = await store.trace({ of: key.unit(pick(look), 0), direction: 'forward' })
        if (answer.nodes.length !== 421) throw new Error(`Cannot measure: the trace has ${answer.nodes.length} nodes, expected 421`)
      })
    )
  }
  for (let look = 0; look < 20; look += 1) {
    const fromMs = startMs + (pick(look) + 620) * 60_000
    exposure.push(
      await timeMs(async () => {
        exposed = (await store.exposure({ place: key.place(100 + (look % 20)), fromMs, toMs: fromMs + 3_600_000, limit: 50_000 })).goods
          .length
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

function percentiles(values: number[]): { readonly p50: number; readonly p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99) }
}
