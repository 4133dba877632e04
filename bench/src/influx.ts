/**
 * Readings in a real InfluxDB 1.x through our adapter, beside ready-made line protocol posted as it is, and beside the `influx` package's
 * own writer and the server's own windows: what exactness, offsets and one list of refusals cost.
 */
import { InfluxDB } from 'influx'
import type { Reading } from '@tracegate/model/telemetry'
import { createInfluxDatabase } from '@tracegate/store/influx-client'
import { createInfluxTelemetryStore } from '@tracegate/store/influx-telemetry'
import { startInfluxd } from '@tracegate/store/influxd'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import { compare, describeMachine, median, medianOf, timeMs, type Bench } from './bench.ts'

const seriesCount = 2_000
const batchReadings = 5_000
const dayReadings = 86_400
const rounds = 3
const startMs = Date.UTC(2026, 0, 1)

export const bench: Bench = {
  name: 'influx',
  about: 'append and query readings in InfluxDB 1.x',
  async run({ scale = 1 }) {
    const batches = Math.max(4, Math.round(20 * scale))
    const influxd = await startInfluxd()
    const database = createInfluxDatabase({ kind: 'influx1', origin: influxd.origin, database: 'bench' })
    try {
      await database.prepare()
      const store = createInfluxTelemetryStore({ database })
      const influx = new InfluxDB({ host: '127.0.0.1', port: influxd.port, database: 'bench' })
      const rates: Record<'ours' | 'raw' | 'package', number[]> = { ours: [], raw: [], package: [] }
      for (let round = 0; round < rounds; round++) {
        // Each way has times of its own, so that all are new to the server.
        rates.ours.push(await appendRate(store, makeBatches(batches, round * 3)))
        rates.raw.push(await postRate(influxd.origin, makeBatches(batches, round * 3 + 1)))
        rates.package.push(await packageRate(influx, makeBatches(batches, round * 3 + 2)))
      }
      const reads = await measureReads(store, influx)
      await store.close()
      const ours = median(rates.ours)
      const raw = { what: 'ready line protocol, posted', value: median(rates.raw) }
      return {
        work: `${batches * batchReadings} readings of ${seriesCount} series in batches of ${batchReadings}, one writer; one series of ${dayReadings} at 1 Hz; median of ${rounds}`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'append', value: ours, unit: 'readings/s' }, raw, 'more'),
          compare({ figure: 'append', value: ours, unit: 'readings/s' }, { what: 'writePoints of the influx package', value: median(rates.package) }, 'more'), // prettier-ignore
          compare({ figure: '24 h at 1 Hz to 300 buckets with their times', value: reads.bucketsMs, unit: 'ms' }, { what: 'its own windows, without', value: reads.windowsMs }, 'less'), // prettier-ignore
          { figure: `latest of ${seriesCount} series`, value: reads.latestMs, unit: 'ms' }
        ]
      }
    } finally {
      database.close()
      await influxd.stop()
    }
  }
}

function makeBatches(count: number, offset: number): Reading[][] {
  return Array.from({ length: count }, (_, batch) =>
    Array.from({ length: batchReadings }, (_, index): Reading => {
      const at = batch * batchReadings + index
      const series = at % seriesCount
      return {
        point: 'port-1',
        device: `logger-${series % 100}`,
        metric: `temperature-${series}`,
        unit: 'Cel',
        timeMs: startMs + (Math.floor(at / seriesCount) * 9 + offset) * 30_000 + (series % 977),
        value: Math.round(1_000 * Math.sin(at / 700)) / 100,
        quality: 1
      }
    })
  )
}

const rateOf = (batches: readonly Reading[][], tookMs: number): number => (batches.length * batchReadings * 1_000) / tookMs

async function appendRate(store: TelemetryStore, batches: readonly Reading[][]): Promise<number> {
  const offset = (await store.appendedUpTo('bench')) + 1
  return rateOf(
    batches,
    await timeMs(async () => {
      for (const [index, readings] of batches.entries()) await store.append(readings, { log: 'bench', upTo: offset + index })
    })
  )
}

async function postRate(origin: string, batches: readonly Reading[][]): Promise<number> {
  const bodies = batches.map((readings) =>
    readings
      .map((one) => `raw,point=${one.point},device=${one.device},metric=${one.metric} value=${one.value},quality=1i ${one.timeMs}`)
      .join('\n')
  )
  return rateOf(
    batches,
    await timeMs(async () => {
      for (const body of bodies) {
        const answer = await fetch(`${origin}/write?db=bench&precision=ms`, { method: 'POST', body })
        if (answer.status !== 204) throw new Error(`Cannot write: the server answered ${answer.status}, expected 204`)
      }
    })
  )
}

async function packageRate(influx: InfluxDB, batches: readonly Reading[][]): Promise<number> {
  const points = batches.map((readings) =>
    readings.map(({ point, device, metric, value, timeMs }) => {
      return { measurement: 'package', tags: { point, device, metric }, fields: { value, quality: 1 }, timestamp: timeMs }
    })
  )
  return rateOf(
    batches,
    await timeMs(async () => {
      for (const batch of points) await influx.writePoints(batch, { precision: 'ms' })
    })
  )
}

async function measureReads(store: TelemetryStore, influx: InfluxDB): Promise<Record<'bucketsMs' | 'windowsMs' | 'latestMs', number>> {
  const tags = { point: 'port-1', device: 'hz', metric: 'temperature' }
  for (let start = 0; start < dayReadings; start += 20_000) {
    const length = Math.min(20_000, dayReadings - start)
    await store.append(
      Array.from({ length }, (_, index): Reading => {
        const at = start + index
        return { ...tags, unit: 'Cel', quality: 1, timeMs: startMs + at * 1_000, value: Math.round(400 * Math.sin(at / 700)) / 100 }
      })
    )
  }
  const day = { fromMs: startMs, toMs: startMs + dayReadings * 1_000 - 1 }
  const windows =
    `SELECT min(value), max(value), mean(value), count(value) FROM tracegate_reading WHERE device = 'hz' ` +
    `AND time >= ${day.fromMs}ms AND time <= ${day.toMs}ms GROUP BY time(288s, ${startMs % 288_000}ms)`
  return {
    bucketsMs: await medianOf(rounds, () => timeMs(() => store.buckets({ series: 'port-1/hz/temperature', ...day, buckets: 300 }))),
    windowsMs: await medianOf(rounds, () => timeMs(() => influx.queryRaw(windows))),
    latestMs: await medianOf(rounds, () => timeMs(() => store.latest('port-1/')))
  }
}
