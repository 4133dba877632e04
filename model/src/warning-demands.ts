/**
 * What is asked for in a warning's workflow, the facts it is decided by, and the demands that several steps share: measures that fit the
 * level, evaluations on file, steps that one person must not do both. Pure; a demand that is not met throws its operating error.
 */
import type { MeasureType } from './policy/measures.ts'
import type { Policy } from './policy/policy.ts'
import type { Separation } from './policy/publication.ts'
import { warningError } from './warning-errors.ts'
import type { WarningStepName } from './warning-steps.ts'
import type { LevelProposal, RecallScope, WarningCase, WarningContent, WarningLevel } from './warning.ts'

export type ContentChange = Partial<WarningContent>

interface LevelChange {
  readonly level: WarningLevel
  readonly content: ContentChange
  readonly scope?: RecallScope
}

/** What a person asks for. `content` holds the members to be written anew; the others stay as they are. */
export type WarningRequest =
  | { readonly type: 'assessed'; readonly assessment: string; readonly content: ContentChange; readonly scope?: RecallScope }
  | { readonly type: 'approved' | 'returned' | 'discarded' }
  | { readonly type: 'published'; readonly fast: boolean; readonly number: string }
  | (LevelChange & { readonly type: 'raised'; readonly evaluation?: string })
  | (LevelChange & { readonly type: 'lowered'; readonly evaluation: string })
  | { readonly type: 'extended'; readonly untilMs?: number; readonly evaluation?: string }
  | { readonly type: 'amended'; readonly content: ContentChange; readonly scope?: RecallScope }
  | { readonly type: 'lifted'; readonly evaluation: string }
  | { readonly type: 'routed'; readonly reference?: string }

export interface DecisionFacts {
  readonly policy: Policy
  readonly policyVersion: number
  readonly nowMs: number
  readonly by: string
  readonly rights: readonly string[]
  /** The assessment that is named, where there is one. */
  readonly assessment?: {
    readonly id: string
    readonly completed: boolean
    readonly warning?: string
    /** What it comes to: the criteria as corrected by people, and the level of the table for them. */
    readonly criteria: LevelProposal['criteria']
    readonly level: WarningLevel
  }
  readonly evaluation?: {
    readonly id: string
    readonly completed: boolean
    readonly warning?: string
    readonly verdict?: string
    readonly by?: string
  }
  /** Types of the measures ordered under this warning that have not failed. */
  readonly measuresOrdered: readonly MeasureType[]
}

/** Measures fit the level (task 11). */
export function requireFitting(before: WarningCase, step: WarningStepName, content: WarningContent, { policy }: DecisionFacts): void {
  const allowed = policy.measures.allowed[content.level]
  const wrong = content.measuresStated.filter((type) => !allowed.includes(type))
  if (wrong.length > 0)
    throw warningError('WARNING_MEASURES', {
      step,
      id: before.id,
      measures: wrong.join(', '),
      level: content.level,
      allowed: allowed.join(', ')
    })
}

interface EvaluationNeed {
  readonly facts: DecisionFacts
  readonly verdicts: readonly string[]
}

export function requireEvaluation(
  before: WarningCase,
  request: { readonly type: WarningStepName; readonly evaluation?: string },
  need: EvaluationNeed
): void {
  const { evaluation } = need.facts
  const refused = (detail: string) =>
    warningError('WARNING_EVALUATION', { step: request.type, id: before.id, detail, verdict: need.verdicts.join(' or ') })
  if (request.evaluation === undefined) throw refused('none is named')
  if (evaluation === undefined) throw refused(`evaluation ${request.evaluation} is not known`)
  if (!evaluation.completed) throw refused(`evaluation ${evaluation.id} is not completed`)
  if (evaluation.warning !== before.id) throw refused(`evaluation ${evaluation.id} is of ${evaluation.warning ?? 'another case'}`)
  if (evaluation.verdict === undefined || !need.verdicts.includes(evaluation.verdict))
    throw refused(`evaluation ${evaluation.id} has the verdict ${evaluation.verdict ?? 'none'}`)
}

/** Refuses who did the step before himself, where the policy separates the two. */
export function requireOthers(
  before: WarningCase,
  step: WarningStepName,
  facts: DecisionFacts,
  pairs: readonly (readonly [Separation, string | undefined])[]
): void {
  const { separation } = facts.policy.publication.levels[before.level]
  for (const [pair, who] of pairs)
    if (separation.includes(pair) && who === facts.by)
      throw warningError('WARNING_SAME_PERSON', {
        step,
        id: before.id,
        by: facts.by,
        before: pair.slice(0, pair.indexOf('/')),
        level: before.level
      })
}
