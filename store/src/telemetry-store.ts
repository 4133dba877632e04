/** The port for readings. Adapters: `memory-telemetry.ts`, `embedded-telemetry.ts`, `influx/`. Its suite: `telemetry-suite.ts`. */
import type { Reading } from '@tracegate/model/telemetry'
import type { QualityFlag } from '@tracegate/model/quality'

/** Where a batch comes from in a sender's log; a batch whose offset the store has already taken is dropped as a whole. */
export interface BatchSource {
  readonly log: string
  /** Offset of the last message in the batch; strictly growing for a log. */
  readonly upTo: number
}

export interface RangeQuery {
  readonly series: string
  /** Both ends included. */
  readonly fromMs: number
  readonly toMs: number
  readonly limit?: number
}

/** Readings in columns of one length, for senders that have them so already: nothing is made per reading. */
export interface ReadingColumns {
  /** The series that occur, each once; at most 65,536. */
  readonly series: readonly { readonly point: string; readonly device: string; readonly metric: string; readonly unit: string }[]
  /** Of each reading its place in `series`. */
  readonly seriesAt: Uint32Array
  readonly timeMs: Float64Array
  /** NaN when missing. */
  readonly value: Float64Array
  /** 1, 2, 3, 4 or 9. */
  readonly quality: Uint8Array
}

/** Columns of one series, oldest first, times never repeat. A missing value is NaN with quality 9. */
export interface SeriesColumns {
  readonly series: string
  readonly unit: string
  readonly timeMs: Float64Array
  readonly value: Float64Array
  readonly quality: Uint8Array
  readonly truncated: boolean
}

/** What values were made of: readings, or roll-ups of a minute or an hour where the readings are gone or would not say more. */
export type Resolution = 'raw' | '1m' | '1h'
export type RollupResolution = Exclude<Resolution, 'raw'>

/**
 * Buckets of equal width over [fromMs, toMs]; empty buckets are left out. Readings of quality 4 and 9 do not count. `first`, `last`, `min`
 * and `max` are readings with their times (the earliest of equals): a line through the four of each bucket paints the same
 * pixels as one through all readings (M4, Jugel et al., VLDB 2014).
 */
export interface SeriesBuckets {
  readonly series: string
  readonly unit: string
  /**
   * The coarsest of what went in. `raw`: all is exact. Else a minute or hour whose readings lie on both sides of an edge of a bucket counts
   * where its first reading lies; one that is cut by fromMs or toMs counts as a whole, its times moved to the edge.
   */
  readonly resolution: Resolution
  /** First millisecond of the bucket: fromMs + ceil(index × (toMs - fromMs + 1) / buckets). */
  readonly startMs: Float64Array
  readonly min: Float64Array
  readonly minMs: Float64Array
  readonly max: Float64Array
  readonly maxMs: Float64Array
  readonly first: Float64Array
  readonly firstMs: Float64Array
  readonly last: Float64Array
  readonly lastMs: Float64Array
  readonly mean: Float64Array
  readonly count: Uint32Array
}

export interface AlignedQuery {
  /** At most 100 names; the answer has them in this order. */
  readonly series: readonly string[]
  /** Both ends included. */
  readonly fromMs: number
  readonly toMs: number
  /** series × buckets at most 1,000,000. */
  readonly buckets: number
}

/** One series on the grid: NaN, and count 0, where a bucket has no reading that counts. All NaN, unit '', for a series not known. */
export interface AlignedSeries {
  readonly series: string
  readonly unit: string
  readonly resolution: Resolution
  readonly min: Float64Array
  readonly max: Float64Array
  readonly mean: Float64Array
  readonly first: Float64Array
  readonly last: Float64Array
  readonly count: Uint32Array
}

/** Several series on one grid of exactly `buckets` buckets, with the starts of `SeriesBuckets`. */
export interface AlignedBuckets {
  readonly startMs: Float64Array
  readonly series: readonly AlignedSeries[]
}

export interface GapQuery extends RangeQuery {
  /** More than this without a reading is a gap; above 0. */
  readonly gapAfterMs: number
}

/** From the reading before (or fromMs of the query) to the one after (or toMs); neither belongs to it. */
export interface Gap {
  readonly fromMs: number
  readonly toMs: number
}

export interface SeriesGaps {
  readonly series: string
  /** As for buckets: within a minute or hour that only a roll-up is left of, no gap is seen. */
  readonly resolution: Resolution
  readonly gaps: readonly Gap[]
  /** There are more than `limit` (10,000 when not named). */
  readonly truncated: boolean
}

export interface PageQuery {
  readonly series: string
  /** Both ends included. */
  readonly fromMs: number
  readonly toMs: number
  /** Readings of a page, 1 to 100,000. Default 10,000. */
  readonly pageReadings?: number
}

export interface RollupQuery extends RangeQuery {
  readonly resolution: RollupResolution
}

/**
 * Minutes or hours of UTC that begin in [fromMs, toMs], oldest first; empty ones are left out. Readings of quality 4 and 9 do not
 * count. `mkt` is the mean kinetic temperature in Cel (USP <1079>, ICH Q1A: every reading weighs the same, ΔH 83.144 kJ/mol,
 * R 8.314472 J/(mol·K)); NaN unless the unit is Cel, K or [degF].
 */
export interface SeriesRollups {
  readonly series: string
  readonly unit: string
  readonly resolution: RollupResolution
  readonly startMs: Float64Array
  readonly count: Uint32Array
  readonly min: Float64Array
  readonly max: Float64Array
  readonly mean: Float64Array
  readonly first: Float64Array
  readonly last: Float64Array
  readonly mkt: Float64Array
  readonly truncated: boolean
}

/**
 * How long what is kept of a metric; left out: for ever. A day has 86,400,000 ms. A finer part may not be kept longer than a coarser one.
 * Readings leave their minutes behind, minutes their hours.
 */
export interface RetentionPolicy {
  /** Name of a metric, e.g. `temperature`; `*` stands for all that no other policy names. */
  readonly metric: string
  readonly rawDays?: number
  readonly minuteDays?: number
  readonly hourDays?: number
}

/** What went: readings, minutes and hours. */
export interface RetentionCounts {
  readonly raw: number
  readonly minute: number
  readonly hour: number
}

export interface LatestValue {
  readonly series: string
  readonly unit: string
  readonly timeMs: number
  readonly value: number
  readonly quality: QualityFlag
}

export interface SeriesInfo {
  readonly series: string
  readonly unit: string
  /** Of the readings, and of the roll-ups where the readings are gone. */
  readonly firstMs: number
  readonly lastMs: number
  /** Readings; 0 when only roll-ups are left. */
  readonly count: number
}

/** The half that only reads. */
export interface TelemetryReader {
  /** The offset up to which a log's batches are in the store; -1 when none is. */
  appendedUpTo(log: string): Promise<number>
  range(query: RangeQuery): Promise<SeriesColumns>
  /** 1 to 10,000 buckets. Readings that are gone answer by their roll-ups. */
  buckets(query: RangeQuery & { readonly buckets: number }): Promise<SeriesBuckets>
  aligned(query: AlignedQuery): Promise<AlignedBuckets>
  /** Stretches without a value: a missing reading (quality 9) ends no gap, one of quality 4 does. */
  gaps(query: GapQuery): Promise<SeriesGaps>
  /**
   * All readings of the range, oldest first, in pages that are read when asked for: memory is bounded by one page, and who iterates slowly
   * slows nobody else. What is appended meanwhile is seen where the iteration has not come to yet.
   */
  pages(query: PageQuery): AsyncIterable<SeriesColumns>
  rollups(query: RollupQuery): Promise<SeriesRollups>
  /**
   * The reading with the latest event time per series; all series of `prefix` (e.g. `port-1/`). One from more than a minute ahead
   * of the clock is the latest only until the next comes: a device with a wrong clock must not hide what comes after.
   */
  latest(prefix: string): Promise<LatestValue[]>
  /**
   * Of each series of `prefix` the last reading at or before `atMs`, missing ones included, sorted by name; a series that began later is
   * left out. Where readings are gone it is the last that a roll-up kept, of quality 2.
   */
  asOf(query: { readonly prefix: string; readonly atMs: number }): Promise<LatestValue[]>
  series(prefix: string): Promise<SeriesInfo[]>
  close(): Promise<void>
}

export interface TelemetryStore extends TelemetryReader {
  /**
   * Stores readings durably before it resolves. A reading with the series and time of a stored one replaces it (last wins).
   * Batches may come late and out of order. Rejects with `STORE_FULL` or `STORE_IO` and then has stored nothing of the batch, or with
   * `STORE_REFUSED_READINGS` (see `refusedReadings`) when some will never be taken. An empty batch with a `source` moves the offset.
   * A sender with a `source` hands in the next batch of a log only when the one before is stored: should that one fail and a
   * later one not, the offset would have passed it by.
   * A series keeps the unit that it came with first. A reading in another unit of the same quantity is stored as its value in the unit of
   * the series; one whose unit cannot be converted is refused for good, and then nothing of the batch is stored.
   */
  append(readings: readonly Reading[], source?: BatchSource): Promise<void>
  /** The same for readings in columns; they must not be changed until it has settled. Places of refused readings are those of the columns. */
  appendColumns(columns: ReadingColumns, source?: BatchSource): Promise<void>
  /** Drops whole blocks that end before `beforeMs`, and the roll-ups before it; gives how many readings went. */
  retain(beforeMs: number): Promise<number>
  /**
   * Replaces all policies; they are not stored: set them at each start. Refuses with `STORE_QUERY` a metric named twice and a finer
   * part kept longer than a coarser one.
   */
  setRetention(policies: readonly RetentionPolicy[]): Promise<void>
  /**
   * Drops what the policies no longer keep at `nowMs`, in whole blocks: some of it may stay until its block has aged. The embedded store does
   * so by itself, too.
   */
  applyRetention(nowMs: number): Promise<RetentionCounts>
}
