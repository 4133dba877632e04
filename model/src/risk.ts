/**
 * The level of a warning from harm, urgency and scope (`regulation/rules.md` §1, task 8), each with the evidence it rests on. The
 * text leaves table and thresholds open: they are ours, versioned, and shown with every decision. It proposes; a person decides.
 */
import { gradingDefaults, type GradingPolicy } from './policy/grading.ts'
import type { BilingualText } from './text.ts'
import type { HolderState } from './trace.ts'
import type { Criterion, LevelProposal, WarningLevel } from './warning.ts'

export interface CriterionValues {
  readonly harm: number
  readonly urgency: number
  readonly scope: number
}

/** Raising one criterion never lowers the level. */
export function levelOf(values: CriterionValues, table: GradingPolicy = gradingDefaults): WarningLevel {
  const spread = Math.max(values.urgency, values.scope)
  const row = table.rows.find((row) => values.harm >= row.harmAtLeast && spread >= (row.spreadAtLeast ?? 0))
  return row?.level ?? 'IV'
}

export interface AssessmentFacts {
  readonly products: readonly { readonly name: BilingualText; readonly harm: number }[]
  /** Kinds of goods that no register knows. */
  readonly productsUnknown: number
  /** Whether what set it off still goes on. */
  readonly open: boolean
  /** Goods by what has become of them. */
  readonly held: Readonly<Record<HolderState, number>>
  /** Goods that are in stock, but no longer where it happened. */
  readonly elsewhere: number
  /** How fast a reading left its limit; missing where there is no reading. */
  readonly kelvinPerHour?: number
  /** Share of the allowed degree-minutes used up. */
  readonly doseShare?: number
  readonly lots: number
  readonly holders: number
  /** Countries and ports of the holders. */
  readonly regions: number
}

export function assess(facts: AssessmentFacts, table: GradingPolicy = gradingDefaults): LevelProposal {
  const criteria = { harm: harmOf(facts, table), urgency: urgencyOf(facts, table), scope: scopeOf(facts, table) }
  const values = { harm: criteria.harm.value, urgency: criteria.urgency.value, scope: criteria.scope.value }
  const level = levelOf(values, table)
  const text = `${values.harm}/${values.urgency}/${values.scope}`
  return {
    level,
    criteria,
    table: { id: table.id, version: table.version, source: table.source },
    reason: {
      zh: `危害性、紧急程度、影响范围为 ${text}，依分级表 ${table.id} 第 ${table.version} 版（系统默认）建议定为 ${level} 级`,
      en: `Harm, urgency and scope are ${text}; table ${table.id} version ${table.version} (our default) proposes level ${level}`
    }
  }
}

function harmOf(facts: AssessmentFacts, table: GradingPolicy): Criterion {
  const worst = facts.products.toSorted((left, right) => right.harm - left.harm)[0]
  const unknownCounts = facts.productsUnknown > 0 && (worst === undefined || table.harmUnknown > worst.harm)
  if (worst !== undefined && !unknownCounts)
    return {
      value: worst.harm,
      reason: {
        zh: `涉及 ${facts.products.length} 种登记产品，其中危害最大的“${worst.name.zh}”登记危害为 ${worst.harm}`,
        en: `Of ${counted(facts.products.length, 'registered product')} the most harmful, ${worst.name.en}, is registered with harm ${worst.harm}`
      }
    }
  return {
    value: table.harmUnknown,
    reason: {
      zh: `${facts.productsUnknown} 种产品未登记，按系统默认取危害 ${table.harmUnknown}`,
      en: `In no register: ${counted(facts.productsUnknown, 'product')}; our default for such goods is harm ${table.harmUnknown}`
    }
  }
}

function urgencyOf(facts: AssessmentFacts, table: GradingPolicy): Criterion {
  const away = facts.elsewhere + facts.held.inTransit + facts.held.unknown
  const [noticeable, fast] = table.urgency.kelvinPerHour
  const candidates: Criterion[] = [
    facts.open
      ? { value: 2, reason: { zh: '异常仍在持续', en: 'The anomaly still goes on' } }
      : { value: 1, reason: { zh: '异常已结束，货物仍在原处', en: 'The anomaly has ended and the goods are where it happened' } }
  ]
  const rate = facts.kelvinPerHour
  if (rate !== undefined && rate >= noticeable)
    candidates.push({
      value: rate >= fast ? 3 : 2,
      reason: {
        zh: `读数以每小时 ${rate.toFixed(1)} K 的速度偏离限值`,
        en: `The reading moves away from its limit by ${rate.toFixed(1)} K an hour`
      }
    })
  if (facts.doseShare !== undefined && facts.doseShare >= table.urgency.doseShareSpoilt)
    candidates.push({
      value: 3,
      reason: {
        zh: `累计偏离已达允许值的 ${percent(facts.doseShare)}`,
        en: `The cumulative deviation has reached ${percent(facts.doseShare)} of what is allowed`
      }
    })
  if (away > 0)
    candidates.push({
      value: 3,
      reason: { zh: `${away} 件货物已离开原处`, en: `${away} of the goods have left the place where it happened` }
    })
  if (facts.held.sold > 0)
    candidates.push({ value: 4, reason: { zh: `${facts.held.sold} 件已售出`, en: `${facts.held.sold} of the goods are sold` } })
  return worstOf(candidates)
}

function scopeOf(facts: AssessmentFacts, table: GradingPolicy): Criterion {
  const value = Math.max(
    graded(facts.lots, table.scope.lots),
    graded(facts.holders, table.scope.holders),
    graded(facts.regions, table.scope.regions)
  )
  return {
    value,
    reason: {
      zh: `涉及 ${facts.lots} 个批次、${facts.holders} 个持有方、${facts.regions} 个地区`,
      en: `Concerned: ${counted(facts.lots, 'lot')}, ${counted(facts.holders, 'holder')}, ${counted(facts.regions, 'region')}`
    }
  }
}

function graded(count: number, thresholds: readonly number[]): number {
  return 1 + thresholds.filter((threshold) => count >= threshold).length
}

/** The highest value, with the reasons of everything that reaches it. */
function worstOf(candidates: readonly Criterion[]): Criterion {
  const value = Math.max(...candidates.map((candidate) => candidate.value))
  const reasons = candidates.filter((candidate) => candidate.value === value).map((candidate) => candidate.reason)
  return { value, reason: { zh: reasons.map((reason) => reason.zh).join('；'), en: reasons.map((reason) => reason.en).join('; ') } }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
