/** What goes into the outbox, and what it gives to the uplink: one numbered message, or the place of one whose content is gone. */
import type { WireReading } from '@tracegate/model/telemetry'
import type { TimeQuality } from '@tracegate/model/wire'

export const outboxChannels = ['telemetry', 'scan', 'event'] as const
export type OutboxChannel = (typeof outboxChannels)[number]

/**
 * The messages of one device in one order: its telemetry, or its alarm lane with events, scans and readings in alarm. Each has its own
 * boot and its own count, so that an alarm waits for no telemetry (TG-414).
 */
export interface StreamName {
  readonly device: string
  readonly urgent: boolean
}

export interface OutboxMessage extends StreamName {
  /** Grows within a stream. */
  readonly id: number
  readonly boot: string
  readonly seq: number
  readonly channel: OutboxChannel
  readonly readings: number
  /** The content gave way at the size limit, or can no longer be read: the payload is empty then. */
  readonly lost: boolean
  /** Readings that were inside, when it is lost. */
  readonly droppedReadings: number
  readonly createdAtMs: number
  readonly payload: Uint8Array
}

export function streamKeyOf({ device, urgent }: StreamName): string {
  return urgent ? `${device}/a` : device
}

export function streamNameOf(key: string): StreamName {
  const urgent = key.endsWith('/a')
  return { device: urgent ? key.slice(0, -2) : key, urgent }
}

/** The boot under which a stream counts (TG-414). */
export function bootOf(boot: string, urgent: boolean): string {
  return urgent ? `${boot}-a` : boot
}

/** Whether a boot of an agent is that of its alarm lanes. */
export function isUrgentBoot(boot: string): boolean {
  return boot.endsWith('-a')
}

export interface AppendDocument {
  readonly device: string
  readonly channel: OutboxChannel
  /** Number of readings inside; 0 for an event or a scan. */
  readonly readings: number
  readonly encode: (origin: { readonly boot: string; readonly seq: number }) => Uint8Array
}

export interface AppendReadings {
  readonly device: string
  /** For the alarm lane. */
  readonly urgent?: boolean
  readonly timeMs: number
  readonly timeQuality: TimeQuality
  /** Each with its own time. At most `batchReadingsMax`. */
  readonly readings: readonly WireReading[]
}

export interface Watermark {
  readonly device: string
  readonly boot: string
  readonly upTo: number
}
