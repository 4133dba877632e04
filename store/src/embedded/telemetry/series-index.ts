/** The series that the store knows, with the latest reading of each, in the memory of the main thread. */
import type { DatabaseSync } from 'node:sqlite'
import { qualityFlags, type QualityFlag } from '@tracegate/model/quality'
import type { LatestValue } from '../../telemetry-store.ts'
import { bytesOf, numberOf, textOf } from '../sqlite.ts'
import { decodeBatch } from './batch.ts'
import { replacesLatest } from '../../telemetry-limits.ts'
import { extentOfRow } from './tables.ts'

export interface SeriesEntry {
  readonly id: number
  readonly name: string
  readonly unit: string
  /** Of the reading with the latest event time; -1 when no reading is there. */
  timeMs: number
  value: number
  quality: QualityFlag
}

export interface SeriesIndex {
  get(name: string): SeriesEntry | undefined
  /** The same by the parts of the name, without putting them together: this runs once a reading. */
  find(reading: { readonly point: string; readonly device: string; readonly metric: string }): SeriesEntry | undefined
  add(entry: SeriesEntry): void
  /** Sorted by name. */
  matching(prefix: string): SeriesEntry[]
  readonly size: number
}

function createSeriesIndex(): SeriesIndex {
  const byName = new Map<string, SeriesEntry>()
  const byParts = new Map<string, Map<string, Map<string, SeriesEntry>>>()
  let sorted: SeriesEntry[] | undefined
  // Readings of one device come together.
  let lastPoint: string | undefined
  let lastDevices: Map<string, Map<string, SeriesEntry>> | undefined
  let lastDevice: string | undefined
  let lastMetrics: Map<string, SeriesEntry> | undefined
  return {
    get: (name) => byName.get(name),
    find({ point, device, metric }) {
      if (point !== lastPoint) {
        lastPoint = point
        lastDevices = byParts.get(point)
        lastDevice = undefined
      }
      if (device !== lastDevice) {
        lastDevice = device
        lastMetrics = lastDevices?.get(device)
      }
      return lastMetrics?.get(metric)
    },
    add(entry) {
      byName.set(entry.name, entry)
      const [point = '', device = '', ...metric] = entry.name.split('/')
      const devices = byParts.get(point) ?? new Map<string, Map<string, SeriesEntry>>()
      const metrics = devices.get(device) ?? new Map<string, SeriesEntry>()
      byParts.set(point, devices.set(device, metrics.set(metric.join('/'), entry)))
      sorted = undefined
      lastPoint = undefined
    },
    matching(prefix) {
      sorted ??= [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
      return sorted.filter(({ name }) => name.startsWith(prefix))
    },
    get size() {
      return byName.size
    }
  }
}

/** Takes a reading as the latest unless a later one is known whose time can be right. */
export function noteReading(entry: SeriesEntry, timeMs: number, value: number, quality: QualityFlag): void {
  if (!replacesLatest(entry.timeMs, timeMs)) return
  entry.timeMs = timeMs
  entry.value = value
  entry.quality = quality
}

export function latestOf({ name, unit, timeMs, value, quality }: SeriesEntry): LatestValue {
  return { series: name, unit, timeMs, value, quality }
}

/** Rebuilds the index from the file: what is folded, then the write-ahead batches in their order. */
export function loadSeriesIndex(database: DatabaseSync): SeriesIndex {
  return createIndexLoader(database).load()
}

/** The index of a file that another process writes, each time as the file is then. */
export function followSeriesIndex(database: DatabaseSync): () => SeriesIndex {
  const version = database.prepare('PRAGMA data_version')
  const folded = database.prepare('SELECT changes FROM folded')
  const loader = createIndexLoader(database)
  let seenVersion: number | undefined
  let seenChanges: number | undefined
  return () => {
    const current = numberOf(version.get(), 'data_version')
    if (current === seenVersion) return loader.index()
    seenVersion = current
    const changes = numberOf(folded.get(), 'changes')
    if (changes === seenChanges) return loader.update()
    seenChanges = changes
    return loader.load()
  }
}

function createIndexLoader(database: DatabaseSync) {
  const seriesAfter = database.prepare('SELECT id, name, unit FROM series WHERE id > ? ORDER BY id')
  const extents = database.prepare('SELECT * FROM extent')
  const batchesAfter = database.prepare('SELECT seq, readings FROM batch WHERE seq > ? ORDER BY seq')
  let index = createSeriesIndex()
  let byId = new Map<number, SeriesEntry>()
  let lastId = -1
  let lastSeq = -1

  const loadSeries = (): void => {
    for (const row of seriesAfter.iterate(lastId)) {
      const entry = { id: numberOf(row, 'id'), name: textOf(row, 'name'), unit: textOf(row, 'unit'), ...noReading }
      byId.set(entry.id, entry)
      index.add(entry)
      lastId = entry.id
    }
  }
  const loadBatches = (): void => {
    for (const row of batchesAfter.iterate(lastSeq)) {
      const { series, timeMs, value, quality } = decodeBatch(bytesOf(row, 'readings'))
      for (const [at, id] of series.entries()) {
        const entry = byId.get(id)
        if (entry !== undefined) noteReading(entry, timeMs[at] ?? 0, value[at] ?? NaN, flagOf(quality[at] ?? 9))
      }
      lastSeq = numberOf(row, 'seq')
    }
  }
  const update = (): SeriesIndex => {
    loadSeries()
    loadBatches()
    return index
  }
  return {
    index: () => index,
    update,
    load(): SeriesIndex {
      index = createSeriesIndex()
      byId = new Map()
      lastId = -1
      lastSeq = -1
      loadSeries()
      for (const row of extents.iterate()) {
        const entry = byId.get(numberOf(row, 'series'))
        const { lastMs, lastValue, lastQuality } = extentOfRow(row)
        if (entry !== undefined) noteReading(entry, lastMs, lastValue, flagOf(lastQuality))
      }
      return update()
    }
  }
}

export const noReading: Pick<SeriesEntry, 'timeMs' | 'value' | 'quality'> = { timeMs: -1, value: NaN, quality: 9 }

const flagByNumber: readonly (QualityFlag | undefined)[] = Array.from({ length: 10 }, (_, number) =>
  qualityFlags.find((flag) => flag === number)
)

export function flagOf(quality: number): QualityFlag {
  return flagByNumber[quality] ?? 2
}
