/** What the records of the outbox hold, as schemas. Short arrays, because there is one for each message; the order is the meaning. */
import { compileValidator } from '@tracegate/model/codec'
import { WireReading } from '@tracegate/model/telemetry'
import { TimeQuality } from '@tracegate/model/wire'
import { Type, type Static } from 'typebox'
import { outboxChannels } from './message.ts'

const Count = Type.Integer({ minimum: 0 })
const UpTo = Type.Integer({ minimum: -1 })

/** device, boot, seq, channel, readings, readings before, freed up to, made at, boot of the journal, sealed of it up to (0: nothing). */
export const MessageMeta = Type.Tuple([
  Type.String(),
  Type.String(),
  Count,
  Type.Enum(outboxChannels),
  Count,
  Count,
  UpTo,
  Type.Integer(),
  Type.String(),
  Count
])
export type MessageMeta = Static<typeof MessageMeta>

/** from, to, readings, noticed at. */
const GapTuple = Type.Tuple([Count, Count, Count, Type.Integer()])

/** device, boot, then gaps. */
export const GapsMeta = Type.Array(Type.Tuple([Type.String(), Type.String(), Type.Array(GapTuple)]))
export type GapsMeta = Static<typeof GapsMeta>

/** device, boot, freed up to. */
export const ReleasedMeta = Type.Array(Type.Tuple([Type.String(), Type.String(), Count]))
export type ReleasedMeta = Static<typeof ReleasedMeta>

/** stream, boot of the journal, sealed up to. */
export const SealedList = Type.Array(Type.Tuple([Type.String(), Type.String(), Count]))
export type SealedList = Static<typeof SealedList>

export const Snapshot = Type.Object({
  /** device, boot, next seq, freed up to, readings so far, gaps. */
  lanes: Type.Array(Type.Tuple([Type.String(), Type.String(), Count, UpTo, Count, Type.Array(GapTuple)])),
  sealed: SealedList
})
export type Snapshot = Static<typeof Snapshot>

/** Readings of one stream that came together, not yet in a message. `index` counts the readings of the stream in the journal of a boot. */
export const JournalPiece = Type.Object({
  device: Type.String(),
  urgent: Type.Boolean(),
  index: Count,
  /** Readings of the stream that were in messages when this was written. */
  sealed: Count,
  timeMs: Type.Integer(),
  timeQuality: TimeQuality,
  readings: Type.Array(WireReading)
})
export type JournalPiece = Static<typeof JournalPiece>

export const messageMeta = compileValidator(MessageMeta)
export const gapsMeta = compileValidator(GapsMeta)
export const releasedMeta = compileValidator(ReleasedMeta)
export const snapshot = compileValidator(Snapshot)
export const journalPieces = compileValidator(Type.Array(JournalPiece))
export const journalBoot = compileValidator(Type.String())
