/**
 * From what a person asks to the step that is stored: rights, separation of steps, evaluations, the fast path and deadlines, as the policy
 * states them (tasks 9 to 11). Pure: what stands outside the case is given as facts. Whatever is not allowed throws its operating error.
 */
import type { Policy } from './policy/policy.ts'
import { contentFaults, contentOf } from './warning-contents.ts'
import { contentError, warningError } from './warning-errors.ts'
import { compareLevels, requireTransition } from './warning-reducer.ts'
import {
  requireEvaluation,
  requireFitting,
  requireOthers,
  type ContentChange,
  type DecisionFacts,
  type WarningRequest
} from './warning-demands.ts'
import type { WarningStep } from './warning-steps.ts'
import type { RecallScope, WarningCase, WarningContent, WarningLevel } from './warning.ts'

/** The right that a step needs. Of a change of level it is that of the graver level: the fast path has fewer steps, never less authority. */
export function rightOf(
  before: WarningCase,
  request: Pick<WarningRequest, 'type'> & { readonly level?: WarningLevel },
  policy: Policy
): string {
  const publishing = (level: WarningLevel) => policy.publication.levels[level].authority.right
  switch (request.type) {
    case 'assessed':
    case 'routed':
      return 'assess'
    case 'discarded':
      // What a second person has approved is not put aside by the first one.
      return before.status === 'approved' ? 'approve' : 'assess'
    case 'approved':
    case 'returned':
      return 'approve'
    case 'raised':
    case 'lowered': {
      const to = request.level ?? before.level
      return publishing(compareLevels(to, before.level) < 0 ? to : before.level)
    }
    case 'published':
    case 'extended':
    case 'amended':
    case 'lifted':
      return publishing(before.level)
    default:
      return request.type satisfies never
  }
}

export function decideWarning(before: WarningCase, request: WarningRequest, facts: DecisionFacts): WarningStep {
  const { policy } = facts
  requireTransition(before, request.type, before.id)
  const right = rightOf(before, request, policy)
  if (!facts.rights.includes(right)) throw warningError('RIGHT_MISSING', { right, name: facts.by })
  requireGeneralRegime(before, request, policy)
  const decision = { policyVersion: facts.policyVersion, right, ...authorityOf(before, request, policy) }
  switch (request.type) {
    case 'assessed':
      return assessed(before, request, { decision, facts })
    case 'approved':
      requireOthers(before, request.type, facts, [['assessed/approved', before.assessed?.by]])
      return { type: 'approved', ...decision, dueMs: facts.nowMs + policy.publication.levels[before.level].clocks.publishMs }
    case 'returned':
      return { type: 'returned', ...decision, dueMs: facts.nowMs + policy.publication.levels[before.level].clocks.assessMs }
    case 'published':
      return published(before, request, { decision, facts })
    case 'raised':
    case 'lowered':
      return changedLevel(before, request, { decision, facts })
    case 'amended':
      return amended(before, request, { decision, facts })
    case 'extended':
      if (request.evaluation !== undefined || policy.publication.evaluationFor.extended)
        requireEvaluation(before, request, { facts, verdicts: ['keep', 'raise', 'lower', 'lift'] })
      return {
        type: 'extended',
        ...decision,
        ...(request.untilMs === undefined ? {} : { untilMs: request.untilMs }),
        ...(request.evaluation === undefined ? {} : { evaluation: request.evaluation }),
        dueMs: evaluationDueMs(before.level, facts)
      }
    case 'lifted':
      requireEvaluation(before, request, { facts, verdicts: ['lift'] })
      requireOthers(before, request.type, facts, [['evaluated/lifted', facts.evaluation?.by]])
      return { type: 'lifted', ...decision, evaluation: request.evaluation }
    case 'discarded':
      return { type: 'discarded', ...decision }
    case 'routed':
      return routed(before, request, { decision, facts })
    default:
      return request satisfies never
  }
}

interface Decision {
  readonly policyVersion: number
  readonly right: string
}
interface Deciding {
  readonly decision: Decision
  readonly facts: DecisionFacts
}
type Asked<Name extends WarningRequest['type']> = Extract<WarningRequest, { readonly type: Name }>

function authorityOf(before: WarningCase, request: WarningRequest, policy: Policy) {
  const publishes = ['published', 'raised', 'lowered', 'extended', 'amended', 'lifted'].includes(request.type)
  if (!publishes) return {}
  const level = request.type === 'raised' ? request.level : before.level
  return { authority: policy.publication.levels[level].authority.name }
}

/** Food goes to its own procedure; only to correct the regime, to discard it or to hand it over may it be touched here. */
function requireGeneralRegime(before: WarningCase, request: WarningRequest, policy: Policy): void {
  const regime = 'content' in request ? (request.content.regime ?? before.regime) : before.regime
  const free = request.type === 'discarded' || request.type === 'routed' || request.type === 'returned'
  if (regime === 'food' && !free)
    throw warningError('WARNING_FOOD', { step: request.type, id: before.id, procedure: policy.publication.food.procedure.en })
}

function assessed(before: WarningCase, request: Asked<'assessed'>, { decision, facts }: Deciding): WarningStep {
  const { assessment } = facts
  const refused = (detail: string) => warningError('WARNING_ASSESSMENT', { id: before.id, detail })
  if (assessment === undefined) throw refused(`assessment ${request.assessment} is not known`)
  if (!assessment.completed) throw refused(`assessment ${assessment.id} is not completed`)
  if (assessment.warning !== before.id) throw refused(`assessment ${assessment.id} is of ${assessment.warning ?? 'no warning'}`)
  const next = rewritten(before, { level: assessment.level, ...request.content }, request.scope)
  const faults = contentFaults({ ...next.content, scope: next.scope ?? before.scope })
  if (faults.length > 0) throw contentError('WARNING_INCOMPLETE', { step: 'assessed', id: before.id }, faults)
  requireFitting(before, 'assessed', next.content, facts)
  const dueMs = facts.nowMs + facts.policy.publication.levels[next.content.level].clocks.approveMs
  return { type: 'assessed', ...decision, ...next, assessment: assessment.id, criteria: assessment.criteria, dueMs }
}

function published(before: WarningCase, request: Asked<'published'>, { decision, facts }: Deciding): WarningStep {
  const { fastPath } = facts.policy.publication
  if (request.fast) {
    const harm = (before.criteria ?? before.proposal.criteria).harm.value
    if (!fastPath.levels.includes(before.level) || harm < fastPath.harmAtLeast)
      throw warningError('WARNING_FAST', {
        id: before.id,
        level: before.level,
        harm,
        levels: fastPath.levels.join(' or '),
        harmAtLeast: fastPath.harmAtLeast
      })
    // Who publishes without an approval stands in for it.
    const assessor = before.assessed?.by
    requireOthers(before, request.type, facts, [
      ['assessed/approved', assessor],
      ['assessed/published', assessor]
    ])
  } else
    requireOthers(before, request.type, facts, [
      ['approved/published', before.approved?.by],
      ['assessed/published', before.assessed?.by]
    ])
  requireFitting(before, request.type, contentOf(before), facts)
  return { type: 'published', ...decision, number: request.number, ...(request.fast ? { fast: true } : {}), ...inForce(before, facts) }
}

function changedLevel(before: WarningCase, request: Asked<'raised' | 'lowered'>, { decision, facts }: Deciding): WarningStep {
  const { type, level } = request
  const needed = type === 'lowered' || facts.policy.publication.evaluationFor.raised
  if (needed || request.evaluation !== undefined)
    requireEvaluation(before, request, { facts, verdicts: [type === 'raised' ? 'raise' : 'lower'] })
  if (type === 'lowered') requireOthers(before, type, facts, [['evaluated/lowered', facts.evaluation?.by]])
  const next = rewritten(before, { ...request.content, level }, request.scope)
  requireFitting(before, type, next.content, facts)
  const step = { ...decision, ...next, ...inForce({ ...before, ...next.content }, facts) }
  if (request.type === 'lowered') return { type: request.type, ...step, evaluation: request.evaluation }
  return { type: request.type, ...step, ...(request.evaluation === undefined ? {} : { evaluation: request.evaluation }) }
}

function amended(before: WarningCase, request: Asked<'amended'>, { decision, facts }: Deciding): WarningStep {
  const next = rewritten(before, { ...request.content, level: before.level }, request.scope)
  requireFitting(before, 'amended', next.content, facts)
  return { type: 'amended', ...decision, ...next, ...inForce({ ...before, ...next.content }, facts) }
}

function routed(before: WarningCase, request: Asked<'routed'>, { decision, facts }: Deciding): WarningStep {
  if (before.regime !== 'food')
    throw warningError('WARNING_STEP', { step: 'routed', id: before.id, status: `of regime ${before.regime}`, allowed: 'of regime food' })
  const { procedure, authority } = facts.policy.publication.food
  const to = { zh: `${authority.zh}（${procedure.zh}）`, en: `${authority.en} (${procedure.en})` }
  return { type: 'routed', ...decision, to, ...(request.reference === undefined ? {} : { reference: request.reference }) }
}

function rewritten(
  before: WarningCase,
  change: ContentChange,
  scope: RecallScope | undefined
): { content: WarningContent; scope?: RecallScope } {
  return { content: { ...contentOf(before), ...change }, ...(scope === undefined ? {} : { scope }) }
}

/** The deadline of the evaluation of its effect, and the mandatory measures it rests on. */
function inForce(after: Pick<WarningCase, 'level' | 'measuresStated'>, facts: DecisionFacts) {
  const { mandatoryMeasures } = facts.policy.publication
  const all = new Set([...after.measuresStated, ...facts.measuresOrdered])
  return { mandatoryMeasures: mandatoryMeasures.filter((type) => all.has(type)), dueMs: evaluationDueMs(after.level, facts) }
}

function evaluationDueMs(level: WarningLevel, { policy, nowMs }: DecisionFacts): number {
  return nowMs + policy.publication.levels[level].clocks.evaluateMs
}
