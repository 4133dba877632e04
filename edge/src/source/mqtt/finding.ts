/** What was found in the payload of a field device, and what could not be read of it. */
import type { Decoded } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import type { Scan } from '@tracegate/model/scan'
import type { ScanRule } from '@tracegate/model/scan-event'
import type { SourceReading } from '../../intake/intake.ts'

export type Finding =
  | { readonly type: 'readings'; readonly readings: readonly SourceReading[] }
  | { readonly type: 'scans'; readonly device: string; readonly scans: readonly Scan[]; readonly rule: ScanRule | undefined }
  | { readonly type: 'event'; readonly device: string; readonly epcis: object }

export interface PayloadResult {
  readonly findings: readonly Finding[]
  /** The first thing that could not be read, and how many more; what could be read is in `findings` all the same. */
  readonly refused: Reason | undefined
}

export interface PayloadContext {
  /** What the topic says. */
  readonly device: Decoded<string> | undefined
  readonly metric: string | undefined
  readonly receivedAtMs: number
  readonly deviceNamed: (name: string) => Decoded<string>
}

/** Collects while a payload is read. */
export interface Findings {
  reading(reading: SourceReading): void
  add(finding: Finding): void
  refuse(reason: Reason): void
  readonly isEmpty: boolean
  result(): PayloadResult
}

export function createFindings(): Findings {
  const readings: SourceReading[] = []
  const others: Finding[] = []
  let refused: Reason | undefined
  let refusedCount = 0
  return {
    reading: (reading) => readings.push(reading),
    add: (finding) => others.push(finding),
    refuse(reason) {
      refused ??= reason
      refusedCount += 1
    },
    get isEmpty() {
      return readings.length === 0 && others.length === 0 && refusedCount === 0
    },
    result() {
      const taken: Finding[] = readings.length === 0 ? [] : [{ type: 'readings', readings }]
      const more = refusedCount > 1 ? ` (and ${refusedCount - 1} more)` : ''
      const first = refused === undefined ? undefined : { ...refused, message: refused.message + more }
      return { findings: [...taken, ...others], refused: first }
    }
  }
}

export function reasonOf(code: string, pointer: string, message: string): Reason {
  return { code, pointer, message }
}
