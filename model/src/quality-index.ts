/**
 * The quality index of groups of goods (task 7, 客观评价质量安全水平): 100 less what the worst assessed risk of each product weighs, averaged
 * over the products of the group. Another assessment of a product never makes its group better. Pure.
 */
import type { AssessmentPolicy, RiskLevel } from './policy/assessment.ts'
import { riskLevels } from './policy/assessment.ts'

export interface AssessedRisk {
  readonly risk: RiskLevel
  readonly products: readonly string[]
}

export interface GroupIndex {
  readonly key: string
  readonly index: number
  readonly products: number
  readonly assessments: number
  readonly serious: number
  readonly high: number
  readonly medium: number
  readonly low: number
}

/** `groupOf` gives the group of each registered product by key. Worst groups first. */
export function qualityByGroup(
  groupOf: ReadonlyMap<string, string>,
  assessed: readonly AssessedRisk[],
  weights: AssessmentPolicy['qualityWeights']
): GroupIndex[] {
  const worst = new Map<string, RiskLevel>()
  const counts = new Map<string, Record<RiskLevel, number>>()
  for (const { risk, products } of assessed) {
    for (const product of products) {
      const before = worst.get(product)
      if (before === undefined || riskLevels.indexOf(risk) > riskLevels.indexOf(before)) worst.set(product, risk)
    }
    for (const group of new Set(products.map((product) => groupOf.get(product)).filter((one) => one !== undefined))) {
      const count = counts.get(group) ?? { low: 0, medium: 0, high: 0, serious: 0 }
      count[risk] += 1
      counts.set(group, count)
    }
  }
  const burdens = new Map<string, { products: number; burden: number }>()
  for (const [product, group] of groupOf) {
    const sum = burdens.get(group) ?? { products: 0, burden: 0 }
    const risk = worst.get(product)
    sum.products += 1
    sum.burden += risk === undefined ? 0 : weights[risk]
    burdens.set(group, sum)
  }
  return [...burdens]
    .map(([key, { products, burden }]) => {
      const count = counts.get(key) ?? { low: 0, medium: 0, high: 0, serious: 0 }
      const assessments = count.low + count.medium + count.high + count.serious
      return { key, index: Math.round(1_000 * (1 - burden / products)) / 10, products, assessments, ...count }
    })
    .toSorted((left, right) => left.index - right.index || (left.key < right.key ? -1 : 1))
}
