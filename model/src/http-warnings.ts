/** Requests and answers of `/api/v1/warnings`, `/api/v1/assessments` and `/api/v1/evaluations`. */
import { Type, type Static } from 'typebox'
import { Assessment, assessmentContent, assessmentStatuses, evidenceMax, Evidence, scenariosMax, Scenario } from './assessment.ts'
import { Evaluation, evaluationStatuses, verdicts } from './evaluation.ts'
import { page, PageQuery, QueryTime } from './http.ts'
import { JournalEntry } from './http-details.ts'
import { hazards, regimes, TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import {
  type CriterionName,
  Unlocode,
  WarningAudience,
  WarningCase,
  WarningContent,
  WarningKind,
  WarningLevel,
  warningLevels,
  WarningRange,
  warningStatuses
} from './warning.ts'
import { TimeMs } from './wire.ts'

const closed = { additionalProperties: false } as const
const Why = Type.String({ minLength: 1, maxLength: 4_096, description: 'Goes into the journal' })
const CaseId = Type.String({ minLength: 1, maxLength: 256 })
const Goods = Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), {
  maxItems: 100,
  description: 'Digital Links, EPC URNs or anything else that /lookup reads: items, lots, units, products'
})
/** Every request that changes a case. */
const change = {
  why: Why,
  expectedLength: Type.Optional(Type.Integer({ minimum: 1, description: 'Steps of the journal that the caller has seen' }))
} as const

const { title, kind, controlInstruction, advice, measuresStated, startMs, untilMs, matters, hazard, regime } = WarningContent.properties

/** Members to be written anew; those that are left out stay as they are. */
export const ContentChanges = Type.Object(
  {
    title: Type.Optional(title),
    hazard: Type.Optional(hazard),
    regime: Type.Optional(regime),
    kind,
    level: Type.Optional(WarningLevel),
    startMs: Type.Optional(startMs),
    untilMs,
    range: Type.Optional(WarningRange),
    matters: Type.Optional(matters),
    controlInstruction,
    advice,
    audience: Type.Optional(WarningAudience),
    measuresStated: Type.Optional(measuresStated)
  },
  closed
)
const { level: _level, ...withoutLevel } = ContentChanges.properties
const SameLevelChanges = Type.Object(withoutLevel, closed)
const refreshScope = Type.Optional(Type.Boolean({ description: 'Look up again what goods are concerned and who holds them' }))

export const WarningDraftRequest = Type.Object(
  {
    ...change,
    report: Type.Optional(CaseId),
    certificate: Type.Optional(CaseId),
    drill: Type.Optional(Type.Boolean({ default: false })),
    title: BilingualText,
    matters: BilingualText,
    hazard: Type.Optional(Type.Enum(hazards)),
    regime: Type.Optional(Type.Enum(regimes)),
    kind,
    startMs: Type.Optional(TimeMs),
    untilMs,
    goods: Type.Optional(Goods),
    place: Type.Optional(
      Type.Object({ key: TraceKey, fromMs: TimeMs, toMs: TimeMs }, { ...closed, description: 'All goods that were there then' })
    ),
    point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    range: Type.Optional(WarningRange),
    controlInstruction,
    advice,
    audience: Type.Optional(WarningAudience),
    measuresStated: Type.Optional(measuresStated)
  },
  closed
)
export type WarningDraftRequest = Static<typeof WarningDraftRequest>

export const AssessRequest = Type.Object({ ...change, assessment: CaseId, content: Type.Optional(ContentChanges), refreshScope }, closed)
export const SignRequest = Type.Object(change, closed)
export const PublishRequest = Type.Object(
  { ...change, fast: Type.Optional(Type.Boolean({ default: false, description: 'The fast path for grave risks: without approval' })) },
  closed
)
export const LevelRequest = Type.Object(
  { ...change, level: WarningLevel, evaluation: Type.Optional(CaseId), content: Type.Optional(SameLevelChanges), refreshScope },
  closed
)
export const LowerRequest = Type.Object({ ...LevelRequest.properties, evaluation: CaseId }, closed)
export const ExtendRequest = Type.Object(
  { ...change, untilMs: Type.Optional(Type.Integer({ minimum: 0, description: 'None: without end' })), evaluation: Type.Optional(CaseId) },
  closed
)
export const AmendRequest = Type.Object({ ...change, content: Type.Optional(SameLevelChanges), refreshScope }, closed)
export const LiftRequest = Type.Object({ ...change, evaluation: CaseId }, closed)
export const RouteRequest = Type.Object({ ...change, reference: Type.Optional(Type.String({ maxLength: 256 })) }, closed)

/** A warning in a list; `overdue` when its next step is past its deadline. */
export const WarningRow = Type.Object({
  ...WarningCase.properties,
  overdue: Type.Boolean(),
  length: Type.Integer({ description: 'Steps of its journal' })
})
export type WarningRow = Static<typeof WarningRow>
export const WarningRows = page(WarningRow)
export const WarningView = Type.Object({ ...WarningRow.properties, journal: Type.Optional(Type.Array(JournalEntry)) })
export const WarningVersions = Type.Object({ items: Type.Array(WarningCase) })

export const WarningQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'closed'])),
  point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
  status: Type.Optional(Type.Enum(warningStatuses)),
  level: Type.Optional(Type.Enum(warningLevels)),
  kind: Type.Optional(WarningKind),
  overdue: Type.Optional(Type.Boolean()),
  port: Type.Optional(Unlocode),
  product: Type.Optional(Type.String({ maxLength: 512, description: 'A product or lot of its scope, as Digital Link' })),
  drill: Type.Optional(Type.Boolean({ default: false, description: 'Drills instead of real ones; never both in one list' }))
})

export const AssessmentQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'closed'])),
  warning: Type.Optional(CaseId),
  status: Type.Optional(Type.Enum(assessmentStatuses))
})
const bodies = Type.Optional(Assessment.properties.bodies)
export const AssessmentOpenRequest = Type.Object(
  {
    why: Why,
    warning: Type.Optional(CaseId),
    subject: Assessment.properties.subject,
    goods: Type.Optional(Goods),
    title: Type.Optional(BilingualText),
    hazard: Type.Optional(assessmentContent.hazard),
    scenarios: Type.Optional(Type.Array(Scenario, { maxItems: scenariosMax })),
    evidence: Type.Optional(Type.Array(Evidence, { maxItems: evidenceMax }))
  },
  closed
)
export type AssessmentOpenRequest = Static<typeof AssessmentOpenRequest>

/** Value and reason, or null to take a correction back. */
const CorrectionRequest = Type.Optional(
  Type.Union([Type.Object({ value: Type.Integer({ minimum: 1, maximum: 4 }), why: Why }, closed), Type.Null()])
)
export const AssessmentReviseRequest = Type.Object(
  {
    ...change,
    title: Type.Optional(BilingualText),
    hazard: Type.Optional(assessmentContent.hazard),
    scenarios: Type.Optional(Type.Array(Scenario, { maxItems: scenariosMax })),
    evidence: Type.Optional(Type.Array(Evidence, { maxItems: evidenceMax })),
    bodies,
    corrections: Type.Optional(
      Type.Object(
        { harm: CorrectionRequest, urgency: CorrectionRequest, scope: CorrectionRequest } satisfies Record<
          CriterionName,
          typeof CorrectionRequest
        >,
        closed
      )
    ),
    propose: Type.Optional(Type.Boolean({ description: 'Propose harm, urgency and scope anew from the data as it is now' }))
  },
  closed
)
export type AssessmentReviseRequest = Static<typeof AssessmentReviseRequest>
export const AssessmentPage = page(Assessment)
export const AssessmentView = Type.Object({
  ...Assessment.properties,
  length: Type.Integer(),
  journal: Type.Optional(Type.Array(JournalEntry))
})

export const EvaluationQuery = Type.Object({
  ...PageQuery.properties,
  warning: Type.Optional(CaseId),
  status: Type.Optional(Type.Enum(evaluationStatuses))
})
export const EvaluationOpenRequest = Type.Object({ why: Why, warning: CaseId }, closed)
export const EvaluationCompleteRequest = Type.Object({ ...change, verdict: Type.Enum(verdicts) }, closed)
export const EvaluationPage = page(Evaluation)
export const EvaluationView = Type.Object({
  ...Evaluation.properties,
  length: Type.Integer(),
  journal: Type.Optional(Type.Array(JournalEntry))
})

/** Of a group of goods, by what the completed assessments found: 100 when no risk was found, 0 when every product has a serious one. */
export const QualityIndex = Type.Object({
  by: Type.Enum(['hs', 'origin', 'brand', 'manufacturer']),
  fromMs: TimeMs,
  toMs: TimeMs,
  items: Type.Array(
    Type.Object({
      key: Type.String(),
      index: Type.Number({ minimum: 0, maximum: 100 }),
      products: Type.Integer({ minimum: 1 }),
      assessments: Type.Integer({ minimum: 0 }),
      serious: Type.Integer({ minimum: 0 }),
      high: Type.Integer({ minimum: 0 }),
      medium: Type.Integer({ minimum: 0 }),
      low: Type.Integer({ minimum: 0 })
    })
  ),
  truncated: Type.Boolean(),
  policyVersion: Type.Integer()
})
export type QualityIndex = Static<typeof QualityIndex>
export const QualityQuery = Type.Object({
  by: Type.Optional(Type.Enum(['hs', 'origin', 'brand', 'manufacturer'])),
  from: Type.Optional(QueryTime),
  to: Type.Optional(QueryTime)
})
