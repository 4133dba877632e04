/**
 * A recall case: who reported what, the plan or the order, the frozen scope, the notice, who was reached, the checks and how it ended
 * (`regulation/rules.md` §1 task 12, §3). Schemas only; what goods did is never in it but for the frozen scope: that comes from events.
 */
import { Type, type Static } from 'typebox'
import { effectivenessLevels } from './policy/recalls.ts'
import { hazards, regimes, TraceKey } from './registers.ts'
import { NoticeContent, NoticeFinding } from './recall-notice.ts'
import {
  Concealment,
  FrozenScope,
  Knowledge,
  knowledgeMax,
  recallHoldersMax,
  RecallCompany,
  RecallPlan,
  Said,
  scopeVersionsMax
} from './recall-parts.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

/**
 * rules.md §3; `ordered`: the investigation ended with a defect, no voluntary plan came in time and the authority has ordered one.
 * `routed`: food, handed over to the procedure of the food-safety law.
 */
export const recallStatuses = [
  'reported',
  'investigating',
  'noDefect',
  'ordered',
  'planned',
  'running',
  'effectivenessChecked',
  'extended',
  'closed',
  'routed'
] as const
export type RecallStatus = (typeof recallStatuses)[number]
export const recallKinds = ['voluntary', 'ordered'] as const
export type RecallKind = (typeof recallKinds)[number]
/** Who acts: the company with the right `respond`, the authority with `order`, an inspector with `inspect`, the product itself. */
export const recallRoles = ['company', 'authority', 'inspector', 'machine'] as const
export type RecallRole = (typeof recallRoles)[number]

const strict = { additionalProperties: false }
const CaseId = Type.String({ minLength: 1, maxLength: 256 })
const Count = Type.Integer({ minimum: 0 })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Key = Type.String({ minLength: 1, maxLength: 2_048 })
/** How far a notice got. `read`: its page was opened; `acknowledged`: the holder said so. */
export const contactStatuses = ['sent', 'failed', 'delivered', 'read', 'acknowledged'] as const
export type ContactStatus = (typeof contactStatuses)[number]

/** What a holder says it has done; counted apart from events. */
export const HolderReply = Type.Object(
  {
    received: Type.Boolean(),
    stopped: Type.Boolean({ description: 'Sale and use have been stopped' }),
    onHand: Type.Optional(Count),
    quarantined: Type.Optional(Count),
    returned: Type.Optional(Count),
    corrected: Type.Optional(Count),
    destroyed: Type.Optional(Count),
    sold: Type.Optional(Count),
    note: Type.Optional(Type.String({ maxLength: 2_000 })),
    contact: Type.Optional(Type.String({ maxLength: 256 })),
    proofs: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 20, description: 'Ids of attachments' }))
  },
  strict
)
export type HolderReply = Static<typeof HolderReply>

export const HolderContact = Type.Object({
  holder: Type.String(),
  noticeVersion: Type.Integer({ minimum: 1 }),
  status: Type.Optional(Type.Enum(contactStatuses)),
  sentAtMs: Type.Optional(TimeMs),
  deliveredAtMs: Type.Optional(TimeMs),
  readAtMs: Type.Optional(TimeMs),
  acknowledgedAtMs: Type.Optional(TimeMs),
  failedAtMs: Type.Optional(TimeMs),
  channel: Type.Optional(Type.String({ maxLength: 64 })),
  /** What became of its mail; `failedAtMs` is the first of the failures since it was tried. */
  mail: Type.Optional(
    Type.Object({
      sentAtMs: Type.Optional(TimeMs),
      failedAtMs: Type.Optional(TimeMs),
      failure: Type.Optional(Type.String()),
      dead: Type.Boolean({ description: 'It is not tried again' })
    })
  ),
  reply: Type.Optional(HolderReply),
  repliedAtMs: Type.Optional(TimeMs),
  repliedBy: Type.Optional(Type.String()),
  replies: Count
})
export type HolderContact = Static<typeof HolderContact>

export const SampleRow = Type.Object({ holder: Type.String(), stratum: Type.String(), ticket: Sha256 })
/** The holders that are visited or called, drawn by `draw.ts`. */
export const EffectivenessSample = Type.Object({
  round: Type.Integer({ minimum: 1 }),
  level: Type.Enum(effectivenessLevels),
  share: Type.Number({ minimum: 0, maximum: 1 }),
  scopeVersion: Type.Integer({ minimum: 1 }),
  seed: Type.String({ minLength: 1, maxLength: 256 }),
  /** journal: the hash of the last step before the draw, which nobody can choose; given: a seed published before, with its source. */
  seedSource: Type.Union([Type.Literal('journal'), Type.Literal('given')]),
  seedNote: Type.Optional(Type.String({ maxLength: 512 })),
  population: Count,
  populationSha256: Sha256,
  strata: Type.Array(Type.Object({ stratum: Type.String(), candidates: Count, drawn: Count })),
  rows: Type.Array(SampleRow, { maxItems: recallHoldersMax }),
  drawnAtMs: TimeMs,
  by: Type.String()
})
export type EffectivenessSample = Static<typeof EffectivenessSample>

export const CheckResult = Type.Object(
  {
    holder: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    /** Whether the holder could be found and asked. */
    reached: Type.Boolean(),
    noticeReceived: Type.Boolean(),
    acted: Type.Boolean({ description: 'Sale and use were stopped, and the goods were set apart, sent back, corrected or destroyed' }),
    onHand: Type.Optional(Count),
    method: Type.Enum(['visit', 'telephone', 'letter', 'email'] as const),
    note: Type.Optional(Type.String({ maxLength: 2_000 })),
    proofs: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 20 }))
  },
  strict
)
export type CheckResult = Static<typeof CheckResult>
export const CheckRecord = Type.Object({ ...CheckResult.properties, atMs: TimeMs, by: Type.String() })
export type CheckRecord = Static<typeof CheckRecord>

export const EffectivenessOutcome = Type.Object({
  round: Type.Integer({ minimum: 1 }),
  atMs: TimeMs,
  by: Type.String(),
  checked: Count,
  effective: Count,
  share: Type.Number({ minimum: 0, maximum: 1 }),
  wanted: Type.Number({ minimum: 0, maximum: 1 }),
  passed: Type.Boolean(),
  failing: Type.Array(Type.String(), { maxItems: recallHoldersMax })
})
export type EffectivenessOutcome = Static<typeof EffectivenessOutcome>

export const RecallCase = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(recallStatuses),
    kind: Type.Optional(Type.Enum(recallKinds)),
    title: Said,
    description: Said,
    regime: Type.Enum(regimes),
    hazard: Type.Enum(hazards),
    harm: Type.Integer({ minimum: 1, maximum: 4 }),
    company: RecallCompany,
    products: Type.Array(TraceKey),
    origin: Type.Object({
      warnings: Type.Array(CaseId),
      anomalies: Type.Array(CaseId),
      reports: Type.Array(CaseId),
      assessments: Type.Array(CaseId)
    }),
    drill: Type.Boolean(),
    reported: Type.Object({ atMs: TimeMs, by: Type.String(), role: Type.Enum(recallRoles) }),
    /** When the company reported, where another one came first. */
    companyReportedAtMs: Type.Optional(TimeMs),
    reportWithinMs: Type.Integer({ minimum: 0 }),
    knowledge: Type.Array(Knowledge, { maxItems: knowledgeMax }),
    concealment: Type.Optional(Concealment),
    investigation: Type.Optional(
      Type.Object({
        openedAtMs: TimeMs,
        by: Type.String(),
        question: Said,
        dueMs: TimeMs,
        ended: Type.Optional(
          Type.Object({
            atMs: TimeMs,
            by: Type.String(),
            verdict: Type.Union([Type.Literal('defect'), Type.Literal('noDefect')]),
            findings: Said,
            evidence: Type.Array(Key)
          })
        )
      })
    ),
    planDueMs: Type.Optional(TimeMs),
    planDeclined: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), reason: Said })),
    order: Type.Optional(
      Type.Object({ atMs: TimeMs, by: Type.String(), authority: Said, basis: Said, planDueMs: TimeMs, urgent: Type.Optional(Said) })
    ),
    plan: Type.Optional(
      Type.Object({ ...RecallPlan.properties, atMs: TimeMs, by: Type.String(), role: Type.Enum(recallRoles), version: Type.Integer() })
    ),
    scope: Type.Optional(FrozenScope),
    scopeVersions: Type.Array(
      Type.Object({ version: Type.Integer(), frozenAtMs: TimeMs, goods: Count, sha256: Sha256, reason: Type.String() }),
      { maxItems: scopeVersionsMax }
    ),
    notice: Type.Optional(
      Type.Object({
        version: Type.Integer({ minimum: 1 }),
        atMs: TimeMs,
        by: Type.String(),
        content: NoticeContent,
        findings: Type.Array(NoticeFinding),
        override: Type.Optional(Type.String()),
        scopeVersion: Type.Integer({ minimum: 1 })
      })
    ),
    startedAtMs: Type.Optional(TimeMs),
    completeByMs: Type.Optional(TimeMs),
    /** By holder id. */
    contacts: Type.Record(Type.String(), HolderContact),
    sample: Type.Optional(EffectivenessSample),
    checks: Type.Array(CheckRecord, { maxItems: recallHoldersMax }),
    outcomes: Type.Array(EffectivenessOutcome, { maxItems: 50 }),
    extensions: Type.Array(Type.Object({ atMs: TimeMs, by: Type.String(), reason: Said, completeByMs: TimeMs }), { maxItems: 50 }),
    routed: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), to: BilingualText, reference: Type.Optional(Type.String()) })),
    closed: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), reportSha256: Sha256, summary: Said })),
    policyVersion: Type.Integer({ minimum: 1 }),
    updatedAtMs: TimeMs
  },
  { title: 'recall' }
)
export type RecallCase = Static<typeof RecallCase>

/** States that the public is told of; a drill never is. */
export const publicRecallStatuses: ReadonlySet<RecallStatus> = new Set(['running', 'effectivenessChecked', 'extended', 'closed'])
/** States in which the goods are to be stopped wherever they turn up. */
export const liveRecallStatuses: ReadonlySet<RecallStatus> = new Set(['running', 'effectivenessChecked', 'extended'])
