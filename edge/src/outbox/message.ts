/** What the outbox gives to the uplink: one numbered message, or the place of one whose content is gone. */

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

/** The boot under which a stream counts (TG-414). */
export function bootOf(boot: string, urgent: boolean): string {
  return urgent ? `${boot}-a` : boot
}

/** Whether a boot of an agent is that of its alarm lanes. */
export function isUrgentBoot(boot: string): boolean {
  return boot.endsWith('-a')
}
