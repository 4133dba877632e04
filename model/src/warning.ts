/** A warning case: its content, how its level was reasoned, and the journal of steps that made it. */
import { Type, type Static } from 'typebox'
import { hazards, TraceKey } from './registers.ts'
import { warningLevels } from './policy/grading.ts'
import { BilingualText } from './text.ts'
import { Holding, Stay } from './trace.ts'
import { TimeMs } from './wire.ts'

export { warningLevels } from './policy/grading.ts'
/** I grave, red; II serious, orange; III larger, yellow; IV general, blue (`regulation/rules.md` §1, task 8). */
export type WarningLevel = (typeof warningLevels)[number]
export const WarningLevel = Type.Enum(warningLevels)

export const warningKinds = ['bulletin', 'operatorNotice', 'publicAnnouncement'] as const
export type WarningKind = (typeof warningKinds)[number]

export const criterionNames = ['harm', 'urgency', 'scope'] as const
export type CriterionName = (typeof criterionNames)[number]

/** One of the three criteria with the evidence it rests on. */
export const Criterion = Type.Object({ value: Type.Integer({ minimum: 1, maximum: 4 }), reason: BilingualText })
export type Criterion = Static<typeof Criterion>

export const LevelProposal = Type.Object({
  level: WarningLevel,
  criteria: Type.Object({ harm: Criterion, urgency: Criterion, scope: Criterion }),
  /** The rule table that gave the level. */
  table: Type.Object({ id: Type.String(), version: Type.Integer(), source: Type.String() }),
  reason: BilingualText
})
export type LevelProposal = Static<typeof LevelProposal>

export const warningStatuses = ['draft', 'assessed', 'approved', 'published', 'lifted'] as const
export type WarningStatus = (typeof warningStatuses)[number]

/** The goods in question at the time of the draft: what was exposed and who held what came of it. */
export const RecallScope = Type.Object({
  /** Stays that overlap the anomaly at its place; for a trace anomaly the goods it names. */
  exposed: Type.Array(Stay),
  /** Products and lots of the exposed goods. */
  products: Type.Array(TraceKey),
  lots: Type.Array(TraceKey),
  holdings: Type.Array(Holding),
  total: Type.Integer({ minimum: 0 }),
  truncated: Type.Boolean(),
  asOfMs: TimeMs
})
export type RecallScope = Static<typeof RecallScope>

export const WarningCase = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(warningStatuses),
    anomaly: Type.String({ description: 'Id of the anomaly it was drafted from' }),
    title: BilingualText,
    hazard: Type.Enum(hazards),
    regime: Type.Union([Type.Literal('general'), Type.Literal('food')]),
    /** The four mandatory contents: level, start time, scope, matters (task 10). */
    proposal: LevelProposal,
    startMs: TimeMs,
    scope: RecallScope,
    matters: BilingualText,
    point: Type.Optional(Type.String()),
    place: Type.Optional(TraceKey),
    draftedAtMs: TimeMs,
    updatedAtMs: TimeMs,
    /** Milliseconds from the reading or event that made the anomaly fire being received to this draft being stored. */
    draftedAfterMs: Type.Number()
  },
  { title: 'warning' }
)
export type WarningCase = Static<typeof WarningCase>
