/**
 * The embedded telemetry store beside a table with one row a reading and the index that its queries need (same SQLite, same durability) and
 * beside InfluxDB 1.x, with the same readings.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, describeMachine, type Bench, type BenchRow } from './bench.ts'
import { measureInflux } from './telemetry-store-influx.ts'
import { batchReadings, daySeriesCount, dayReadings, makeBatches, seriesCount, type Figures } from './telemetry-store-load.ts'
import { measureStore, type OurFigures } from './telemetry-store-ours.ts'
import { measureRows } from './telemetry-store-rows.ts'

export const bench: Bench = {
  name: 'telemetry-store',
  about: 'append, fold and query readings in the embedded store',
  async run({ scale = 1 }) {
    const batches = makeBatches(Math.max(10, Math.round(500 * scale)))
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    try {
      const ours = await measureStore(dataDir, batches)
      const rows = await measureRows(dataDir, batches)
      const influx = await measureInflux(batches)
      return {
        work: `${batches.length * batchReadings} readings of ${seriesCount} series in batches of ${batchReadings}, each synchronised to disk; ${daySeriesCount} series of ${dayReadings} at 1 Hz; medians of three for writing`,
        machine: describeMachine(),
        rows: [...writingRows(ours, rows, influx), ...queryRows(ours, rows, 'one row a reading, indexed'), ...influxQueries(ours, influx)]
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

function writingRows(ours: OurFigures, rows: Figures & { readonly bytes: number }, influx: Figures | undefined): BenchRow[] {
  const what = 'one row a reading, indexed'
  const unit = 'readings/s'
  const beside = influx === undefined ? [] : [{ what: 'InfluxDB 1.x', value: influx.appended }]
  return [
    compare({ figure: 'append, one sender', value: ours.appended, unit }, { what, value: rows.appended }, 'more'),
    compare({ figure: 'append, 8 senders', value: ours.appendedByMany, unit }, { what, value: rows.appended }, 'more'),
    compare({ figure: 'append in columns, 8 senders', value: ours.appendedInColumns, unit }, { what, value: rows.appended }, 'more'),
    compare({ figure: 'append and fold, one sender', value: ours.sustained, unit }, { what, value: rows.appended }, 'more'),
    ...beside.map((baseline) => compare({ figure: 'append, one sender', value: ours.appended, unit }, baseline, 'more')),
    { figure: 'append of one batch, 99th percentile', value: ours.batchP99Ms, unit: 'ms' },
    compare({ figure: 'on disk after fold', value: ours.bytes, unit: 'bytes/reading' }, { what, value: rows.bytes }, 'less')
  ]
}

function influxQueries(ours: Figures, influx: Figures | undefined): BenchRow[] {
  return influx === undefined ? [] : queryRows(ours, influx, 'InfluxDB 1.x')
}

function queryRows(ours: Figures, other: Figures, what: string): BenchRow[] {
  const row = (figure: string, value: number, baseline: number): BenchRow =>
    compare({ figure, value, unit: 'ms' }, { what, value: baseline }, 'less')
  return [
    row('24 h at 1 Hz to 300 buckets', ours.bucketsMs, other.bucketsMs),
    row(`latest of ${seriesCount} series`, ours.latestMs, other.latestMs),
    row(`${seriesCount} series as of an hour`, ours.asOfMs, other.asOfMs),
    row(`${daySeriesCount} days at 1 Hz on one grid of 300`, ours.alignedMs, other.alignedMs)
  ]
}
