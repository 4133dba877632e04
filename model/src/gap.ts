/**
 * The gap ledger: for a device and a period, what came, which numbers are missing, since when, why if that is known, and whether they
 * can still come. Only the shape of the answer and the rules that need no store.
 */
import { Type, type Static } from 'typebox'
import { BootId, Sequence, TimeMs } from './wire.ts'

/**
 * underWay: noticed a moment ago, the device is there. offline: the device was away around it, or is now. restart: the device has
 * started anew since. beforeFirst: before the first message that this collector knows of the boot. droppedAtSource: the device says so.
 */
export const gapCauses = ['underWay', 'offline', 'restart', 'beforeFirst', 'droppedAtSource', 'unknown'] as const
export type GapCause = (typeof gapCauses)[number]

/** yes: expected to be sent again. perhaps: still welcome, nobody knows. no: the device says that it is gone. filled: it has come. */
export const gapRecoveries = ['yes', 'perhaps', 'no', 'filled'] as const
export type GapRecovery = (typeof gapRecoveries)[number]

export const Gap = Type.Object({
  boot: BootId,
  fromSeq: Sequence,
  toSeq: Sequence,
  missing: Type.Array(Type.Tuple([Sequence, Sequence]), {
    description: 'What is missing still, as ranges with both ends; empty once filled'
  }),
  missingMessages: Type.Integer({ minimum: 0 }),
  readings: Type.Optional(Type.Integer({ minimum: 0, description: 'Readings lost, where the device says how many' })),
  sinceMs: Type.Optional({ ...TimeMs, description: 'Device time of the last message before it; missing when there was none' }),
  untilMs: { ...TimeMs, description: 'Device time of the message that showed it' },
  noticedAtMs: { ...TimeMs, description: 'When the platform noticed it' },
  filledAtMs: Type.Optional(TimeMs),
  cause: Type.Enum(gapCauses),
  recoverable: Type.Enum(gapRecoveries)
})
export type Gap = Static<typeof Gap>

export const ReceivedCounts = Type.Object({
  messages: Type.Integer({ minimum: 0, description: 'New messages, dead letters included' }),
  readings: Type.Integer({ minimum: 0 }),
  events: Type.Integer({ minimum: 0, description: 'Scans and EPCIS events' }),
  duplicates: Type.Integer({ minimum: 0, description: 'Messages that came again' }),
  deadLetters: Type.Integer({ minimum: 0 }),
  droppedReadings: Type.Integer({ minimum: 0, description: 'Readings that the device had to drop, as it says' })
})
export type ReceivedCounts = Static<typeof ReceivedCounts>

export const GapReport = Type.Object({
  point: Type.String(),
  device: Type.String(),
  fromMs: { ...TimeMs, description: 'Start of the period; for the counts the start of its hour' },
  toMs: { ...TimeMs, description: 'End of the period; for the counts the end of its hour' },
  online: Type.Optional(Type.Boolean({ description: 'As the device last said; missing when it never did' })),
  received: ReceivedCounts,
  missingMessages: Type.Integer({ minimum: 0, description: 'In the gaps of the period that are open' }),
  gaps: Type.Array(Gap, { description: 'Newest first' }),
  gapsTruncated: Type.Boolean({ description: 'There are more gaps than the answer holds' }),
  offline: Type.Array(Type.Object({ fromMs: TimeMs, toMs: Type.Optional(TimeMs), reason: Type.Optional(Type.String()) }), {
    description: 'When the device was away; without toMs it is away still'
  }),
  sequences: Type.Array(Type.Object({ boot: BootId, upTo: Type.Integer({ minimum: -1 }), lastSeenMs: TimeMs }), {
    description: 'The boots that the platform remembers, newest first, with their watermarks'
  })
})
export type GapReport = Static<typeof GapReport>

export interface GapFacts {
  readonly dropped: boolean
  readonly filled: boolean
  readonly hasStart: boolean
  /** Time since it was noticed. */
  readonly ageMs: number
  /** The device is online, and under the boot of the gap (or the alarm lane of it). */
  readonly online: boolean
  readonly isCurrentBoot: boolean
  /** The device was away at some time within the gap, or is now. */
  readonly wasAway: boolean
}

/** How long after it was noticed a gap of a device that is there counts as under way. */
export const gapUnderWayMs = 120_000

export function judgeGap(facts: GapFacts): { readonly cause: GapCause; readonly recoverable: GapRecovery } {
  if (facts.dropped) return { cause: 'droppedAtSource', recoverable: 'no' }
  const cause = causeOf(facts)
  if (facts.filled) return { cause, recoverable: 'filled' }
  return { cause, recoverable: cause === 'underWay' ? 'yes' : 'perhaps' }
}

function causeOf(facts: GapFacts): GapCause {
  if (!facts.filled && facts.online && facts.isCurrentBoot && facts.ageMs < gapUnderWayMs) return 'underWay'
  if (!facts.hasStart) return 'beforeFirst'
  if (facts.wasAway) return 'offline'
  return facts.isCurrentBoot ? 'unknown' : 'restart'
}
