/**
 * The evaluation of a warning's effect (task 11): figures from its measures, the readings after it and its recalls, the verdict they
 * propose and the one a person gives. Steps, reducer and the proposal are pure; the figures are gathered elsewhere.
 */
import { Type, type Static } from 'typebox'
import type { PublicationPolicy } from './policy/publication.ts'
import { BilingualText } from './text.ts'
import { warningError } from './warning-errors.ts'
import { Signed } from './warning.ts'
import { TimeMs } from './wire.ts'

export const verdicts = ['raise', 'keep', 'lower', 'lift'] as const
export type Verdict = (typeof verdicts)[number]
const VerdictName = Type.Enum(verdicts)
const Count = Type.Integer({ minimum: 0 })
const Id = Type.String({ minLength: 1, maxLength: 256 })

export const EvaluationFigures = Type.Object({
  sinceMs: TimeMs,
  atMs: TimeMs,
  /** Measures ordered under the warning; late ones are past their deadline, done or not. */
  measures: Type.Object({ ordered: Count, done: Count, failed: Count, late: Count, underWay: Count }),
  /** Anomalies about the same goods or place: those that began since the publication, and those still open. */
  anomalies: Type.Object({
    since: Count,
    open: Count,
    lastMs: Type.Optional(TimeMs),
    /** More may exist than were looked at. */
    truncated: Type.Boolean()
  }),
  /** Of the series that watch the place, their readings since the publication. */
  readings: Type.Array(
    Type.Object({
      series: Type.String(),
      unit: Type.String(),
      count: Count,
      min: Type.Number(),
      max: Type.Number(),
      mean: Type.Number(),
      low: Type.Optional(Type.Number()),
      high: Type.Optional(Type.Number()),
      /** Share of the hours of which every reading was within the limits. */
      hoursWithin: Type.Optional(Type.Number())
    }),
    { maxItems: 16 }
  ),
  recalls: Type.Array(
    Type.Object({ id: Id, status: Type.String(), closed: Type.Boolean(), goods: Type.Optional(Count), accounted: Type.Optional(Count) }),
    { maxItems: 256 }
  ),
  reportsSince: Count
})
export type EvaluationFigures = Static<typeof EvaluationFigures>

export const VerdictProposal = Type.Object({ verdict: VerdictName, reasons: Type.Array(BilingualText) })
export type VerdictProposal = Static<typeof VerdictProposal>

export const evaluationStatuses = ['open', 'completed', 'withdrawn'] as const
export type EvaluationStatus = (typeof evaluationStatuses)[number]

export const Evaluation = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(evaluationStatuses),
    warning: Id,
    figures: EvaluationFigures,
    proposal: VerdictProposal,
    verdict: Type.Optional(VerdictName),
    opened: Signed,
    completed: Type.Optional(Signed),
    withdrawn: Type.Optional(Signed),
    drill: Type.Boolean(),
    updatedAtMs: TimeMs,
    policyVersion: Type.Integer({ minimum: 1 })
  },
  { title: 'evaluation' }
)
export type Evaluation = Static<typeof Evaluation>

const gathered = { figures: EvaluationFigures, proposal: VerdictProposal, policyVersion: Type.Integer({ minimum: 1 }) } as const
export const EvaluationStep = Type.Union([
  Type.Object({ type: Type.Literal('opened'), warning: Id, drill: Type.Boolean(), ...gathered }),
  Type.Object({ type: Type.Literal('refreshed'), ...gathered }),
  Type.Object({ type: Type.Literal('completed'), verdict: VerdictName, policyVersion: Type.Integer({ minimum: 1 }) }),
  Type.Object({ type: Type.Literal('withdrawn') })
])
export type EvaluationStep = Static<typeof EvaluationStep>

export const evaluationTransitions: Readonly<Record<EvaluationStep['type'], readonly (EvaluationStatus | 'none')[]>> = {
  opened: ['none'],
  refreshed: ['open'],
  completed: ['open'],
  withdrawn: ['open']
}

export interface EvaluationStepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

export function reduceEvaluation(before: Evaluation | undefined, step: EvaluationStep, context: EvaluationStepContext): Evaluation {
  const { id, atMs, by, why } = context
  const status = before?.status ?? 'none'
  const allowed = evaluationTransitions[step.type]
  if (!allowed.some((one) => one === status))
    throw warningError('EVALUATION_STEP', { step: step.type, id, status, allowed: allowed.join(' or ') })
  const signed = { atMs, by, why }
  if (step.type === 'opened') {
    const { type: _type, ...content } = step
    return { id, status: 'open', ...content, opened: signed, updatedAtMs: atMs }
  }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to evaluation ${id}: there is none`)
  switch (step.type) {
    case 'refreshed':
      return { ...before, figures: step.figures, proposal: step.proposal, policyVersion: step.policyVersion, updatedAtMs: atMs }
    case 'completed':
      return {
        ...before,
        status: 'completed',
        verdict: step.verdict,
        policyVersion: step.policyVersion,
        completed: signed,
        updatedAtMs: atMs
      }
    case 'withdrawn':
      return { ...before, status: 'withdrawn', withdrawn: signed, updatedAtMs: atMs }
    default:
      return step satisfies never
  }
}

/** What the figures propose: a cause that goes on keeps or raises, work that is done lowers, a closed matter lifts. */
export function proposeVerdict(figures: EvaluationFigures, policy: PublicationPolicy['evaluation']): VerdictProposal {
  const { measures, anomalies, recalls } = figures
  const quietMs = figures.atMs - (anomalies.lastMs ?? figures.sinceMs)
  const quiet = anomalies.open === 0 && quietMs >= policy.quietMs
  const doneShare = measures.ordered === 0 ? 1 : measures.done / measures.ordered
  const recallsDone = recalls.every((recall) => recall.closed || shareOf(recall) >= policy.recallShareToLift)
  const reasons: BilingualText[] = [
    {
      zh: `措施 ${measures.ordered} 项：完成 ${measures.done}、失败 ${measures.failed}、逾期 ${measures.late}`,
      en: `Measures: ${measures.ordered} ordered, ${measures.done} done, ${measures.failed} failed, ${measures.late} late`
    },
    {
      zh: `发布后新增异常 ${anomalies.since} 起，仍未关闭 ${anomalies.open} 起`,
      en: `Anomalies since publication: ${anomalies.since}; still open: ${anomalies.open}`
    },
    {
      zh: `召回 ${recalls.length} 项，其中 ${recalls.filter((recall) => recall.closed).length} 项已结束`,
      en: `Recalls: ${recalls.length}, of which ${recalls.filter((recall) => recall.closed).length} closed`
    }
  ]
  const proposed = (verdict: Verdict): VerdictProposal => ({ verdict, reasons })
  if (anomalies.since > 0 && anomalies.open > 0 && measures.failed > 0) return proposed('raise')
  if (!quiet) return proposed('keep')
  if (doneShare === 1 && recallsDone) return proposed('lift')
  return proposed(doneShare >= policy.measuresShareToLower ? 'lower' : 'keep')
}

function shareOf({ goods, accounted }: EvaluationFigures['recalls'][number]): number {
  return goods === undefined || goods === 0 ? 0 : (accounted ?? 0) / goods
}
