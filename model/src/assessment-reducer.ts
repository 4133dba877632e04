/**
 * The steps of an assessment's journal and what they make of it. Pure. Each step that changes what is judged keeps the result it came to and
 * the version of the policy it was judged by, so that the journal alone gives the case and the judgement can be done again.
 */
import { Type, type Static } from 'typebox'
import { Assessment, assessmentContent, AssessmentResult, Corrections, type AssessmentStatus } from './assessment.ts'
import { assessmentGaps } from './assessment-judge.ts'
import { LevelProposal } from './warning.ts'
import { contentError, warningError } from './warning-errors.ts'

const judged = { result: AssessmentResult, policyVersion: Type.Integer({ minimum: 1 }) } as const
const { warning, subject, products, bodies } = Assessment.properties

export const AssessmentOpenedStep = Type.Object({
  type: Type.Literal('opened'),
  warning,
  subject,
  products,
  ...assessmentContent,
  proposal: LevelProposal,
  ...judged
})
export const AssessmentRevisedStep = Type.Object({
  type: Type.Literal('revised'),
  content: Type.Object(assessmentContent),
  proposal: LevelProposal,
  corrections: Corrections,
  bodies,
  ...judged
})
export const AssessmentCompletedStep = Type.Object({ type: Type.Literal('completed'), ...judged })
export const AssessmentWithdrawnStep = Type.Object({ type: Type.Literal('withdrawn') })

export const AssessmentStep = Type.Union([AssessmentOpenedStep, AssessmentRevisedStep, AssessmentCompletedStep, AssessmentWithdrawnStep])
export type AssessmentStep = Static<typeof AssessmentStep>
export type AssessmentStepName = AssessmentStep['type']

export const assessmentTransitions: Readonly<Record<AssessmentStepName, readonly (AssessmentStatus | 'none')[]>> = {
  opened: ['none'],
  revised: ['open'],
  completed: ['open'],
  withdrawn: ['open', 'completed']
}

export interface AssessmentStepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

export function requireAssessmentTransition(before: Assessment | undefined, step: AssessmentStepName, id: string): void {
  const status = before?.status ?? 'none'
  const allowed = assessmentTransitions[step]
  if (!allowed.some((one) => one === status)) throw warningError('ASSESSMENT_STEP', { step, id, status, allowed: allowed.join(' or ') })
}

export function reduceAssessment(before: Assessment | undefined, step: AssessmentStep, context: AssessmentStepContext): Assessment {
  const { id, atMs, by, why } = context
  requireAssessmentTransition(before, step.type, id)
  const signed = { atMs, by, why }
  if (step.type === 'opened') {
    const { type: _type, ...content } = step
    return { id, status: 'open', ...content, corrections: {}, bodies: [], opened: signed, updatedAtMs: atMs }
  }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to assessment ${id}: there is none`)
  switch (step.type) {
    case 'revised': {
      const { proposal, corrections, bodies: taking, result, policyVersion } = step
      return { ...before, ...step.content, proposal, corrections, bodies: taking, result, policyVersion, updatedAtMs: atMs }
    }
    case 'completed': {
      const gaps = assessmentGaps(before)
      if (gaps.length > 0) throw contentError('ASSESSMENT_INCOMPLETE', { id }, gaps)
      return {
        ...before,
        status: 'completed',
        result: step.result,
        policyVersion: step.policyVersion,
        completed: signed,
        updatedAtMs: atMs
      }
    }
    case 'withdrawn':
      return { ...before, status: 'withdrawn', withdrawn: signed, updatedAtMs: atMs }
    default:
      return step satisfies never
  }
}
