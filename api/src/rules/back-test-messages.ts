/** What the thread of a back-test and the one that feeds it tell each other. Types only. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { DetectionRegisters } from '@tracegate/detect/engine'

/** Readings of a slice of time in columns, in any order. */
export interface SliceColumns {
  readonly series: readonly { readonly point: string; readonly device: string; readonly metric: string; readonly unit: string }[]
  readonly seriesAt: Uint32Array<ArrayBuffer>
  readonly timeMs: Float64Array<ArrayBuffer>
  readonly value: Float64Array<ArrayBuffer>
  readonly quality: Uint8Array<ArrayBuffer>
}

export type ToTest =
  | { readonly type: 'readings'; readonly columns: SliceColumns; readonly untilMs: number }
  | { readonly type: 'events'; readonly json: readonly string[] }
  | { readonly type: 'histories'; readonly facts: readonly (readonly [string, readonly TraceFact[]])[] }
  | { readonly type: 'end'; readonly atMs: number }

export type FromTest =
  /** The last message is dealt with. */
  | { readonly type: 'next' }
  /** What the judged events need to know of earlier ones. */
  | { readonly type: 'ask'; readonly keys: readonly string[] }
  | { readonly type: 'result'; readonly before: readonly Anomaly[]; readonly after: readonly Anomaly[]; readonly isCut: boolean }

/** The registers with the setting in effect and with the one that is tried. */
export interface TestStart {
  readonly before: DetectionRegisters
  readonly after: DetectionRegisters
}
