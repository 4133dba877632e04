/** The readings of the telemetry-store benchmark, the same for all that are measured. */
import type { Reading } from '@tracegate/model/telemetry'
import type { ReadingColumns } from '@tracegate/store/telemetry-store'

export const seriesCount = 2_000
export const batchReadings = 1_000
export const startMs = Date.UTC(2026, 0, 1)
export const dayReadings = 86_400
export const daySeriesCount = 8
export const bucketCount = 300

export interface Figures {
  /** Readings a second. */
  readonly appended: number
  readonly bucketsMs: number
  readonly latestMs: number
  readonly asOfMs: number
  readonly alignedMs: number
}

/** Names are made once: as in a collector, which knows its devices. */
const parts = Array.from({ length: seriesCount }, (_, index) => ({
  point: 'port-1',
  device: `device-${index % 100}`,
  metric: `m${index}`,
  unit: 'Cel'
}))

/** Every series once every 30 s, with jitter, in hundredths: as sensors send. */
export function makeBatches(count: number): Reading[][] {
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
      const { point = '', device = '', metric = '', unit = '' } = parts[series] ?? {}
      return { point, device, metric, unit, quality: 1, timeMs, value: (values[series] ?? 0) / 100 }
    })
  )
}

/** The same batch in columns. */
export function columnsOf(batch: readonly Reading[]): ReadingColumns {
  const places = new Map<string, number>()
  const series: Reading[] = []
  const seriesAt = Uint32Array.from(batch, (reading) => {
    const known = places.get(reading.metric)
    if (known !== undefined) return known
    places.set(reading.metric, series.length)
    return series.push(reading) - 1
  })
  return {
    series,
    seriesAt,
    timeMs: Float64Array.from(batch, ({ timeMs }) => timeMs),
    value: Float64Array.from(batch, ({ value }) => value),
    quality: Uint8Array.from(batch, ({ quality }) => quality)
  }
}

export function daySeries(index: number): string {
  return `port-1/plc/temperature${index}`
}

/** A day at 1 Hz of one of the eight series. */
export function makeDay(index: number): Reading[] {
  return Array.from({ length: dayReadings }, (_, second) => ({
    point: 'port-1',
    device: 'plc',
    metric: `temperature${index}`,
    unit: 'Cel',
    quality: 1,
    timeMs: startMs + second * 1_000,
    value: Math.round(400 * Math.sin(second / 900 + index) + 30 * Math.sin(second / 7)) / 100
  }))
}
