/** Which control orders follow from the measures that stand, for which points. Pure; it looks nothing up and sends nothing. */
import { controlReasonLengthMax } from '@tracegate/model/control'
import type { ControlAction } from '@tracegate/model/control-actions'
import type { PlannedOrder } from '@tracegate/model/control-plan'
import { isInForce } from '@tracegate/model/measure-reducer'
import type { MeasureCase } from '@tracegate/model/measure'
import type { MeasuresPolicy } from '@tracegate/model/policy/measures'
import type { MonitoringPoint } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'

export interface ControlFacts {
  /** Those that stand, and those withdrawn a short while ago. */
  readonly measures: readonly MeasureCase[]
  readonly policy: MeasuresPolicy
  readonly points: readonly MonitoringPoint[]
  /** What the trace found for the goods of a measure. */
  readonly found: (measure: string) => readonly string[]
  readonly nowMs: number
}

/** Goods that a lifted order still names, for people at the point. */
const releaseKeysMax = 100

/** By point; a point without orders is not in it. */
export function controlOrdersOf(facts: ControlFacts): Map<string, PlannedOrder[]> {
  const byPoint = new Map<string, PlannedOrder[]>()
  for (const measure of facts.measures.toSorted((left, right) => left.orderedAtMs - right.orderedAtMs || (left.id < right.id ? -1 : 1)))
    for (const { action, reach, suffix } of actionsOf(measure, facts.policy)) {
      const orders = ordersOf(measure, { action, suffix, facts })
      if (orders.length === 0) continue
      for (const point of pointsOf(measure, reach, facts.points)) byPoint.set(point, [...(byPoint.get(point) ?? []), ...orders])
    }
  return byPoint
}

function actionsOf(measure: MeasureCase, policy: MeasuresPolicy) {
  const direction = measure.direction ?? 'both'
  return policy.control.rules
    .filter(
      (rule) => rule.measure === measure.type && (rule.direction === undefined || direction === 'both' || rule.direction === direction)
    )
    .map((rule) => ({ action: rule.action, reach: rule.reach, suffix: rule.direction === undefined ? '' : `-${rule.direction}` }))
}

function pointsOf(measure: MeasureCase, reach: 'addressee' | 'all', points: readonly MonitoringPoint[]): string[] {
  const { addressee } = measure
  if (reach === 'all' || addressee.type === 'goods') return points.map(({ id }) => id)
  if (addressee.type === 'point') return points.filter(({ id }) => id === addressee.point).map(({ id }) => id)
  return points.filter(({ operator }) => operator === addressee.gln).map(({ id }) => id)
}

function ordersOf(
  measure: MeasureCase,
  { action, suffix, facts }: { readonly action: ControlAction; readonly suffix: string; readonly facts: ControlFacts }
): PlannedOrder[] {
  if (measure.goods.length === 0) return []
  const id = `${measure.id}${suffix}`
  const head = {
    reference: {
      measure: measure.id,
      ...(measure.warning === undefined ? {} : { warning: measure.warning }),
      ...(measure.recall === undefined ? {} : { recall: measure.recall })
    },
    level: measure.level,
    ...(measure.drill ? { drill: true as const } : {})
  }
  if (!isInForce(measure)) return lifted(measure, { id, head, facts })
  const held: PlannedOrder = {
    head: { id, action, reason: shortText(measure.reason), issuedAtMs: measure.orderedAtMs, ...head },
    ordered: measure.goods,
    found: facts.found(measure.id)
  }
  const exempt = measure.exemptions.map(({ keys, atMs, why }, index): PlannedOrder => {
    const reason = shortText({ zh: `解除：${why}`, en: `Released: ${why}` })
    return { head: { id: `${id}-r${index + 1}`, action: 'release', of: id, reason, issuedAtMs: atMs, ...head }, ordered: keys, found: [] }
  })
  return [held, ...exempt]
}

/** An order that is gone lifts itself; this tells people so for a while. */
function lifted(
  measure: MeasureCase,
  {
    id,
    head,
    facts
  }: { readonly id: string; readonly head: Pick<PlannedOrder['head'], 'reference' | 'level' | 'drill'>; readonly facts: ControlFacts }
): PlannedOrder[] {
  const { withdrawn } = measure
  if (withdrawn === undefined || facts.nowMs - withdrawn.atMs > facts.policy.control.releaseShownMs) return []
  const reason = shortText({ zh: `已解除：${withdrawn.why}`, en: `Lifted: ${withdrawn.why}` })
  return [
    {
      head: { id: `${id}-lifted`, action: 'release', of: id, reason, issuedAtMs: withdrawn.atMs, ...head },
      ordered: measure.goods.slice(0, releaseKeysMax),
      found: []
    }
  ]
}

function shortText({ zh, en }: BilingualText): BilingualText {
  return { zh: zh.slice(0, controlReasonLengthMax), en: en.slice(0, controlReasonLengthMax) }
}
