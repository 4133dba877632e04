/**
 * Judges an assessment: the risk of each scenario by the matrix (`regulation/rules.md` §5), the worst of which counts, the criteria and
 * level it comes to, what one step of any factor would change, and how well it is founded. Pure: policy in, result out.
 */
import type { AssessmentResult, Corrections, Evidence, Foundation, Scenario, ScenarioResult, SensitivityRow } from './assessment.ts'
import type { Reason } from './errors.ts'
import { riskLevels, type AssessmentPolicy, type RiskLevel } from './policy/assessment.ts'
import type { GradingPolicy } from './policy/grading.ts'
import { fractionOf, isAbove, numberOf, productOf, scaledBy } from './probability.ts'
import { levelOf } from './risk.ts'
import { criterionNames, type Criterion, type CriterionName, type LevelProposal, type WarningLevel } from './warning.ts'

export interface AssessmentInput {
  readonly scenarios: readonly Scenario[]
  readonly evidence: readonly Evidence[]
  readonly proposal: LevelProposal
  readonly corrections: Corrections
}

export interface AssessmentPolicies {
  readonly assessment: AssessmentPolicy
  readonly grading: GradingPolicy
}

/** The risk of one scenario: the first row that its probability is strictly above, at its severity. */
export function riskOf({ steps, severity }: Pick<Scenario, 'steps' | 'severity'>, policy: AssessmentPolicy): ScenarioResult {
  const product = productOf(steps.map((step) => step.probability))
  if (product === undefined) throw new TypeError('Cannot judge a scenario: a step holds no probability from 0 to 1')
  const row = policy.matrix.rows.find(({ above }) => {
    const limit = above === undefined ? undefined : fractionOf(above)
    return limit === undefined || isAbove(product, limit)
  })
  const risk = row?.levels[severity - 1] ?? 'low'
  return { probability: numberOf(product), ...(row?.above === undefined ? {} : { above: row.above }), risk }
}

/** Index of the gravest; of equals the more probable one. */
function worstOf(results: readonly ScenarioResult[]): number | undefined {
  let worst: number | undefined
  for (const [at, result] of results.entries()) {
    const before = worst === undefined ? undefined : results[worst]
    if (before === undefined || rank(result.risk) > rank(before.risk)) worst = at
    else if (result.risk === before.risk && result.probability > before.probability) worst = at
  }
  return worst
}

function rank(risk: RiskLevel): number {
  return riskLevels.indexOf(risk)
}

export function judgeAssessment(input: AssessmentInput, policies: AssessmentPolicies): AssessmentResult {
  const base = judgeLevel(input, policies)
  const sensitivity = sensitivityOf(input, policies, base.level)
  const { id, version, matrix } = policies.assessment
  return {
    ...base,
    matrix: { id, version, source: matrix.source },
    sensitivity,
    foundation: foundationOf(input, sensitivity, policies.assessment)
  }
}

type Judged = Pick<AssessmentResult, 'scenarios' | 'worst' | 'risk' | 'criteria' | 'level'>

function judgeLevel({ scenarios, proposal, corrections }: AssessmentInput, policies: AssessmentPolicies): Judged {
  const results = scenarios.map((scenario) => riskOf(scenario, policies.assessment))
  const worst = worstOf(results)
  const found = worst === undefined ? undefined : results[worst]
  const title = worst === undefined ? undefined : scenarios[worst]?.title
  const proposedHarm =
    found === undefined ? proposal.criteria.harm : harmOfRisk(found, title ?? { zh: '', en: '' }, policies.assessment.harmOf[found.risk])
  const criteria = {
    harm: { proposed: proposedHarm, ...corrected(corrections, 'harm') },
    urgency: { proposed: proposal.criteria.urgency, ...corrected(corrections, 'urgency') },
    scope: { proposed: proposal.criteria.scope, ...corrected(corrections, 'scope') }
  }
  return {
    scenarios: results,
    ...(worst === undefined ? {} : { worst }),
    ...(found === undefined ? {} : { risk: found.risk }),
    criteria,
    level: levelOf(valuesOf(criteria), policies.grading)
  }
}

function corrected(corrections: Corrections, name: CriterionName) {
  const correction = corrections[name]
  return correction === undefined ? {} : { corrected: correction }
}

/** The values that count: those of people where they gave some. */
export function valuesOf(criteria: AssessmentResult['criteria']): Record<CriterionName, number> {
  const value = (name: CriterionName) => criteria[name].corrected?.value ?? criteria[name].proposed.value
  return { harm: value('harm'), urgency: value('urgency'), scope: value('scope') }
}

/** The criteria that count, each with its reason. */
export function effectiveCriteria(criteria: AssessmentResult['criteria']): LevelProposal['criteria'] {
  const effective = (name: CriterionName): Criterion => {
    const { proposed, corrected } = criteria[name]
    if (corrected === undefined) return proposed
    const { value, by, why } = corrected
    return {
      value,
      reason: {
        zh: `由 ${by} 更正为 ${value}：${why}（系统建议 ${proposed.value}：${proposed.reason.zh}）`,
        en: `Corrected to ${value} by ${by}: ${why} (proposed was ${proposed.value}: ${proposed.reason.en})`
      }
    }
  }
  return { harm: effective('harm'), urgency: effective('urgency'), scope: effective('scope') }
}

const riskNames: Readonly<Record<RiskLevel, { zh: string; en: string }>> = {
  low: { zh: '低', en: 'low' },
  medium: { zh: '中', en: 'medium' },
  high: { zh: '高', en: 'high' },
  serious: { zh: '严重', en: 'serious' }
}

function harmOfRisk(found: ScenarioResult, title: { zh: string; en: string }, value: number): Criterion {
  const share = found.probability.toPrecision(3)
  return {
    value,
    reason: {
      zh: `最严重的伤害情景“${title.zh}”概率为 ${share}，按矩阵风险为${riskNames[found.risk].zh}，取危害 ${value}`,
      en: `The worst injury scenario, ${title.en}, has the probability ${share}; by the matrix its risk is ${riskNames[found.risk].en}, which gives harm ${value}`
    }
  }
}

type Move = Pick<SensitivityRow, 'factor' | 'direction' | 'from' | 'to'> & { readonly input: AssessmentInput }

function sensitivityOf(input: AssessmentInput, policies: AssessmentPolicies, level: WarningLevel): SensitivityRow[] {
  const scenarioMoves = [...movesOfScenarios(input, policies.assessment)].map(({ input: moved, ...row }): SensitivityRow => {
    const after = judgeLevel(moved, policies)
    return { ...row, ...(after.risk === undefined ? {} : { risk: after.risk }), level: after.level, changes: after.level !== level }
  })
  return [...scenarioMoves, ...criterionRows(input, policies, level)]
}

function* movesOfScenarios(input: AssessmentInput, policy: AssessmentPolicy): Generator<Move> {
  const replaced = (at: number, scenario: Scenario) => ({ ...input, scenarios: input.scenarios.with(at, scenario) })
  for (const [at, scenario] of input.scenarios.entries()) {
    for (const [index, step] of scenario.steps.entries())
      for (const direction of ['up', 'down'] as const) {
        const to = scaledBy(step.probability, policy.probabilityStep, direction)
        if (to === undefined) continue
        const moved = replaced(at, { ...scenario, steps: scenario.steps.with(index, { ...step, probability: to }) })
        yield { factor: { type: 'probability', scenario: at, step: index }, direction, from: step.probability, to, input: moved }
      }
    for (const direction of ['up', 'down'] as const) {
      const severity = scenario.severity + (direction === 'up' ? 1 : -1)
      if (severity < 1 || severity > 4) continue
      const moved = replaced(at, { ...scenario, severity })
      yield { factor: { type: 'severity', scenario: at }, direction, from: scenario.severity, to: severity, input: moved }
    }
  }
}

function criterionRows(input: AssessmentInput, policies: AssessmentPolicies, level: WarningLevel): SensitivityRow[] {
  const values = valuesOf(judgeLevel(input, policies).criteria)
  const rows: SensitivityRow[] = []
  for (const name of criterionNames)
    for (const direction of ['up', 'down'] as const) {
      const to = values[name] + (direction === 'up' ? 1 : -1)
      if (to < 1 || to > 4) continue
      const after = levelOf({ ...values, [name]: to }, policies.grading)
      rows.push({
        factor: { type: 'criterion', name },
        direction,
        from: values[name],
        to,
        level: after,
        changes: after !== level
      })
    }
  return rows
}

function foundationOf(input: AssessmentInput, sensitivity: readonly SensitivityRow[], policy: AssessmentPolicy): Foundation {
  const steps = input.scenarios.flatMap((scenario) => scenario.steps)
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(1, part / whole))
  const evidence = share(input.evidence.length, policy.evidenceEnough)
  const kinds = share(new Set(input.evidence.map((piece) => piece.type)).size, policy.evidenceKindsEnough)
  const basis = share(steps.filter((step) => (step.basis ?? '').trim() !== '').length, steps.length)
  const robustness = share(sensitivity.filter((row) => !row.changes).length, sensitivity.length)
  const { foundation: weights } = policy
  const sum = weights.evidence * evidence + weights.kinds * kinds + weights.basis * basis + weights.robustness * robustness
  return { index: Math.round(100 * sum), evidence, kinds, basis, robustness }
}

/** What is missing before it may be completed. */
export function assessmentGaps({ scenarios, evidence }: Pick<AssessmentInput, 'scenarios' | 'evidence'>): Reason[] {
  const gap = (pointer: string, wanted: string) => ({
    code: 'CONTENT_MISSING',
    pointer,
    message: `${pointer} is empty, expected ${wanted}`
  })
  return [
    ...(scenarios.length === 0 ? [gap('/scenarios', 'at least one injury scenario')] : []),
    ...(evidence.length === 0 ? [gap('/evidence', 'at least one piece of evidence')] : [])
  ]
}
