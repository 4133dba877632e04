/**
 * Judges one series by its novelty: the score, one alert for one happening, and the threshold that the budget allows. What it raises is a
 * device anomaly: it says that a series behaves as it never did, not that goods are harmed. The state is changed in place and bounded.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { anomalyIdOf } from '../anomaly-id.ts'
import { emptyBudget, passTime, spendAlert, thresholdMin, thresholdOf, type BudgetState } from './alert-budget.ts'
import { noveltyProof } from './novelty-proof.ts'
import { noveltyRuleId, type NoveltySettings } from './novelty-rule.ts'
import { emptyNovelty, scoreNovelty, type NoveltyReason, type NoveltyState } from './novelty-score.ts'
import { emptyRefractory, passPeak, type RefractoryState } from './refractory.ts'

const witnessesMax = 16

export interface NoveltySeries {
  readonly novelty: NoveltyState
  readonly budget: BudgetState
  readonly refractory: RefractoryState
  firstMs: number
  /** Readings in a row that were nothing new, while an anomaly is open. */
  quiet: number
  open?: Anomaly
}

export interface NoveltyJudgement {
  readonly reading: Reading
  readonly settings: NoveltySettings
  readonly place?: string
  readonly nowMs: number
  readonly historical: boolean
}

export function emptyNoveltySeries(): NoveltySeries {
  return { novelty: emptyNovelty(), budget: emptyBudget(), refractory: emptyRefractory(), firstMs: Number.NaN, quiet: 0 }
}

/**
 * Takes one reading; gives the state to keep and the anomaly that opened, went on or closed. A reading that is not newer, missing, or known to
 * be wrong (quality 4 or 9) changes nothing: what is known to be wrong is not learnt.
 */
export function judgeNovelty(
  before: NoveltySeries | undefined,
  judgement: NoveltyJudgement
): { state: NoveltySeries | undefined; anomaly?: Anomaly } {
  const { reading, settings } = judgement
  const { timeMs, value, quality } = reading
  if (!Number.isFinite(value) || quality === 4 || quality === 9) return { state: before }
  if (before !== undefined && timeMs <= before.novelty.lastMs) return { state: before }
  const state = before ?? emptyNoveltySeries()
  const { novelty, budget } = state
  if (novelty.count === 0) state.firstMs = timeMs
  const isLearning = novelty.count < settings.learnReadings || timeMs - state.firstMs < settings.learnMs
  if (!isLearning) passTime(budget, timeMs, settings.budgetPerMonth)
  let alert: Alert | undefined
  const score = scoreNovelty(novelty, timeMs, value, (found, reason) => {
    if (passPeak(state.refractory, novelty.count, found) === 0 || isLearning) return
    const threshold = Math.max(thresholdOf(budget, settings.budgetPerMonth), settings.scoreMin)
    if (found > threshold) alert = { score: found, threshold, reason: reason() }
  })
  const anomaly = alert === undefined ? calm(state, judgement, score) : raise(state, judgement, alert)
  return anomaly === undefined ? { state } : { state, anomaly }
}

interface Alert {
  readonly score: number
  readonly threshold: number
  readonly reason: NoveltyReason
}

function raise(state: NoveltySeries, judgement: NoveltyJudgement, alert: Alert): Anomaly {
  const { reading, nowMs, settings, historical, place } = judgement
  state.quiet = 0
  const series = seriesKeyOf(reading)
  const witness = {
    type: 'reading' as const,
    series,
    timeMs: reading.timeMs,
    value: reading.value,
    unit: reading.unit,
    quality: reading.quality
  }
  const figures = {
    score: alert.score,
    threshold: alert.threshold,
    featureValue: alert.reason.value,
    featureBound: alert.reason.bound,
    partOfRange: alert.reason.partOfRange,
    budgetPerMonth: settings.budgetPerMonth
  }
  const proof = noveltyProof({ reading, reason: alert.reason, score: alert.score, threshold: alert.threshold, settings })
  if (state.open !== undefined) {
    const before = state.open
    const witnesses = before.witnesses.length < witnessesMax ? [...before.witnesses, witness] : before.witnesses
    const isWorse = alert.score > (before.figures['score'] ?? 0)
    state.open = {
      ...before,
      lastMs: reading.timeMs,
      returns: (before.returns ?? 0) + 1,
      witnesses,
      ...(isWorse ? { figures, proof } : {})
    }
    return state.open
  }
  spendAlert(state.budget)
  state.open = {
    id: anomalyIdOf('novelty', series, reading.timeMs),
    type: 'novelty',
    category: 'device',
    rule: { id: noveltyRuleId, version: settings.version },
    status: 'open',
    point: reading.point,
    ...(place === undefined ? {} : { place }),
    device: reading.device,
    metric: reading.metric,
    goods: [],
    onsetMs: reading.timeMs,
    openedMs: reading.timeMs,
    lastMs: reading.timeMs,
    detectedAtMs: nowMs,
    historical,
    figures,
    witnesses: [witness],
    proof
  }
  return state.open
}

/** Nothing to raise: an open anomaly closes once the series has done nothing new for a while. */
function calm(state: NoveltySeries, { reading, settings }: NoveltyJudgement, score: number): Anomaly | undefined {
  if (state.open === undefined) return undefined
  state.quiet = score < thresholdMin ? state.quiet + 1 : 0
  if (state.quiet < settings.closeAfterReadings) return undefined
  const closed: Anomaly = { ...state.open, status: 'closed', lastMs: Math.max(state.open.lastMs, reading.timeMs), closedMs: reading.timeMs }
  delete state.open
  state.quiet = 0
  return closed
}
