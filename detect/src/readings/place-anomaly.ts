/** What an anomaly of a place is made of: the judgement that it comes from, its members and its sentences. It judges nothing. */
import type { Anomaly, AnomalyType } from '@tracegate/model/anomaly'
import type { Place } from '@tracegate/model/registers'
import type { Reading } from '@tracegate/model/telemetry'
import { anomalyIdOf } from '../anomaly-id.ts'
import { describePlaceAnomaly } from '../proof.ts'
import { witnessOf } from './fault-book.ts'
import type { ProfileLimits } from './profile-limits.ts'
import type { ReadingRules } from './reading-rules.ts'

export interface PlaceJudgement {
  readonly place: Place
  readonly limits: ProfileLimits
  readonly rules: ReadingRules
  readonly reading: Reading
  readonly series: string
  /** The value in degrees Celsius. */
  readonly celsius: number
  /** The sensor is neither at fault nor alone with what it shows. */
  readonly trusted: boolean
  readonly nowMs: number
  readonly historical: boolean
}

export function told(anomaly: Anomaly, { place, limits }: PlaceJudgement): Anomaly {
  return { ...anomaly, proof: describePlaceAnomaly(anomaly, place, limits) }
}

export function newAnomaly(
  type: AnomalyType,
  { place, limits, reading, series, nowMs, historical }: PlaceJudgement,
  seen: { readonly onsetMs: number; readonly rule: Anomaly['rule']; readonly figures: Anomaly['figures'] }
): Anomaly {
  return {
    id: anomalyIdOf(type, place.key, limits.profile.id, seen.onsetMs),
    type,
    category: 'product',
    rule: { id: seen.rule.id, version: seen.rule.version },
    status: 'open',
    ...(place.point === undefined ? {} : { point: place.point }),
    place: place.key,
    device: reading.device,
    metric: reading.metric,
    goods: [],
    series: [series],
    onsetMs: seen.onsetMs,
    openedMs: reading.timeMs,
    lastMs: reading.timeMs,
    detectedAtMs: nowMs,
    historical,
    figures: seen.figures,
    witnesses: [witnessOf(reading)],
    proof: { zh: '', en: '' }
  }
}

export function closedAt(before: Anomaly, timeMs: number): Pick<Anomaly, 'status' | 'lastMs' | 'closedMs'> {
  const lastMs = Math.max(before.lastMs, timeMs)
  return { status: 'closed', lastMs, closedMs: lastMs }
}

export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
