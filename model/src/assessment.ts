/**
 * The assessment of a risk (task 6): hazard, injury scenarios of steps with probabilities, severity, evidence; the risk by the matrix, the
 * three criteria as proposed and as corrected, and the level they come to. Schemas only; the judgement is in `assessment-judge.ts`.
 */
import { Type, type Static } from 'typebox'
import { riskLevels } from './policy/assessment.ts'
import { hazards, TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { Criterion, criterionNames, LevelProposal, Signed, WarningLevel } from './warning.ts'
import { TimeMs } from './wire.ts'

export const assessmentStatuses = ['open', 'completed', 'withdrawn'] as const
export type AssessmentStatus = (typeof assessmentStatuses)[number]

export const scenariosMax = 16
export const scenarioStepsMax = 12
export const evidenceMax = 256
const Id = Type.String({ minLength: 1, maxLength: 256 })

/** A number from 0 to 1, or a fraction such as `1/50`, which is kept exact. */
export const Probability = Type.Union([
  Type.Number({ minimum: 0, maximum: 1 }),
  Type.String({ pattern: '^\\d{1,15} ?/ ?0*[1-9]\\d{0,14}$', maxLength: 40, description: 'A fraction, such as 1/50' })
])

export const ScenarioStep = Type.Object(
  {
    text: BilingualText,
    probability: Probability,
    /** Where the probability comes from: a statistic, a test, an expert; without it the assessment is less well founded. */
    basis: Type.Optional(Type.String({ maxLength: 1_024 }))
  },
  { additionalProperties: false }
)
export type ScenarioStep = Static<typeof ScenarioStep>

/** How the hazard leads to an injury. Severity: 1 slight, 2 needs treatment, 3 may be lasting, 4 may be fatal. */
export const Scenario = Type.Object(
  {
    title: BilingualText,
    injury: Type.Optional(BilingualText),
    severity: Type.Integer({ minimum: 1, maximum: 4 }),
    severityWhy: Type.Optional(Type.String({ maxLength: 1_024 })),
    steps: Type.Array(ScenarioStep, { minItems: 1, maxItems: scenarioStepsMax })
  },
  { additionalProperties: false }
)
export type Scenario = Static<typeof Scenario>

export const evidenceTypes = ['anomaly', 'reading', 'event', 'report', 'certificate', 'measure', 'document'] as const
export type EvidenceType = (typeof evidenceTypes)[number]

/** A piece of evidence by reference: an id of a case, an eventID, a series with its time, an attachment. */
export const Evidence = Type.Object(
  {
    type: Type.Enum(evidenceTypes),
    ref: Type.String({ minLength: 1, maxLength: 1_024 }),
    timeMs: Type.Optional(TimeMs),
    note: Type.Optional(Type.String({ maxLength: 1_024 }))
  },
  { additionalProperties: false }
)
export type Evidence = Static<typeof Evidence>

const RiskLevel = Type.Enum(riskLevels)

export const ScenarioResult = Type.Object({
  probability: Type.Number({ description: 'Product of the steps' }),
  /** The row of the matrix that it falls into: above this, or into the last one. */
  above: Type.Optional(Type.Number()),
  risk: RiskLevel
})
export type ScenarioResult = Static<typeof ScenarioResult>

/** What becomes of risk and level when one factor moves one step and everything else stays. */
export const SensitivityRow = Type.Object({
  factor: Type.Union([
    Type.Object({ type: Type.Literal('probability'), scenario: Type.Integer(), step: Type.Integer() }),
    Type.Object({ type: Type.Literal('severity'), scenario: Type.Integer() }),
    Type.Object({ type: Type.Literal('criterion'), name: Type.Enum(criterionNames) })
  ]),
  direction: Type.Union([Type.Literal('up'), Type.Literal('down')]),
  /** A probability, or a score as a number from 1 to 4. */
  from: Type.Union([Type.Number(), Type.String()]),
  to: Type.Union([Type.Number(), Type.String()]),
  risk: Type.Optional(RiskLevel),
  level: WarningLevel,
  /** Whether the level is another one than without the move. */
  changes: Type.Boolean()
})
export type SensitivityRow = Static<typeof SensitivityRow>

/** How well it is founded, 0 to 100, with the shares it is made of. It says nothing of how grave the risk is. */
export const Foundation = Type.Object({
  index: Type.Integer({ minimum: 0, maximum: 100 }),
  evidence: Type.Number(),
  kinds: Type.Number(),
  basis: Type.Number(),
  robustness: Type.Number()
})
export type Foundation = Static<typeof Foundation>

export const Correction = Type.Object({
  value: Type.Integer({ minimum: 1, maximum: 4 }),
  ...Signed.properties
})
export type Correction = Static<typeof Correction>

/** Proposed by the machine and corrected by a person, side by side; the correction counts. */
export const AssessedCriterion = Type.Object({ proposed: Criterion, corrected: Type.Optional(Correction) })
export type AssessedCriterion = Static<typeof AssessedCriterion>

export const AssessmentResult = Type.Object({
  scenarios: Type.Array(ScenarioResult),
  /** Index of the scenario that counts: the worst one. */
  worst: Type.Optional(Type.Integer({ minimum: 0 })),
  risk: Type.Optional(RiskLevel),
  matrix: Type.Object({ id: Type.String(), version: Type.Integer(), source: Type.String() }),
  criteria: Type.Object({ harm: AssessedCriterion, urgency: AssessedCriterion, scope: AssessedCriterion }),
  level: WarningLevel,
  sensitivity: Type.Array(SensitivityRow),
  foundation: Foundation
})
export type AssessmentResult = Static<typeof AssessmentResult>

/** What a person writes; the rest follows from it. */
export const assessmentContent = {
  title: BilingualText,
  hazard: Type.Enum(hazards),
  scenarios: Type.Array(Scenario, { maxItems: scenariosMax }),
  evidence: Type.Array(Evidence, { maxItems: evidenceMax })
} as const

export const Corrections = Type.Object(
  { harm: Type.Optional(Correction), urgency: Type.Optional(Correction), scope: Type.Optional(Correction) },
  { additionalProperties: false }
)
export type Corrections = Static<typeof Corrections>

export const Assessment = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(assessmentStatuses),
    /** What asked for it; an assessment of a plan or a catalogue has none of these. */
    warning: Type.Optional(Id),
    subject: Type.Optional(Type.String({ maxLength: 256, description: 'What else it is of: a plan, an entry of the catalogue' })),
    products: Type.Array(TraceKey, { maxItems: 1_024 }),
    ...assessmentContent,
    /** What the machine proposed from the data, with its figures. */
    proposal: LevelProposal,
    corrections: Corrections,
    result: AssessmentResult,
    /** Laboratories and experts by id, who took part. */
    bodies: Type.Array(Id, { maxItems: 64 }),
    opened: Signed,
    completed: Type.Optional(Signed),
    withdrawn: Type.Optional(Signed),
    updatedAtMs: TimeMs,
    policyVersion: Type.Integer({ minimum: 1 })
  },
  { title: 'assessment' }
)
export type Assessment = Static<typeof Assessment>
