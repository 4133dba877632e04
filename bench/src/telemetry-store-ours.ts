/** The embedded telemetry store under the work of the benchmark. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Reading } from '@tracegate/model/telemetry'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { median, medianOf, timeMs } from './bench.ts'
import { bucketCount, columnsOf, dayReadings, daySeries, daySeriesCount, makeDay, startMs, type Figures } from './telemetry-store-load.ts'

const rounds = 3
const sendersMany = 8

export interface OurFigures extends Figures {
  readonly appendedByMany: number
  readonly appendedInColumns: number
  readonly sustained: number
  readonly batchP99Ms: number
  readonly bytes: number
}

/** Sends batches, so many at a time, each awaited by its sender; gives how long each took. */
async function send<Batch>(batches: readonly Batch[], senders: number, append: (batch: Batch) => Promise<void>): Promise<number[]> {
  const tookMs: number[] = []
  const queue = batches.values()
  const sender = async (): Promise<void> => {
    for (const batch of queue) tookMs.push(await timeMs(() => append(batch)))
  }
  await Promise.all(Array.from({ length: senders }, sender))
  return tookMs
}

export async function measureStore(dataDir: string, batches: readonly Reading[][]): Promise<OurFigures> {
  const readings = batches.reduce((sum, { length }) => sum + length, 0)
  const inColumns = batches.map(columnsOf)
  const rates = { one: new Array<number>(), many: new Array<number>(), columns: new Array<number>(), sustained: new Array<number>() }
  const batchMs: number[] = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const measure = async (name: string, work: (store: EmbeddedTelemetryStore) => Promise<number[]>) => {
      const store = await createEmbeddedTelemetryStore({ dataDir: join(dataDir, `${name}-${round}`) })
      const startedMs = performance.now()
      const tookMs = await work(store)
      const rate = (readings / (performance.now() - startedMs)) * 1_000
      await store.fold()
      const sustained = (readings / (performance.now() - startedMs)) * 1_000
      await store.close()
      bytes = usedBytes(join(dataDir, `${name}-${round}`, 'telemetry.db')) / readings
      return { rate, sustained, tookMs }
    }
    const one = await measure('one', (store) => send(batches, 1, (batch) => store.append(batch)))
    rates.one.push(one.rate)
    rates.sustained.push(one.sustained)
    batchMs.push(...one.tookMs)
    rates.many.push((await measure('many', (store) => send(batches, sendersMany, (batch) => store.append(batch)))).rate)
    rates.columns.push((await measure('columns', (store) => send(inColumns, sendersMany, (batch) => store.appendColumns(batch)))).rate)
  }
  const store = await createEmbeddedTelemetryStore({ dataDir: join(dataDir, 'one-0') })
  const queries = await measureQueries(store)
  await store.close()
  return {
    appended: median(rates.one),
    appendedByMany: median(rates.many),
    appendedInColumns: median(rates.columns),
    sustained: median(rates.sustained),
    batchP99Ms: batchMs.sort((left, right) => left - right)[Math.floor(batchMs.length * 0.99)] ?? NaN,
    bytes,
    ...queries
  }
}

async function measureQueries(store: EmbeddedTelemetryStore): Promise<Omit<Figures, 'appended'>> {
  for (let index = 0; index < daySeriesCount; index++) await store.append(makeDay(index))
  await store.fold()
  const day = { fromMs: startMs, toMs: startMs + dayReadings * 1_000 - 1, buckets: bucketCount }
  const series = Array.from({ length: daySeriesCount }, (_, index) => daySeries(index))
  return {
    bucketsMs: await medianOf(21, () => timeMs(() => store.buckets({ series: daySeries(0), ...day }))),
    latestMs: await medianOf(21, () => timeMs(() => store.latest('port-1/device-'))),
    asOfMs: await medianOf(11, () => timeMs(() => store.asOf({ prefix: 'port-1/device-', atMs: startMs + 3_600_000 }))),
    alignedMs: await medianOf(11, () => timeMs(() => store.aligned({ series, ...day })))
  }
}

/** Pages in use: free ones are filled again before the file grows. */
export function usedBytes(path: string): number {
  const database = new DatabaseSync(path)
  const free = Number(database.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0)
  database.close()
  return statSync(path).size - free * 4_096
}
