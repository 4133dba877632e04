/**
 * What the goods of a place took over a window of time: the budget that several excursions spend together, and the mean kinetic temperature.
 * Pure; it looks at what the sensors have summed up.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import { meanKineticCover, meanKineticTemperature } from '../cold-chain.ts'
import { closedAt, newAnomaly, round, told, type PlaceJudgement } from './place-anomaly.ts'
import { spentOf, type SensorState } from './place-sensor.ts'

export interface SumsState {
  readonly open?: Anomaly
  readonly closed?: Anomaly
  readonly cumulative?: Anomaly
  readonly meanKinetic?: Anomaly
}

/** A budget that one excursion alone spent is told by that excursion. */
export function judgeCumulative(state: SumsState, judgement: PlaceJudgement, sensor: SensorState): Anomaly | undefined {
  const { limits, reading, rules } = judgement
  const { degreeMinutesMax, outsideMsMax, cumulativeWindowMs: windowMs } = limits
  if (degreeMinutesMax === undefined && outsideMsMax === undefined) return undefined
  const spent = spentOf(sensor, reading.timeMs, windowMs)
  const share = Math.max(ratio(spent.degreeMinutes, degreeMinutesMax), ratio(spent.outsideMs, outsideMsMax))
  const before = state.cumulative
  const figures = {
    degreeMinutes: round(spent.degreeMinutes),
    outsideMs: spent.outsideMs,
    windowMs,
    ...(degreeMinutesMax === undefined ? {} : { degreeMinutesMax }),
    ...(outsideMsMax === undefined ? {} : { outsideMsMax })
  }
  if (before !== undefined) {
    if (before.metric !== reading.metric || before.device !== reading.device) return undefined
    if (share <= rules.parameters.cumulative.clearShare) return told({ ...before, ...closedAt(before, reading.timeMs) }, judgement)
    const grown = (before.figures['degreeMinutes'] ?? 0) * 1.1 < figures.degreeMinutes
    return grown ? told({ ...before, lastMs: reading.timeMs, figures: { ...before.figures, ...figures } }, judgement) : undefined
  }
  const overspent = sensor.overspentMs !== undefined && reading.timeMs - sensor.overspentMs < windowMs
  if (share <= 1 || overspent) return undefined
  return told(newAnomaly('cumulativeExcursion', judgement, { onsetMs: spent.sinceMs, rule: rules.rule.cumulative, figures }), judgement)
}

/** While an excursion is open, or one was in the window, that one says what the mean kinetic temperature became. */
export function judgeMeanKinetic(state: SumsState, judgement: PlaceJudgement, sensor: SensorState): Anomaly | undefined {
  const { limits, reading, rules } = judgement
  const { meanKineticTemperatureMax: max, profile } = limits
  if (max === undefined) return undefined
  const { coverShare, deadBand } = rules.parameters.meanKinetic
  const kinetic = meanKineticTemperature(sensor.meanKinetic)
  const before = state.meanKinetic
  if (before !== undefined) {
    if (before.metric !== reading.metric || before.device !== reading.device || kinetic > max - deadBand) return undefined
    return told({ ...before, ...closedAt(before, reading.timeMs) }, judgement)
  }
  const excursion = state.open ?? state.closed
  const accounted =
    excursion !== undefined && (excursion.closedMs === undefined || reading.timeMs - excursion.closedMs < profile.meanKineticWindowMs)
  const covered = meanKineticCover(sensor.meanKinetic) >= coverShare * profile.meanKineticWindowMs
  if (!(kinetic > max) || accounted || !covered || !judgement.trusted) return undefined
  const figures = {
    meanKineticTemperature: round(kinetic),
    meanKineticTemperatureMax: max,
    windowMs: profile.meanKineticWindowMs
  }
  return told(
    newAnomaly('meanKineticTemperature', judgement, { onsetMs: reading.timeMs, rule: rules.rule.meanKinetic, figures }),
    judgement
  )
}

function ratio(value: number, max: number | undefined): number {
  return max === undefined ? 0 : max === 0 ? (value > 0 ? Infinity : 0) : value / max
}
