/**
 * Judges what comes late of a place: readings that fall into a silence of their sensor, each once, by their own time. Nothing of the live
 * state moves but the sums of the window; what is found is told when the backfill is over, marked historical, unless the live anomaly it runs into tells it already.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import { addLate, gapAround, newSensor, type SensorState } from './place-sensor.ts'
import type { PlaceJudgement } from './place-anomaly.ts'
import { emptyPlaceState, judgePlace, type PlaceState } from './place-watch.ts'

interface Past {
  readonly state: PlaceState
  readonly found: Map<string, Anomaly>
  readonly intervalMaxMs: number
  heardAtMs: number
}

export interface PlacePast {
  /** Takes a reading that is older than the newest of its sensor; `sensor` is the live one. */
  judge(sensor: SensorState | undefined, judgement: PlaceJudgement): void
  /** Time passed: gives what a backfill that is over has shown. `live` finds the live state of a place. */
  tick(nowMs: number, live: (place: string) => PlaceState | undefined): Anomaly[]
}

/** A backfill is over when nothing came for so long. */
const pastQuietMs = 10_000
/** Places whose backfill is judged at a time; of further ones nothing is told. */
const pastMax = 10_000

export function createPlacePast(): PlacePast {
  const places = new Map<string, Past>()
  return {
    judge(sensor, judgement) {
      const { place, series, reading, limits, nowMs } = judgement
      const gap = sensor === undefined ? undefined : gapAround(sensor, reading.timeMs)
      if (sensor === undefined || gap === undefined || (places.size >= pastMax && !places.has(place.key))) return
      const past = places.get(place.key) ?? {
        state: emptyPlaceState(),
        found: new Map<string, Anomaly>(),
        intervalMaxMs: limits.intervalMaxMs,
        heardAtMs: nowMs
      }
      places.set(place.key, past)
      past.heardAtMs = nowMs
      if ((past.state.sensors[series]?.lastMs ?? 0) >= reading.timeMs) past.state.sensors[series] = newSensor()
      const found: Anomaly[] = []
      judgePlace(past.state, { ...judgement, rules: withoutSums(judgement.rules), historical: true }, found)
      for (const anomaly of found) past.found.set(anomaly.id, anomaly)
      sensor.gaps = sensor.gaps?.map((one) => (one === gap ? { fromMs: reading.timeMs, toMs: gap.toMs } : one))
    },
    tick(nowMs, live) {
      const told: Anomaly[] = []
      for (const [key, past] of places) {
        if (nowMs - past.heardAtMs < pastQuietMs) continue
        places.delete(key)
        for (const [series, late] of Object.entries(past.state.sensors)) {
          const sensor = live(key)?.sensors[series]
          if (sensor !== undefined) addLate(sensor, late)
        }
        for (const anomaly of past.found.values()) {
          const ended: Anomaly =
            anomaly.status === 'closed' ? anomaly : { ...anomaly, status: 'closed', closedMs: Math.max(anomaly.lastMs, anomaly.openedMs) }
          if (!isTold(ended, live(key), past.intervalMaxMs)) told.push(ended)
        }
      }
      return told
    }
  }
}

/** Whether a live anomaly of the place covers the same time, or goes on where this one ended: that one learns when it began. */
function isTold(ended: Anomaly, live: PlaceState | undefined, intervalMaxMs: number): boolean {
  for (const anomaly of [live?.open, live?.closed]) {
    if (anomaly === undefined) continue
    const fromMs = anomaly.onsetMs - intervalMaxMs
    const toMs = anomaly.closedMs ?? Number.POSITIVE_INFINITY
    if ((ended.closedMs ?? ended.lastMs) < fromMs || ended.onsetMs > toMs) continue
    if (live?.open === anomaly && ended.onsetMs < anomaly.onsetMs)
      live.open = { ...anomaly, figures: { ...anomaly.figures, beganMs: ended.onsetMs } }
    return true
  }
  return false
}

function withoutSums(rules: PlaceJudgement['rules']): PlaceJudgement['rules'] {
  const off = { ...rules.rule.cumulative, enabled: false }
  return { ...rules, rule: { ...rules.rule, cumulative: off, meanKinetic: { ...rules.rule.meanKinetic, enabled: false } } }
}
