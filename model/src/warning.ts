/**
 * A warning case: its content, how its level was reasoned, whom it is for and what became of it. The journal of steps that makes it is in
 * `warning-steps.ts`. Schemas only: nothing is decided here.
 */
import { Type, type Static } from 'typebox'
import { hazards, regimes, TraceKey } from './registers.ts'
import { warningLevels } from './policy/grading.ts'
import { measureTypes } from './policy/measures.ts'
import { BilingualText } from './text.ts'
import { Holding, Stay } from './trace.ts'
import { TimeMs } from './wire.ts'

export { warningLevels } from './policy/grading.ts'
/** I grave, red; II serious, orange; III larger, yellow; IV general, blue (`regulation/rules.md` §1, task 8). */
export type WarningLevel = (typeof warningLevels)[number]
export const WarningLevel = Type.Enum(warningLevels)

/** 风险警示通报, 风险警示通告, 风险警示公告 (task 9): for ports, for operators, for consumers. */
export const warningKinds = ['bulletin', 'operatorNotice', 'publicAnnouncement'] as const
export type WarningKind = (typeof warningKinds)[number]
export const WarningKind = Type.Enum(warningKinds)

export const criterionNames = ['harm', 'urgency', 'scope'] as const
export type CriterionName = (typeof criterionNames)[number]

/** One of the three criteria with the evidence it rests on. */
export const Criterion = Type.Object({ value: Type.Integer({ minimum: 1, maximum: 4 }), reason: BilingualText })
export type Criterion = Static<typeof Criterion>

const Count = Type.Integer({ minimum: 0 })

/** The figures a proposal was made of, so that it can be made again under the policy it names. */
export const ProposalFigures = Type.Object({
  /** Greatest harm of the registered products; missing where none is registered. */
  harm: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
  products: Count,
  productsUnknown: Count,
  open: Type.Boolean(),
  inStock: Count,
  inTransit: Count,
  sold: Count,
  destroyed: Count,
  unknown: Count,
  elsewhere: Count,
  onSale: Count,
  kelvinPerHour: Type.Optional(Type.Number()),
  doseShare: Type.Optional(Type.Number()),
  complaints: Count,
  injuries: Count,
  lots: Count,
  holders: Count,
  regions: Count,
  goods: Count
})
export type ProposalFigures = Static<typeof ProposalFigures>

export const LevelProposal = Type.Object({
  level: WarningLevel,
  criteria: Type.Object({ harm: Criterion, urgency: Criterion, scope: Criterion }),
  /** The rule table that gave the level. */
  table: Type.Object({ id: Type.String(), version: Type.Integer(), source: Type.String() }),
  reason: BilingualText,
  /** The kind of warning that fits (task 9). */
  kind: Type.Optional(Type.Object({ kind: WarningKind, reason: BilingualText })),
  figures: Type.Optional(ProposalFigures)
})
export type LevelProposal = Static<typeof LevelProposal>

/** The last three are ends: lifted after publication; discarded and routed (to the procedure for food) before it. */
export const warningStatuses = ['draft', 'assessed', 'approved', 'published', 'lifted', 'discarded', 'routed'] as const
export type WarningStatus = (typeof warningStatuses)[number]

/** What it began with. */
export const warningOrigins = ['anomaly', 'report', 'certificate', 'manual'] as const
export type WarningOrigin = (typeof warningOrigins)[number]

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

const listMax = 256
const CaseId = Type.String({ minLength: 1, maxLength: 256 })
export const Unlocode = Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$', description: 'UN/LOCODE' })
const Gln = Type.String({ pattern: '^\\d{13}$' })

/** How far it reaches besides the goods themselves (预警范围). */
export const WarningRange = Type.Object(
  {
    regions: Type.Array(Type.String({ pattern: '^([A-Z]{2}|[A-Z]{2}[A-Z2-9]{3}|\\d{6})$' }), {
      maxItems: listMax,
      description: 'Countries (ISO 3166-1), ports and places (UN/LOCODE) and divisions (GB/T 2260)'
    }),
    hsPrefixes: Type.Array(Type.String({ pattern: '^\\d{2,10}$' }), {
      maxItems: listMax,
      description: 'Prefixes of the Harmonized System'
    }),
    brands: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: listMax })
  },
  { additionalProperties: false }
)
export type WarningRange = Static<typeof WarningRange>

/** Whom it is for: ports of a bulletin, operators of a notice; an announcement is for everybody. */
export const WarningAudience = Type.Object(
  {
    ports: Type.Optional(Type.Array(Unlocode, { maxItems: listMax })),
    operators: Type.Optional(Type.Array(Gln, { maxItems: listMax, description: 'GLN' }))
  },
  { additionalProperties: false }
)
export type WarningAudience = Static<typeof WarningAudience>

/** `amended` is other content of the same level; `extended` a later or no end. */
export const changeKinds = ['raised', 'lowered', 'extended', 'amended'] as const
export type ChangeKind = (typeof changeKinds)[number]

export const WarningChange = Type.Object({
  /** The version of the content that the change made. */
  version: Type.Integer({ minimum: 2 }),
  kind: Type.Enum(changeKinds),
  fromLevel: WarningLevel,
  toLevel: WarningLevel,
  atMs: TimeMs,
  by: Type.String(),
  why: Type.String(),
  evaluation: Type.Optional(CaseId)
})
export type WarningChange = Static<typeof WarningChange>

/** Who did a decision, when and why. */
export const Signed = Type.Object({ atMs: TimeMs, by: Type.String(), why: Type.String() })
export type Signed = Static<typeof Signed>

/** What is published; the four mandatory contents of task 10 are level, start time, scope and matters. */
const content = {
  title: BilingualText,
  hazard: Type.Enum(hazards),
  regime: Type.Enum(regimes),
  kind: Type.Optional(WarningKind),
  /** Decided by a person from `assessed` on; before that the level of the proposal. */
  level: WarningLevel,
  startMs: TimeMs,
  untilMs: Type.Optional(TimeMs),
  scope: RecallScope,
  range: WarningRange,
  matters: BilingualText,
  /** What ports are to do; a bulletin is invalid without it. */
  controlInstruction: Type.Optional(BilingualText),
  /** What those who read it are to do. */
  advice: Type.Optional(BilingualText),
  audience: WarningAudience,
  /** Measures that it states; an announcement is invalid without one that is mandatory. What is ordered stands in `measures`. */
  measuresStated: Type.Array(Type.Enum(measureTypes), { uniqueItems: true, maxItems: measureTypes.length })
} as const
/** Everything that a person may write, but the scope, which the trace gives. */
const { scope: _scope, ...written } = content
export const WarningContent = Type.Object(written, { additionalProperties: false })
export type WarningContent = Static<typeof WarningContent>

export const WarningCase = Type.Object(
  {
    id: Type.String({ description: 'Number of the case, from its draft on' }),
    status: Type.Enum(warningStatuses),
    drill: Type.Boolean({ description: 'An exercise: numbered apart, never mixed with real ones' }),
    origin: Type.Enum(warningOrigins),
    anomaly: Type.Optional(CaseId),
    report: Type.Optional(CaseId),
    certificate: Type.Optional(CaseId),
    number: Type.Optional(Type.String({ description: 'Number of the publication, from the series without gaps' })),
    ...content,
    proposal: LevelProposal,
    /** The completed assessment that the decided level rests on, and the criteria it came to. */
    assessment: Type.Optional(CaseId),
    criteria: Type.Optional(LevelProposal.properties.criteria),
    measures: Type.Array(CaseId, { maxItems: listMax }),
    recalls: Type.Array(CaseId, { maxItems: listMax }),
    evaluations: Type.Array(CaseId, { maxItems: listMax }),
    /** Of the content: 0 before publication, 1 with it, one more with each change. */
    version: Type.Integer({ minimum: 0 }),
    assessed: Type.Optional(Signed),
    approved: Type.Optional(Signed),
    published: Type.Optional(
      Type.Object({
        atMs: TimeMs,
        by: Type.String(),
        /** When version 1 was published; `atMs` is that of the present version. */
        firstAtMs: TimeMs,
        /** Published by the fast path for grave risks: without the step `approved`, by the same authority. */
        fast: Type.Optional(Type.Boolean())
      })
    ),
    changes: Type.Array(WarningChange, { maxItems: listMax }),
    lifted: Type.Optional(Type.Object({ ...Signed.properties, evaluation: CaseId })),
    discarded: Type.Optional(Signed),
    /** Handed to the procedure for food. */
    routed: Type.Optional(Type.Object({ ...Signed.properties, to: BilingualText, reference: Type.Optional(Type.String()) })),
    /** By when the next step is due: assessment, approval, publication, then the evaluation of its effect. */
    dueMs: Type.Optional(TimeMs),
    /** Version of the policy that the last decision used. */
    policyVersion: Type.Integer({ minimum: 1 }),
    point: Type.Optional(Type.String()),
    place: Type.Optional(TraceKey),
    draftedAtMs: TimeMs,
    updatedAtMs: TimeMs,
    /** Milliseconds from the reading or event that made the anomaly fire being received to this draft being stored; 0 for other origins. */
    draftedAfterMs: Type.Number()
  },
  { title: 'warning' }
)
export type WarningCase = Static<typeof WarningCase>
