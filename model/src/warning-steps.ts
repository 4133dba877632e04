/** The steps of a warning's journal, as they are stored. A step keeps all that its decision rested on, so that the journal alone gives the case. */
import { Type, type Static } from 'typebox'
import { compileValidator, type Decoded } from './codec.ts'
import { measureTypes } from './policy/measures.ts'
import { TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'
import { LevelProposal, RecallScope, WarningAudience, WarningCase, WarningContent, WarningRange } from './warning.ts'

const CaseId = Type.String({ minLength: 1, maxLength: 256 })
const { kind, title, hazard, regime, startMs, untilMs, matters, controlInstruction, advice, measuresStated } = WarningContent.properties

/** What every decision stores: the policy it was made under, by which right and in whose name, and by when the next step is due. */
const decision = {
  policyVersion: Type.Integer({ minimum: 1 }),
  right: Type.Optional(Type.String()),
  authority: Type.Optional(BilingualText),
  dueMs: Type.Optional(TimeMs)
} as const

/** The first step. Members that a draft of the first journals did not have are optional and have the values of that time. */
export const DraftedContent = Type.Object({
  origin: Type.Optional(WarningCase.properties.origin),
  drill: Type.Optional(Type.Boolean()),
  anomaly: Type.Optional(CaseId),
  report: Type.Optional(CaseId),
  certificate: Type.Optional(CaseId),
  title,
  hazard,
  regime,
  kind,
  proposal: LevelProposal,
  startMs,
  untilMs,
  scope: RecallScope,
  range: Type.Optional(WarningRange),
  matters,
  controlInstruction,
  advice,
  audience: Type.Optional(WarningAudience),
  measuresStated: Type.Optional(measuresStated),
  point: Type.Optional(Type.String()),
  place: Type.Optional(TraceKey),
  draftedAtMs: TimeMs,
  draftedAfterMs: Type.Number(),
  policyVersion: Type.Optional(Type.Integer({ minimum: 1 })),
  dueMs: Type.Optional(TimeMs)
})
export type DraftedContent = Static<typeof DraftedContent>

/** What has changed since: goods that came in later, goods that moved on, the anomaly's end. Only while it is a draft. */
export const UpdatedContent = Type.Object({
  title,
  hazard,
  regime,
  proposal: LevelProposal,
  scope: RecallScope,
  kind,
  range: Type.Optional(WarningRange),
  audience: Type.Optional(WarningAudience),
  matters,
  policyVersion: Type.Optional(Type.Integer({ minimum: 1 })),
  dueMs: Type.Optional(TimeMs)
})
export type UpdatedContent = Static<typeof UpdatedContent>

/** The whole written content, and fresh goods where they were looked up again. */
const rewritten = { content: WarningContent, scope: Type.Optional(RecallScope) } as const

const step = <const Name extends string, const Members extends Readonly<Record<string, Parameters<typeof Type.Object>[0][string]>>>(
  type: Name,
  members: Members
) => Type.Object({ type: Type.Literal(type), ...members })

export const DraftedStep = step('drafted', { content: DraftedContent })
export const UpdatedStep = step('updated', { content: UpdatedContent })
export const AssessedStep = step('assessed', {
  ...decision,
  ...rewritten,
  assessment: CaseId,
  criteria: LevelProposal.properties.criteria
})
export const ApprovedStep = step('approved', decision)
export const ReturnedStep = step('returned', decision)
/** The mandatory measures, stated or ordered, that what is published rests on. */
const mandatoryMeasures = Type.Array(Type.Enum(measureTypes), { maxItems: measureTypes.length })
export const PublishedStep = step('published', {
  ...decision,
  number: Type.String({ minLength: 1, maxLength: 64 }),
  fast: Type.Optional(Type.Literal(true, { description: 'By the fast path: without `approved`' })),
  mandatoryMeasures
})
const levelChange = { ...decision, ...rewritten, mandatoryMeasures, evaluation: Type.Optional(CaseId) } as const
export const RaisedStep = step('raised', levelChange)
export const LoweredStep = step('lowered', { ...levelChange, evaluation: CaseId })
/** Without `untilMs` it has no end from now on. */
export const ExtendedStep = step('extended', { ...decision, untilMs: Type.Optional(TimeMs), evaluation: Type.Optional(CaseId) })
export const AmendedStep = step('amended', { ...decision, ...rewritten, mandatoryMeasures })
export const LiftedStep = step('lifted', { ...decision, evaluation: CaseId })
export const DiscardedStep = step('discarded', decision)
export const RoutedStep = step('routed', { ...decision, to: BilingualText, reference: Type.Optional(Type.String({ maxLength: 256 })) })
const links = Type.Optional(Type.Array(CaseId, { maxItems: 256 }))
/** Cases that belong to it from now on. */
export const LinkedStep = step('linked', { measures: links, recalls: links, evaluations: links })
/** A publication that was begun and never ended gives its number back; see the series of numbers. */
export const NumberReleasedStep = step('numberReleased', { number: Type.String() })

export const WarningStep = Type.Union([
  DraftedStep,
  UpdatedStep,
  AssessedStep,
  ApprovedStep,
  ReturnedStep,
  PublishedStep,
  RaisedStep,
  LoweredStep,
  ExtendedStep,
  AmendedStep,
  LiftedStep,
  DiscardedStep,
  RoutedStep,
  LinkedStep,
  NumberReleasedStep
])
export type WarningStep = Static<typeof WarningStep>
export type WarningStepName = WarningStep['type']

const warningSteps = compileValidator(WarningStep)

/** The `data` of a journal step as a warning step. */
export function readWarningStep(data: unknown): Decoded<WarningStep> {
  return warningSteps.check(data)
}
