/** How long a look at a recall of 10,000 items takes: the first one, one when nothing happened, and one after events of some of them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgressBook } from '@tracegate/api/recalls/progress-book'
import { recallDefaults } from '@tracegate/model/policy/recalls'
import { reduceRecall } from '@tracegate/model/recall-reducer'
import { fittingStep } from '@tracegate/model/recall-testing'
import type { ManifestGood } from '@tracegate/model/recall-manifest'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { compare, describeMachine, median, type Bench, type BenchReport } from './bench.ts'
import { itemsCount, recallTree, suspectLot } from './trace-walks-world.ts'

const looks = 15
const touchedPerLook = 40
const strangersPerLook = 500
const holder = 'https://id.gs1.org/417/9506000134352'

export const bench: Bench = {
  name: 'recall-progress',
  about: 'a look at the progress of a recall of 10,000 items',
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-recall-'))
    try {
      return await measure(dataDir)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

async function measure(dataDir: string): Promise<BenchReport> {
  const trace = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  try {
    await trace.capture(recallTree())
    const settings = { rules: recallDefaults.outcomes, returnTo: [], quarantineAt: [], sinceMs: 0 }
    const { goods } = await trace.ask('recallGoods', { of: suspectLot, settings })
    const frozen = goods.map(({ key, state }): ManifestGood => ({ key, state, holder }))
    const nowMs = Date.UTC(2027, 0, 1)
    const recall = reduceRecall(undefined, fittingStep('reported', undefined, nowMs), { id: 'R-1', atMs: nowMs, by: 'bench', why: '' })
    const names = async () => ({ parties: [], places: [], points: [], products: [], profiles: [] })
    let clockMs = nowMs + 3_600_000
    const open = () => createProgressBook({ trace, registers: { names }, nowMs: () => clockMs, goodsOf: async () => frozen })
    const look = async (book: ReturnType<typeof open>): Promise<number> => {
      const started = performance.now()
      const progress = await book.of(recall, recallDefaults)
      if (progress.goods < itemsCount) throw new Error(`Cannot measure: ${progress.goods} goods are counted, expected ${itemsCount}`)
      return performance.now() - started
    }
    const first: number[] = []
    for (let at = 0; at < 5; at += 1) first.push(await look(open()))
    const book = open()
    await look(book)
    const quiet: number[] = []
    const busy: number[] = []
    for (let at = 0; at < looks; at += 1) {
      quiet.push(await look(book))
      clockMs += 1_000
      await trace.capture(eventsOf(at, frozen, clockMs))
      busy.push(await look(book))
    }
    const baseline = { what: 'all goods asked for anew at each look', value: median(first) }
    return {
      work: `${itemsCount} items in cases on pallets; between two looks ${strangersPerLook} events of others and ${touchedPerLook} items quarantined`,
      machine: describeMachine(),
      rows: [
        { figure: 'first look, median of 5', value: median(first), unit: 'ms' },
        compare({ figure: `look after events, median of ${looks}`, value: median(busy), unit: 'ms' }, baseline, 'less'),
        { figure: `look after events, slowest of ${looks}`, value: Math.max(...busy), unit: 'ms' },
        compare({ figure: `look when nothing happened, median of ${looks}`, value: median(quiet), unit: 'ms' }, baseline, 'less')
      ]
    }
  } finally {
    await trace.close()
  }
}

function eventsOf(round: number, frozen: readonly ManifestGood[], atMs: number): TraceEvent[] {
  const touched = frozen.slice(round * touchedPerLook, (round + 1) * touchedPerLook).map(({ key }) => key)
  const strangers = Array.from({ length: strangersPerLook }, (_, at) =>
    eventOf(`s-${round}-${at}`, atMs, [`https://id.gs1.org/01/09506000134376/21/X${round}-${at}`])
  )
  return [...strangers, { ...eventOf(`q-${round}`, atMs, touched), bizStep: 'holding', disposition: 'recalled' }]
}

function eventOf(eventID: string, atMs: number, keys: readonly string[]): TraceEvent {
  const json = JSON.stringify({ type: 'ObjectEvent', eventID, epcList: keys, note: 'x'.repeat(900) })
  return {
    eventID,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeMs: atMs,
    recordTimeMs: atMs,
    timeZoneOffset: '+00:00',
    subjects: keys.map((key) => ({ key, kind: 'item', role: 'object' })),
    sources: [],
    destinations: [],
    bizTransactions: [],
    json
  }
}
