/**
 * What the writing store knows of its series and logs: units, whether the latest comes from ahead of the clock, offsets. Read from the
 * server once, kept up with what this process writes.
 */
import type { InfluxDatabase } from './client.ts'
import type { Selection } from './selection.ts'
import { measurements, readingStart, seriesOfTags, tagsOfSeries, type SeriesTags } from './telemetry-model.ts'

export interface KnownSeries {
  readonly series: string
  readonly tags: SeriesTags
  readonly unit: string
  /** When the unit was written last; 0 before the first time. */
  unitWrittenMs: number
  /** Time of the latest reading where it is from ahead of the clock; 0 where it is not. */
  aheadMs: number
  readonly lineStart: string
}

export interface TelemetryIndex {
  /** Made, with the unit and kept in no list, when the series is new. */
  seriesFor(series: string, unit: string): KnownSeries
  /** Once it is stored. */
  keep(series: Iterable<KnownSeries>): void
  readonly size: number
}

export async function loadTelemetryIndex(database: InfluxDatabase): Promise<TelemetryIndex> {
  const known = new Map<string, KnownSeries>()
  const newest = (measurement: string, field: string): Selection => ({
    measurement,
    fields: [field],
    wholeMs: true,
    pick: { type: 'newest' }
  })
  const [units, ahead] = await Promise.all([
    database.select(newest(measurements.series, 'unit')),
    database.select(newest(measurements.ahead, 'reading_ms'))
  ])
  for (const { tags, timeMs, values } of units.rows) {
    const series = seriesOfTags(tags)
    known.set(series, { ...knownSeries(series, String(values[0] ?? '')), unitWrittenMs: timeMs })
  }
  for (const { tags, values } of ahead.rows) {
    const entry = known.get(seriesOfTags(tags))
    if (entry !== undefined) entry.aheadMs = Number(values[0] ?? 0)
  }
  return {
    seriesFor: (series, unit) => known.get(series) ?? knownSeries(series, unit),
    keep(series) {
      for (const one of series) known.set(one.series, one)
    },
    get size() {
      return known.size
    }
  }
}

function knownSeries(series: string, unit: string): KnownSeries {
  const tags = tagsOfSeries(series) ?? { point: series, device: '', metric: '' }
  return { series, tags, unit, unitWrittenMs: 0, aheadMs: 0, lineStart: readingStart(tags) }
}
