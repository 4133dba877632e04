/** Holds what the rules raised against what was put into a history: found, missed and raised for nothing, by rule. */
import type { Anomaly, AnomalyType } from '@tracegate/model/anomaly'
import type { Truth } from './tale.ts'

export interface RuleScore {
  readonly type: AnomalyType
  /** Faults of the kind that were put in. */
  readonly faults: number
  readonly found: number
  /** Anomalies that stand at the end, or ended without being withdrawn. */
  readonly raised: number
  readonly falseAlarms: number
  readonly precision: number
  readonly recall: number
}

export interface TaleScore {
  readonly rules: readonly RuleScore[]
  readonly missed: readonly Truth[]
  readonly falseAlarms: readonly Anomaly[]
}

/** An anomaly is right when it speaks of goods of a fault of its kind. What was withdrawn counts neither way. */
export function scoreTale(truths: readonly Truth[], anomalies: Iterable<Anomaly>): TaleScore {
  const raised = [...anomalies].filter((one) => one.category === 'trace' && !isWithdrawn(one))
  const shows = (anomaly: Anomaly, truth: Truth): boolean => {
    const goods = new Set(truth.goods)
    return truth.type === anomaly.type && anomaly.goods.some((key) => goods.has(key))
  }
  const missed = truths.filter((truth) => !raised.some((anomaly) => shows(anomaly, truth)))
  const falseAlarms = raised.filter((anomaly) => !truths.some((truth) => shows(anomaly, truth)))
  const types = [...new Set([...truths, ...raised].map(({ type }) => type))].sort()
  return {
    missed,
    falseAlarms,
    rules: types.map((type) => {
      const of = (items: readonly { readonly type: AnomalyType }[]) => items.filter((one) => one.type === type).length
      return ruleScore(type, { faults: of(truths), missed: of(missed), raised: of(raised), falseAlarms: of(falseAlarms) })
    })
  }
}

interface Counts {
  readonly faults: number
  readonly missed: number
  readonly raised: number
  readonly falseAlarms: number
}

function ruleScore(type: AnomalyType, { faults, missed, raised, falseAlarms }: Counts): RuleScore {
  return {
    type,
    faults,
    found: faults - missed,
    raised,
    falseAlarms,
    precision: raised === 0 ? 1 : (raised - falseAlarms) / raised,
    recall: faults === 0 ? 1 : (faults - missed) / faults
  }
}

/** Scores of several histories as one. */
export function sumScores(scores: readonly TaleScore[]): RuleScore[] {
  const sums = new Map<AnomalyType, Counts>()
  for (const { type, faults, found, raised, falseAlarms } of scores.flatMap(({ rules }) => rules)) {
    const before = sums.get(type) ?? { faults: 0, missed: 0, raised: 0, falseAlarms: 0 }
    sums.set(type, {
      faults: before.faults + faults,
      missed: before.missed + faults - found,
      raised: before.raised + raised,
      falseAlarms: before.falseAlarms + falseAlarms
    })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, counts]) => ruleScore(type, counts))
}

/** Declared wrong, or explained by what was told later. */
export function isWithdrawn({ status, proof }: Anomaly): boolean {
  return status === 'closed' && proof.en.includes('; withdrawn at ')
}
