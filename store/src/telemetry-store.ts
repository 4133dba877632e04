/** The port for readings. Adapters: `memory-telemetry.ts`, `embedded-telemetry.ts`. Its suite: `telemetry-suite.ts`. */
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

/** Columns of one series, oldest first, times never repeat. A missing value is NaN with quality 9. */
export interface SeriesColumns {
  readonly series: string
  readonly unit: string
  readonly timeMs: Float64Array
  readonly value: Float64Array
  readonly quality: Uint8Array
  readonly truncated: boolean
}

/** Buckets of equal width over [fromMs, toMs]; empty buckets are left out. Readings of quality 4 and 9 do not count. */
export interface SeriesBuckets {
  readonly series: string
  readonly unit: string
  readonly startMs: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
  readonly mean: Float64Array
  readonly count: Uint32Array
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
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

export interface TelemetryStore {
  /**
   * Stores readings durably before it resolves. A reading with the series and time of a stored one replaces it (last wins).
   * Batches may come late and out of order. Rejects with `STORE_FULL` or `STORE_IO` and then has stored nothing of the batch, or with
   * `STORE_REFUSED_READINGS` (see `refusedReadings`) when some will never be taken. An empty batch with a `source` moves the offset.
   * A sender with a `source` hands in the next batch of a log only when the one before is stored: should that one fail and a
   * later one not, the offset would have passed it by.
   */
  append(readings: readonly Reading[], source?: BatchSource): Promise<void>
  /** The offset up to which a log's batches are in the store; -1 when none is. */
  appendedUpTo(log: string): Promise<number>
  range(query: RangeQuery): Promise<SeriesColumns>
  buckets(query: RangeQuery & { readonly buckets: number }): Promise<SeriesBuckets>
  /**
   * The reading with the latest event time per series; all series of `prefix` (e.g. `port-1/`). One from more than a minute ahead
   * of the clock is the latest only until the next comes: a device with a wrong clock must not hide what comes after.
   */
  latest(prefix: string): Promise<LatestValue[]>
  series(prefix: string): Promise<SeriesInfo[]>
  /** Drops whole blocks that end before `beforeMs`; gives how many readings went. */
  retain(beforeMs: number): Promise<number>
  close(): Promise<void>
}
