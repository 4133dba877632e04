/** What the main thread and the telemetry worker say to each other. */
import type { Columns } from '../../column-block.ts'
import type { QualityFlag } from '@tracegate/model/quality'
import type { KeptFrom } from '../../telemetry-limits.ts'
import type { AlignedSeries, RetentionCounts, RollupResolution, SeriesBuckets, SeriesGaps, SeriesRollups } from '../../telemetry-store.ts'
import type { Compacted } from './compaction.ts'
import type { CountedExtent } from './query.ts'
import type { Emptied } from './retention.ts'

export interface WorkerOptions {
  readonly path: string
  readonly turn: SharedArrayBuffer
  readonly blockReadingsMax: number
  readonly pageCountMax: number | undefined
  /** Another process writes the file: only questions are answered, each from one state of it. */
  readonly readOnly?: boolean
}

export type Ask =
  | { readonly type: 'range'; readonly series: number; readonly fromMs: number; readonly toMs: number; readonly limit: number }
  | { readonly type: 'buckets'; readonly series: number; readonly fromMs: number; readonly toMs: number; readonly buckets: number }
  | {
      readonly type: 'aligned'
      readonly series: readonly number[]
      readonly fromMs: number
      readonly toMs: number
      readonly buckets: number
    }
  | { readonly type: 'asOf'; readonly series: readonly number[]; readonly atMs: number }
  | {
      readonly type: 'gaps'
      readonly series: number
      readonly fromMs: number
      readonly toMs: number
      readonly gapAfterMs: number
      readonly limit: number
    }
  | {
      readonly type: 'rollups'
      readonly series: number
      readonly resolution: RollupResolution
      readonly fromMs: number
      readonly toMs: number
      readonly limit: number
    }
  | { readonly type: 'extents'; readonly series: readonly number[] }
  | { readonly type: 'fold' }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'compact' }
  | { readonly type: 'limitPages'; readonly pageCountMax: number }
  | { readonly type: 'retain'; readonly beforeMs: number }
  | { readonly type: 'applyRetention'; readonly kept: readonly SeriesKept[] }
  | { readonly type: 'close' }

export interface SeriesKept extends KeptFrom {
  readonly series: number
}

export interface ValueAt {
  readonly timeMs: number
  readonly value: number
  readonly quality: QualityFlag
}

export type Answer =
  | { readonly type: 'range'; readonly columns: Columns; readonly truncated: boolean }
  | { readonly type: 'buckets'; readonly buckets: Omit<SeriesBuckets, 'series' | 'unit'> }
  | { readonly type: 'aligned'; readonly series: readonly Omit<AlignedSeries, 'series' | 'unit'>[] }
  | { readonly type: 'asOf'; readonly values: readonly (ValueAt | undefined)[] }
  | { readonly type: 'gaps'; readonly gaps: Omit<SeriesGaps, 'series'> }
  | { readonly type: 'rollups'; readonly rollups: Omit<SeriesRollups, 'series' | 'unit' | 'resolution'> }
  | { readonly type: 'extents'; readonly extents: readonly (CountedExtent | undefined)[] }
  | { readonly type: 'fold' }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'compact'; readonly compacted: Compacted }
  | { readonly type: 'limitPages' }
  | { readonly type: 'retain'; readonly dropped: number; readonly emptied: readonly Emptied[] }
  | { readonly type: 'applyRetention'; readonly counts: RetentionCounts; readonly emptied: readonly Emptied[] }
  | { readonly type: 'close' }

export interface AskMessage {
  readonly id: number
  readonly ask: Ask
}

/** An error as it passes between threads: a coded one by its code and parameters, another by its text. */
export interface PortableError {
  readonly code?: string
  readonly parameters?: Readonly<Record<string, string | number | boolean>>
  readonly message: string
}

export type WorkerMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'failure'; readonly id: number; readonly error: PortableError }
  /** What the worker did by itself: blocks put together or moved, or what failed of it. */
  | { readonly type: 'background'; readonly compacted: Compacted; readonly moved: number; readonly error?: string }
  /** Write-ahead batches with so many readings are folded and gone. */
  | { readonly type: 'folded'; readonly readings: number }
