/**
 * The embedded telemetry store beside a table with one row a reading and the index that its queries need: same SQLite, same
 * durability, same readings.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Reading } from '@tracegate/model/telemetry'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { compare, describeMachine, median, medianOf, timeMs, type Bench } from './bench.ts'

const seriesCount = 2_000
const batchReadings = 1_000
const startMs = Date.UTC(2026, 0, 1)
const dayReadings = 86_400
const rounds = 3

export const bench: Bench = {
  name: 'telemetry-store',
  about: 'append, fold and query readings in the embedded store',
  async run({ scale = 1 }) {
    const batches = Math.max(10, Math.round(500 * scale))
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    try {
      const ours = await measureStore(dataDir, batches)
      const rows = await measureRows(dataDir, batches)
      const what = 'one row a reading, indexed'
      return {
        work: `${batches * batchReadings} readings of ${seriesCount} series in batches of ${batchReadings}, each batch synchronised to disk; one series of ${dayReadings} at 1 Hz; median of ${rounds}`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'append', value: ours.appended, unit: 'readings/s' }, { what, value: rows.appended }, 'more'),
          compare({ figure: 'append and fold', value: ours.sustained, unit: 'readings/s' }, { what, value: rows.appended }, 'more'),
          { figure: 'append of one batch, 99th percentile', value: ours.batchP99Ms, unit: 'ms' },
          compare({ figure: 'on disk after fold', value: ours.bytes, unit: 'bytes/reading' }, { what, value: rows.bytes }, 'less'),
          compare({ figure: '24 h at 1 Hz to 300 buckets', value: ours.bucketsMs, unit: 'ms' }, { what, value: rows.bucketsMs }, 'less'),
          compare({ figure: `latest of ${seriesCount} series`, value: ours.latestMs, unit: 'ms' }, { what, value: rows.latestMs }, 'less')
        ]
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

interface Figures {
  readonly appended: number
  readonly bytes: number
  readonly bucketsMs: number
  readonly latestMs: number
}

/** Every series once every 30 s, with jitter, in hundredths: as sensors send. */
function makeBatches(count: number): Reading[][] {
  let seed = 42
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
  const values = Float64Array.from({ length: seriesCount }, () => Math.round(random() * 2_000))
  let next = 0
  return Array.from({ length: count }, () =>
    Array.from({ length: batchReadings }, (): Reading => {
      const series = next % seriesCount
      const round = Math.floor(next / seriesCount)
      next += 1
      values[series] = (values[series] ?? 0) + Math.round(random() * 10 - 5)
      const timeMs = startMs + round * 30_000 + series * 15 + Math.floor(random() * 15)
      const device = `device-${series % 100}`
      return { point: 'port-1', device, metric: `m${series}`, unit: 'Cel', quality: 1, timeMs, value: (values[series] ?? 0) / 100 }
    })
  )
}

function makeDay(): Reading[] {
  return Array.from({ length: dayReadings }, (_, second) => ({
    point: 'port-1',
    device: 'plc',
    metric: 'temperature',
    unit: 'Cel',
    quality: 1,
    timeMs: startMs + second * 1_000,
    value: Math.round(400 * Math.sin(second / 900) + 30 * Math.sin(second / 7)) / 100
  }))
}

async function measureStore(dataDir: string, batchCount: number): Promise<Figures & { sustained: number; batchP99Ms: number }> {
  const batches = makeBatches(batchCount)
  const readings = batchCount * batchReadings
  const bursts: number[] = []
  const sustained: number[] = []
  const batchMs: number[] = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const folder = join(dataDir, `store-${round}`)
    const store = await createEmbeddedTelemetryStore({ dataDir: folder })
    const startedMs = performance.now()
    for (const batch of batches) batchMs.push(await timeMs(() => store.append(batch)))
    bursts.push((readings / (performance.now() - startedMs)) * 1_000)
    await store.fold()
    sustained.push((readings / (performance.now() - startedMs)) * 1_000)
    await store.close()
    bytes = (await usedBytes(join(folder, 'telemetry.db'))) / readings
  }
  const store = await createEmbeddedTelemetryStore({ dataDir: join(dataDir, 'store-0') })
  const queries = await measureQueries(store)
  await store.close()
  const batchP99Ms = batchMs.sort((left, right) => left - right)[Math.floor(batchMs.length * 0.99)] ?? NaN
  return { appended: median(bursts), sustained: median(sustained), batchP99Ms, bytes, ...queries }
}

async function measureQueries(store: EmbeddedTelemetryStore): Promise<Pick<Figures, 'bucketsMs' | 'latestMs'>> {
  await store.append(makeDay())
  await store.fold()
  const query = { series: 'port-1/plc/temperature', fromMs: startMs, toMs: startMs + dayReadings * 1_000 - 1, buckets: 300 }
  const bucketsMs = await medianOf(21, () => timeMs(() => store.buckets(query)))
  const latestMs = await medianOf(21, () => timeMs(() => store.latest('port-1/device-')))
  return { bucketsMs, latestMs }
}

/** Pages in use: free ones are filled again before the file grows. */
async function usedBytes(path: string): Promise<number> {
  const database = new DatabaseSync(path)
  const free = Number(database.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0)
  database.close()
  return (await stat(path)).size - free * 4_096
}

async function measureRows(dataDir: string, batchCount: number): Promise<Figures> {
  const path = join(dataDir, 'rows.db')
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
    CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE reading (series INTEGER, time_ms INTEGER, value REAL, quality INTEGER);
    CREATE INDEX reading_at ON reading (series, time_ms)`)
  const insert = database.prepare('INSERT INTO reading (series, time_ms, value, quality) VALUES (?, ?, ?, ?)')
  const ids = new Map<string, number>()
  const idOf = ({ device, metric }: Reading): number => {
    const name = `port-1/${device}/${metric}`
    const known = ids.get(name)
    if (known !== undefined) return known
    const id = Number(database.prepare('INSERT INTO series (name) VALUES (?)').run(name).lastInsertRowid)
    ids.set(name, id)
    return id
  }
  const append = (batch: readonly Reading[]): void => {
    database.exec('BEGIN IMMEDIATE')
    for (const reading of batch) insert.run(idOf(reading), reading.timeMs, reading.value, reading.quality)
    database.exec('COMMIT')
  }
  const batches = makeBatches(batchCount)
  const startedMs = performance.now()
  for (const batch of batches) append(batch)
  const appended = ((batchCount * batchReadings) / (performance.now() - startedMs)) * 1_000
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const bytes = (await usedBytes(path)) / (batchCount * batchReadings)
  append(makeDay())
  const buckets = database.prepare(
    `SELECT (time_ms - :from) / 288000 AS bucket, min(value), max(value), avg(value), count(*) FROM reading
     WHERE series = :series AND time_ms BETWEEN :from AND :to AND quality NOT IN (4, 9) GROUP BY bucket`
  )
  const day = { series: ids.get('port-1/plc/temperature') ?? 0, from: startMs, to: startMs + dayReadings * 1_000 - 1 }
  const bucketsMs = await medianOf(5, () => timeMs(async () => buckets.all(day)))
  const latest = database.prepare('SELECT value, quality, time_ms FROM reading WHERE series = ? ORDER BY time_ms DESC LIMIT 1')
  const latestMs = await medianOf(5, () => timeMs(async () => [...ids.values()].map((id) => latest.get(id))))
  database.close()
  return { appended, bytes, bucketsMs, latestMs }
}
