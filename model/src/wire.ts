/** What every message on the wire shares: the contract version, who sent it in which boot, and the device's clock. */
import { Type, type Static } from 'typebox'
import { wireVersion } from './wire-limits.ts'

/** How far the device trusts its clock. */
export const timeQualities = ['synchronized', 'holdover', 'unsynchronized', 'unknown'] as const
export const TimeQuality = Type.Enum(timeQualities, {
  description: 'synchronized: disciplined by NTP, PTP or GNSS; holdover: was, and runs free now; unsynchronized: never was; unknown'
})
export type TimeQuality = (typeof timeQualities)[number]

/** Milliseconds since 1970-01-01T00:00:00Z, up to the year 9999. */
export const TimeMs = Type.Integer({ minimum: 0, maximum: 253_402_300_799_999, description: 'Milliseconds since 1970-01-01T00:00:00Z' })

/** Names one run of a device between two starts; a device makes a new one at every start. */
export const BootId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of this run of the device, new at every start' })

/**
 * A counter of 64 bits that starts at 0 with each boot and grows by one a message. JSON carries it as a number, so it ends
 * at 2^53 - 1 (RFC 7493 §2.2): 285 years at a million messages a second.
 */
export const Sequence = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Sequence number of the message within the boot'
})

/** The members that every sequenced message opens with. */
export const envelope = {
  v: Type.Literal(wireVersion, { description: 'Contract version' }),
  boot: BootId,
  seq: Sequence,
  timeMs: TimeMs,
  timeQuality: TimeQuality
} as const

/** Where a message stands in its sender's stream: the deduplication key. */
export interface MessageOrigin {
  readonly point: string
  readonly device: string
  readonly boot: string
  readonly seq: number
}

export type TimeMs = Static<typeof TimeMs>
