/**
 * The level of a warning from harm, urgency and scope (`regulation/rules.md` §1, task 8), each with the evidence it rests on. The
 * text leaves table and thresholds open: they are ours, versioned, and shown with every decision. It proposes; a person decides.
 */
import { gradingDefaults, levelByRows, type GradingPolicy } from './policy/grading.ts'
import type { BilingualText } from './text.ts'
import type { HolderState } from './trace.ts'
import type { Criterion, LevelProposal, ProposalFigures, WarningLevel } from './warning.ts'

export interface CriterionValues {
  readonly harm: number
  readonly urgency: number
  readonly scope: number
}

/** Raising one criterion never lowers the level. */
export function levelOf(values: CriterionValues, table: GradingPolicy = gradingDefaults): WarningLevel {
  return levelByRows(table.rows, values)
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
  /** All goods concerned. */
  readonly goods: number
  /** In stock where things are sold to consumers. */
  readonly onSale: number
  /** People's reports that bear witness; injuries are among the complaints. */
  readonly complaints: number
  readonly injuries: number
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
    figures: figuresOf(facts),
    reason: {
      zh: `危害性、紧急程度、影响范围为 ${text}，依分级表 ${table.id} 第 ${table.version} 版（系统默认）建议定为 ${level} 级`,
      en: `Harm, urgency and scope are ${text}; table ${table.id} version ${table.version} (our default) proposes level ${level}`
    }
  }
}

function figuresOf(facts: AssessmentFacts): ProposalFigures {
  const { held, products, ...rest } = facts
  const harms = products.map((product) => product.harm)
  return { ...rest, ...held, products: products.length, ...(harms.length === 0 ? {} : { harm: Math.max(...harms) }) }
}

/** The level that the figures of a proposal come to under a policy: a decision made again. */
export function levelOfFigures(figures: ProposalFigures, table: GradingPolicy): WarningLevel {
  const { harm, products, inStock, inTransit, sold, destroyed, unknown, ...rest } = figures
  const named = Array.from({ length: products }, () => ({ name: { zh: '', en: '' }, harm: harm ?? 1 }))
  return assess({ ...rest, products: named, held: { inStock, inTransit, sold, destroyed, unknown } }, table).level
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

function urgencyOf(facts: AssessmentFacts, { urgency }: GradingPolicy): Criterion {
  const { values } = urgency
  const candidates: Criterion[] = [
    facts.open
      ? { value: values.open, reason: { zh: '异常仍在持续', en: 'The anomaly still goes on' } }
      : {
          value: values.closed,
          reason: { zh: '异常已结束，货物仍在原处', en: 'The anomaly has ended and the goods are where it happened' }
        },
    ...paceCriteria(facts, urgency)
  ]
  const away = facts.elsewhere + facts.held.inTransit + facts.held.unknown
  const add = (count: number, value: number, reason: Criterion['reason']) => {
    if (count > 0) candidates.push({ value, reason })
  }
  add(away, values.away, { zh: `${away} 件货物已离开原处`, en: `${away} of the goods have left the place where it happened` })
  add(facts.onSale, values.onSale, { zh: `${facts.onSale} 件在售`, en: `${facts.onSale} of the goods are on sale` })
  add(facts.held.sold, values.sold, { zh: `${facts.held.sold} 件已售出`, en: `${facts.held.sold} of the goods are sold` })
  add(facts.complaints, values.complaints, {
    zh: `收到 ${facts.complaints} 件投诉`,
    en: `People complain: ${counted(facts.complaints, 'report')}`
  })
  add(facts.injuries, values.injuries, {
    zh: `收到 ${facts.injuries} 件伤害报告`,
    en: `People are injured: ${counted(facts.injuries, 'report')}`
  })
  return worstOf(candidates)
}

/** How fast, and how far, a reading left its limit. */
function paceCriteria({ kelvinPerHour, doseShare }: AssessmentFacts, { values, ...urgency }: GradingPolicy['urgency']): Criterion[] {
  const [noticeable, fast] = urgency.kelvinPerHour
  const criteria: Criterion[] = []
  if (kelvinPerHour !== undefined && kelvinPerHour >= noticeable)
    criteria.push({
      value: kelvinPerHour >= fast ? values.fast : values.noticeable,
      reason: {
        zh: `读数以每小时 ${kelvinPerHour.toFixed(1)} K 的速度偏离限值`,
        en: `The reading moves away from its limit by ${kelvinPerHour.toFixed(1)} K an hour`
      }
    })
  if (doseShare !== undefined && doseShare >= urgency.doseShareSpoilt)
    criteria.push({
      value: values.spoilt,
      reason: {
        zh: `累计偏离已达允许值的 ${percent(doseShare)}`,
        en: `The cumulative deviation has reached ${percent(doseShare)} of what is allowed`
      }
    })
  return criteria
}

function scopeOf(facts: AssessmentFacts, table: GradingPolicy): Criterion {
  const value = Math.max(
    graded(facts.lots, table.scope.lots),
    graded(facts.holders, table.scope.holders),
    graded(facts.regions, table.scope.regions),
    graded(facts.goods, table.scope.goods)
  )
  return {
    value,
    reason: {
      zh: `涉及 ${facts.goods} 件货物、${facts.lots} 个批次、${facts.holders} 个持有方、${facts.regions} 个地区`,
      en: `Concerned: goods ${facts.goods}, ${counted(facts.lots, 'lot')}, ${counted(facts.holders, 'holder')}, ${counted(facts.regions, 'region')}`
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
