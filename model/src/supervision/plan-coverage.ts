/** Done against planned: the coverage of a monitoring plan, and what of it is overdue at a moment. Pure. */
import { Type, type Static } from 'typebox'
import type { SupervisionPolicy } from '../policy/supervision.ts'
import { BilingualText } from '../text.ts'
import type { MonitoringPlan } from './plan.ts'

export const ItemCoverage = Type.Object({
  item: Type.String(),
  title: BilingualText,
  planned: Type.Integer(),
  /** What the time gone asks for, in proportion. */
  dueByNow: Type.Number(),
  taken: Type.Integer(),
  resulted: Type.Integer(),
  nonConforming: Type.Integer(),
  /** Points that the item names and nobody sampled at. */
  pointsWithout: Type.Array(Type.String()),
  overdue: Type.Boolean(),
  /** When it became overdue: the moment that asked for more than was done. */
  overdueSinceMs: Type.Optional(Type.Integer())
})
export type ItemCoverage = Static<typeof ItemCoverage>

export const PlanCoverage = Type.Object({
  plan: Type.String(),
  atMs: Type.Integer(),
  planned: Type.Integer(),
  taken: Type.Integer(),
  resulted: Type.Integer(),
  nonConforming: Type.Integer(),
  /** 0 to 1; samples past those planned of an item do not make up for another. */
  share: Type.Number(),
  items: Type.Array(ItemCoverage),
  /** Samples by point, each with what came of them. */
  points: Type.Array(Type.Object({ point: Type.String(), taken: Type.Integer(), nonConforming: Type.Integer() }))
})
export type PlanCoverage = Static<typeof PlanCoverage>

export function coverageOf(plan: MonitoringPlan, atMs: number, policy: SupervisionPolicy): PlanCoverage {
  const items = plan.items.map((item): ItemCoverage => {
    const samples = plan.samples.filter((sample) => sample.item === item.id)
    const sampled = new Set(samples.map(({ point }) => point))
    const overdueSinceMs = overdueSince(plan, { planned: item.samples, taken: samples.length }, policy)
    const overdue = plan.status === 'adopted' && overdueSinceMs !== undefined && overdueSinceMs <= atMs
    return {
      item: item.id,
      title: item.title,
      planned: item.samples,
      dueByNow: item.samples * shareOfPeriod(plan, atMs),
      taken: samples.length,
      resulted: samples.filter(({ conforms }) => conforms !== undefined).length,
      nonConforming: samples.filter(({ conforms }) => conforms === false).length,
      pointsWithout: item.points.filter((point) => !sampled.has(point)),
      overdue,
      ...(overdue ? { overdueSinceMs } : {})
    }
  })
  const sum = (of: (item: ItemCoverage) => number): number => items.reduce((total, item) => total + of(item), 0)
  const planned = sum((item) => item.planned)
  return {
    plan: plan.id,
    atMs,
    planned,
    taken: sum((item) => item.taken),
    resulted: sum((item) => item.resulted),
    nonConforming: sum((item) => item.nonConforming),
    share: planned === 0 ? 0 : sum((item) => Math.min(item.taken, item.planned)) / planned,
    items,
    points: pointsOf(plan)
  }
}

/**
 * The moment from which fewer samples are taken than `overdueShare` of what the time gone asks for; undefined when all are taken. Samples
 * are whole: with n taken the next one is owed when the share of the time asks for more than n.
 */
function overdueSince(
  { fromMs, toMs }: MonitoringPlan,
  { planned, taken }: { readonly planned: number; readonly taken: number },
  { plans }: SupervisionPolicy
): number | undefined {
  if (taken >= planned || plans.overdueShare === 0) return undefined
  const owedAtShare = (taken + 1) / (planned * plans.overdueShare)
  const owedMs = owedAtShare >= 1 ? toMs : fromMs + Math.ceil((toMs - fromMs) * owedAtShare)
  return Math.max(owedMs, fromMs + plans.graceMs)
}

function shareOfPeriod({ fromMs, toMs }: MonitoringPlan, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)))
}

function pointsOf({ samples }: MonitoringPlan): PlanCoverage['points'] {
  const byPoint = Map.groupBy(
    samples.filter(({ point }) => point !== undefined),
    ({ point }) => point ?? ''
  )
  return [...byPoint]
    .map(([point, taken]) => ({ point, taken: taken.length, nonConforming: taken.filter(({ conforms }) => conforms === false).length }))
    .sort((a, b) => (a.point < b.point ? -1 : 1))
}
