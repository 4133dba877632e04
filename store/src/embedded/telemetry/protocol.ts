/** What the main thread and the telemetry worker say to each other. */
import type { Columns } from '../../column-block.ts'
import type { SeriesBuckets } from '../../telemetry-store.ts'
import type { CountedExtent } from './query.ts'

export interface WorkerOptions {
  readonly path: string
  readonly turn: SharedArrayBuffer
  readonly blockReadingsMax: number
  readonly pageCountMax: number | undefined
}

export type Ask =
  | { readonly type: 'range'; readonly series: number; readonly fromMs: number; readonly toMs: number; readonly limit: number }
  | { readonly type: 'buckets'; readonly series: number; readonly fromMs: number; readonly toMs: number; readonly buckets: number }
  | { readonly type: 'extents'; readonly series: readonly number[] }
  | { readonly type: 'fold' }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'retain'; readonly beforeMs: number }
  | { readonly type: 'close' }

export type Answer =
  | { readonly type: 'range'; readonly columns: Columns; readonly truncated: boolean }
  | { readonly type: 'buckets'; readonly buckets: Omit<SeriesBuckets, 'series' | 'unit'> }
  | { readonly type: 'extents'; readonly extents: readonly (CountedExtent | undefined)[] }
  | { readonly type: 'fold' }
  | { readonly type: 'checkpoint' }
  | { readonly type: 'retain'; readonly dropped: number; readonly emptied: readonly { readonly series: number; readonly lastMs: number }[] }
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
  /** Write-ahead batches with so many readings are folded and gone. */
  | { readonly type: 'folded'; readonly readings: number }
