/** What an InfluxDB knows of many series at once: the latest, the last before a time, the extent, the units. */
import { qualityFlags, type QualityFlag } from '@tracegate/model/quality'
import { replacesLatest } from '../telemetry-limits.ts'
import type { LatestValue, SeriesInfo } from '../telemetry-store.ts'
import type { InfluxDatabase } from './client.ts'
import { spanOfMs, type Condition, type SelectedRow, type Selection } from './selection.ts'
import { conditionsOf, conditionsOfPrefix, measurements, seriesOfTags, tagsOfSeries } from './telemetry-model.ts'
import { valueOf } from './telemetry-pages.ts'

export interface TelemetryLists {
  unitOf(series: string): Promise<string>
  latest(prefix: string): Promise<LatestValue[]>
  asOf(prefix: string, atMs: number): Promise<LatestValue[]>
  series(prefix: string): Promise<SeriesInfo[]>
  /** Metrics of all series. */
  metrics(): Promise<string[]>
  /** Readings before the time; of one metric where one is named. */
  countBefore(beforeMs: number, metric?: string): Promise<number>
}

/** Units that are remembered; past this they are asked for again. */
const unitsMax = 100_000

export function createTelemetryLists(database: InfluxDatabase): TelemetryLists {
  /** A unit once told does not change. */
  const units = new Map<string, string>()

  async function readUnits(where: readonly Condition[]): Promise<ReadonlyMap<string, string>> {
    const { rows } = await database.select({ measurement: measurements.series, fields: ['unit'], where, pick: { type: 'newest' } })
    const read = new Map(rows.map(({ tags, values }) => [seriesOfTags(tags), String(values[0] ?? '')]))
    if (units.size + read.size > unitsMax) units.clear()
    if (read.size <= unitsMax) for (const [series, unit] of read) units.set(series, unit)
    return read
  }

  /** Rows of the series of a prefix, by the name of the series. */
  async function find(prefix: string, selection: Pick<Selection, 'pick' | 'span'>): Promise<Map<string, SelectedRow>> {
    const { rows } = await database.select({
      ...selection,
      measurement: measurements.reading,
      fields: ['quality', 'value'],
      where: conditionsOfPrefix(prefix),
      wholeMs: true
    })
    const named = rows.map((row): [string, SelectedRow] => [seriesOfTags(row.tags), row])
    return new Map(named.filter(([series]) => series.startsWith(prefix)))
  }

  async function withUnits<Found>(prefix: string, found: ReadonlyMap<string, Found>): Promise<[string, string, Found][]> {
    const isKnown = [...found.keys()].every((series) => units.has(series))
    const told = isKnown ? units : await readUnits(conditionsOfPrefix(prefix))
    return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([series, one]) => [series, told.get(series) ?? '', one])
  }

  async function valuesOf(prefix: string, found: ReadonlyMap<string, SelectedRow>): Promise<LatestValue[]> {
    return (await withUnits(prefix, found)).map(([series, unit, row]) => {
      return { series, unit, timeMs: row.timeMs, value: valueOf(row), quality: flagOf(row.values[0]) }
    })
  }

  const newestIn = (prefix: string, fromMs: number, toMs: number): Promise<Map<string, SelectedRow>> => {
    const span = spanOfMs(fromMs, toMs)
    return span === undefined ? Promise.resolve(new Map<string, SelectedRow>()) : find(prefix, { span, pick: { type: 'newest' } })
  }

  /** Of each series whose latest is from ahead of the clock, the time of it. */
  async function aheadOf(prefix: string): Promise<Map<string, number>> {
    const where = conditionsOfPrefix(prefix)
    const { rows } = await database.select({ measurement: measurements.ahead, fields: ['reading_ms'], where, pick: { type: 'newest' } })
    return new Map(rows.map(({ tags, values }) => [seriesOfTags(tags), Number(values[0] ?? 0)]))
  }

  return {
    async unitOf(series) {
      const tags = tagsOfSeries(series)
      if (tags === undefined) return ''
      return units.get(series) ?? (await readUnits(conditionsOf(tags))).get(series) ?? ''
    },
    async latest(prefix) {
      const nowMs = Date.now()
      const [found, ahead] = await Promise.all([
        newestIn(prefix, 0, nowMs + aheadMs),
        newestIn(prefix, nowMs + aheadMs + 1, Number.MAX_SAFE_INTEGER)
      ])
      const marks = ahead.size === 0 ? new Map<string, number>() : await aheadOf(prefix)
      for (const [series, row] of ahead) {
        const markedMs = marks.get(series) ?? 0
        if (markedMs === row.timeMs || !found.has(series)) found.set(series, row)
        else if (replacesLatest(markedMs, 0)) {
          // Several from ahead, and the last that came is not the one furthest ahead.
          const marked = (await newestIn(series, markedMs, markedMs)).get(series)
          if (marked !== undefined) found.set(series, marked)
        }
      }
      return valuesOf(prefix, found)
    },
    asOf: async (prefix, atMs) => valuesOf(prefix, await newestIn(prefix, 0, Math.floor(atMs))),
    async series(prefix) {
      const [oldest, newest, counts] = await Promise.all([
        find(prefix, { pick: { type: 'oldest' } }),
        find(prefix, { pick: { type: 'newest' } }),
        find(prefix, { pick: { type: 'count' } })
      ])
      return (await withUnits(prefix, newest)).map(([series, unit, { timeMs: lastMs }]) => {
        const firstMs = oldest.get(series)?.timeMs ?? lastMs
        return { series, unit, firstMs, lastMs, count: Number(counts.get(series)?.values[0] ?? 0) }
      })
    },
    async metrics() {
      const all = await readUnits([])
      return [...new Set([...all.keys()].map((series) => tagsOfSeries(series)?.metric ?? ''))]
    },
    async countBefore(beforeMs, metric) {
      const span = spanOfMs(0, Math.ceil(beforeMs) - 1)
      if (span === undefined) return 0
      const where = metric === undefined ? [] : conditionsOf({ metric })
      const { rows } = await database.select({
        measurement: measurements.reading,
        fields: ['quality'],
        where,
        span,
        pick: { type: 'count' }
      })
      return rows.reduce((sum, { values }) => sum + Number(values[0] ?? 0), 0)
    }
  }
}

/** The same for all adapters (`replacesLatest`). */
const aheadMs = 60_000

function flagOf(cell: unknown): QualityFlag {
  return qualityFlags.find((flag) => flag === cell) ?? 2
}
