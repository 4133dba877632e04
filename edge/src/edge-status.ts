/** What an agent tells of itself at one moment. Only types. */
import type { DeviceState } from './devices.ts'
import type { EdgeCounts } from './events.ts'
import type { HoldsStatus } from './holds/holds.ts'
import type { LastReading } from './intake/last-readings.ts'
import type { SourceStatus } from './source/source.ts'

export interface EdgeStatus {
  readonly point: string
  readonly agent: string
  readonly boot: string
  readonly startedAtMs: number
  readonly brokerUrl: string
  readonly connected: boolean
  /** Why there is no connection, or why the last one ended. */
  readonly lastError: string | undefined
  /** Time without a connection; 0 while there is one. */
  readonly downMs: number
  /** Whether the local alarm is raised. */
  readonly alarm: boolean
  readonly outboxMessages: number
  readonly outboxBytes: number
  readonly outboxBytesMax: number
  /** When the oldest message that waits was made. */
  readonly outboxOldestAtMs: number | undefined
  readonly inFlightMessages: number
  readonly timeQuality: string
  readonly control: HoldsStatus
  readonly counts: Readonly<EdgeCounts>
  readonly sources: readonly SourceStatus[]
  readonly devices: readonly (DeviceState & { readonly readings: readonly LastReading[]; readonly scannedAtMs: number | undefined })[]
}
