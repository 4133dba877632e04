/** The telemetry store in memory: for tests and tools. It keeps nothing beyond the process and has no bound but memory. */
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { createBucketAccumulator } from './buckets.ts'
import type { Columns } from './column-block.ts'
import { storeError } from './errors.ts'
import { replacesLatest, requireBuckets, requireRange, requireStorable, storedValueOf } from './telemetry-limits.ts'
import type { TelemetryStore } from './telemetry-store.ts'

interface Stored {
  readonly timeMs: number
  readonly value: number
  readonly quality: Reading['quality']
}
interface StoredSeries {
  unit: string
  latest: Stored | undefined
  readonly byTime: Map<number, Stored>
  /** Ascending; made anew when asked for after a change. */
  sorted: Stored[] | undefined
}

export function createMemoryTelemetryStore(): TelemetryStore {
  const bySeries = new Map<string, StoredSeries>()
  const offsets = new Map<string, number>()
  let closed = false
  const open = (action: string): void => {
    if (closed) throw storeError('STORE_CLOSED', { action })
  }
  const matching = (prefix: string): [string, StoredSeries][] =>
    [...bySeries].filter(([name]) => name.startsWith(prefix)).sort(([left], [right]) => (left < right ? -1 : 1))

  return {
    async append(readings, source) {
      open('append')
      requireStorable(readings)
      if (source !== undefined) {
        if (source.upTo <= (offsets.get(source.log) ?? -1)) return
        offsets.set(source.log, source.upTo)
      }
      for (const reading of readings) put(bySeries, reading)
    },
    async appendedUpTo(log) {
      open('appendedUpTo')
      return offsets.get(log) ?? -1
    },
    async range(query) {
      open('range')
      const { series, fromMs, toMs, limit } = requireRange(query)
      const found = within(bySeries.get(series), fromMs, toMs)
      const columns = columnsOf(found.slice(0, limit))
      return { series, unit: bySeries.get(series)?.unit ?? '', ...columns, truncated: found.length > limit }
    },
    async buckets(query) {
      open('buckets')
      const { series, fromMs, toMs } = requireRange(query)
      const accumulator = createBucketAccumulator({ fromMs, toMs, buckets: requireBuckets(query.buckets) })
      const columns = columnsOf(within(bySeries.get(series), fromMs, toMs))
      accumulator.addColumns(columns, 0, columns.timeMs.length)
      return { series, unit: bySeries.get(series)?.unit ?? '', ...accumulator.result() }
    },
    async latest(prefix) {
      open('latest')
      return matching(prefix).flatMap(([series, stored]) => {
        const { latest, unit } = stored
        return latest === undefined ? [] : [{ series, unit, ...latest }]
      })
    },
    async series(prefix) {
      open('series')
      return matching(prefix).flatMap(([series, stored]) => {
        const sorted = sortedOf(stored)
        const [first, last] = [sorted[0], sorted.at(-1)]
        if (first === undefined || last === undefined) return []
        return [{ series, unit: stored.unit, firstMs: first.timeMs, lastMs: last.timeMs, count: sorted.length }]
      })
    },
    async retain(beforeMs) {
      open('retain')
      let dropped = 0
      for (const stored of bySeries.values()) {
        for (const timeMs of stored.byTime.keys()) if (timeMs < beforeMs && stored.byTime.delete(timeMs)) dropped += 1
        stored.sorted = undefined
        if (stored.latest !== undefined && !stored.byTime.has(stored.latest.timeMs)) stored.latest = sortedOf(stored).at(-1)
      }
      return dropped
    },
    async close() {
      closed = true
    }
  }
}

function put(bySeries: Map<string, StoredSeries>, reading: Reading): void {
  const name = seriesKeyOf(reading)
  const stored = bySeries.get(name) ?? { unit: reading.unit, latest: undefined, byTime: new Map<number, Stored>(), sorted: undefined }
  stored.unit = reading.unit
  const kept = { timeMs: reading.timeMs, ...storedValueOf(reading) }
  stored.byTime.set(reading.timeMs, kept)
  if (stored.latest === undefined || replacesLatest(stored.latest.timeMs, reading.timeMs)) stored.latest = kept
  stored.sorted = undefined
  bySeries.set(name, stored)
}

function sortedOf(stored: StoredSeries): Stored[] {
  stored.sorted ??= [...stored.byTime.values()].sort((left, right) => left.timeMs - right.timeMs)
  return stored.sorted
}

function within(stored: StoredSeries | undefined, fromMs: number, toMs: number): Stored[] {
  return stored === undefined ? [] : sortedOf(stored).filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
}

function columnsOf(found: readonly Stored[]): Columns {
  return {
    timeMs: Float64Array.from(found, ({ timeMs }) => timeMs),
    value: Float64Array.from(found, ({ value }) => value),
    quality: Uint8Array.from(found, ({ quality }) => quality)
  }
}
