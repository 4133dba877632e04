/** Gathers what a decision about a warning rests on beside the case itself: policy, rights, assessment, evaluation, measures. It decides nothing. */
import { Type } from 'typebox'
import { Assessment } from '@tracegate/model/assessment'
import { effectiveCriteria } from '@tracegate/model/assessment-judge'
import { compileValidator } from '@tracegate/model/codec'
import { Evaluation } from '@tracegate/model/evaluation'
import { measureTypes, type MeasureType } from '@tracegate/model/policy/measures'
import type { WarningCase } from '@tracegate/model/warning'
import type { DecisionFacts } from '@tracegate/model/warning-demands'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Principal } from '../accounts.ts'
import type { PolicyBook } from '../policy/policy-book.ts'

const assessments = compileValidator(Assessment)
const evaluations = compileValidator(Evaluation)
const measures = compileValidator(Type.Object({ type: Type.Enum(measureTypes), status: Type.String() }))
/** Measures in these states bind nobody. */
const idleMeasures: ReadonlySet<string> = new Set(['failed', 'withdrawn'])

export interface DecisionSources {
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

export interface Decided {
  readonly warning: WarningCase
  /** What the request names. */
  readonly assessment: string | undefined
  readonly evaluation: string | undefined
  readonly principal: Principal
}

export async function decisionFacts(
  { cases, policy, nowMs }: DecisionSources,
  { warning, principal, ...named }: Decided
): Promise<DecisionFacts> {
  const [current, assessment, evaluation, measuresOrdered] = await Promise.all([
    policy.current(),
    named.assessment === undefined ? undefined : assessmentFacts(cases, named.assessment),
    named.evaluation === undefined ? undefined : evaluationFacts(cases, named.evaluation),
    orderedMeasures(cases, warning.measures)
  ])
  return {
    policy: current.policy,
    policyVersion: current.version,
    nowMs: nowMs(),
    by: principal.name,
    rights: principal.rights,
    measuresOrdered,
    ...(assessment === undefined ? {} : { assessment }),
    ...(evaluation === undefined ? {} : { evaluation })
  }
}

async function assessmentFacts(cases: CaseStore, id: string): Promise<DecisionFacts['assessment']> {
  const read = assessments.check((await cases.head('assessment', id))?.state)
  if (!read.ok) return undefined
  const { status, warning, result } = read.value
  return {
    id,
    completed: status === 'completed',
    ...(warning === undefined ? {} : { warning }),
    criteria: effectiveCriteria(result.criteria),
    level: result.level
  }
}

async function evaluationFacts(cases: CaseStore, id: string): Promise<DecisionFacts['evaluation']> {
  const read = evaluations.check((await cases.head('evaluation', id))?.state)
  if (!read.ok) return undefined
  const { status, warning, verdict, completed } = read.value
  return {
    id,
    completed: status === 'completed',
    warning,
    ...(verdict === undefined ? {} : { verdict }),
    ...(completed === undefined ? {} : { by: completed.by })
  }
}

async function orderedMeasures(cases: CaseStore, ids: readonly string[]): Promise<MeasureType[]> {
  const heads = await Promise.all(ids.map((id) => cases.head('measure', id)))
  return heads.flatMap((head) => {
    const read = measures.check(head?.state)
    return read.ok && !idleMeasures.has(read.value.status) ? [read.value.type] : []
  })
}
