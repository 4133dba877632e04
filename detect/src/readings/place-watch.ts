/**
 * Watches one place against the profile of the goods kept there: one anomaly for the whole place, however many of its thermometers show it.
 * A profile with a degree-minute budget makes an `excursion`, one without a `limit` anomaly; a budget spent by several short ones makes a
 * `cumulativeExcursion`, a warm window without any a `meanKineticTemperature`. Judges by event time only.
 */
import { Type, type Static } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { meanKineticTemperature } from '../cold-chain.ts'
import { witnessOf } from './fault-book.ts'
import { newAnomaly, round, told, type PlaceJudgement } from './place-anomaly.ts'
import { newSensor, SensorState, sideOf, stepSensor, type Side } from './place-sensor.ts'
import { judgeCumulative, judgeMeanKinetic } from './place-sums.ts'

export const PlaceState = Type.Object({
  sensors: Type.Record(Type.String(), SensorState),
  open: Type.Optional(Anomaly),
  emittedMs: Type.Number(),
  /** The one that closed last, to know it when it comes back. */
  closed: Type.Optional(Anomaly),
  cumulative: Type.Optional(Anomaly),
  meanKinetic: Type.Optional(Anomaly),
  /** When the sums of the window were looked at last. */
  lookedMs: Type.Optional(Type.Number())
})
export type PlaceState = Static<typeof PlaceState>

/** While open, a change is told at most so often in reading time. */
const updateEveryMs = 5_000
/** The sums of a window are looked at so many times in it while nothing is out of limits. */
const looksPerWindow = 96

export function emptyPlaceState(): PlaceState {
  return { sensors: {}, emittedMs: 0 }
}

/** Takes a reading of a thermometer of the place, newer than the last of it. Changes `state`; gives what opened, changed or closed. */
export function judgePlace(state: PlaceState, judgement: PlaceJudgement, found: Anomaly[]): void {
  const { limits, reading, celsius, rules } = judgement
  const sensor = (state.sensors[judgement.series] ??= newSensor())
  const wasOut = sensor.outSinceMs !== undefined
  stepSensor(sensor, limits, { timeMs: reading.timeMs, value: celsius }, judgement.trusted)
  const isOut = sensor.outSinceMs !== undefined
  if ((state.open !== undefined || sensor.alarm) && !isOldNews(state, judgement, sensor)) {
    const alarm = sensor.alarm || Object.values(state.sensors).some((one) => one.alarm)
    const anomaly =
      state.open !== undefined
        ? updateAnomaly(state, state.open, judgement, sensor, alarm)
        : rules.rule.limits.enabled
          ? openAnomaly(state, judgement, sensor)
          : undefined
    if (anomaly !== undefined) found.push(anomaly)
  }
  const windowMs = Math.min(limits.cumulativeWindowMs, limits.profile.meanKineticWindowMs)
  const sinceLookMs = reading.timeMs - (state.lookedMs ?? 0)
  const isDue = sinceLookMs >= windowMs / looksPerWindow || (isOut && sinceLookMs >= updateEveryMs) || isOut !== wasOut
  if (!isDue) return
  state.lookedMs = reading.timeMs
  lookAtSums(state, judgement, sensor, found)
}

/** Most readings of an excursion change nothing that is told before the next update is due. */
function isOldNews({ open, emittedMs }: PlaceState, { reading, celsius, series, limits }: PlaceJudgement, sensor: SensorState): boolean {
  if (open === undefined || !sensor.alarm || reading.timeMs - emittedMs >= updateEveryMs) return false
  if (open.series?.includes(series) !== true) return false
  const side = sideOf(celsius, limits)
  if (side === undefined) return true
  const peak = open.figures[side === 'high' ? 'peakHigh' : 'peakLow']
  return peak !== undefined && (side === 'high' ? celsius <= peak : celsius >= peak)
}

function lookAtSums(state: PlaceState, judgement: PlaceJudgement, sensor: SensorState, found: Anomaly[]): void {
  const cumulative = judgement.rules.rule.cumulative.enabled ? judgeCumulative(state, judgement, sensor) : undefined
  if (cumulative !== undefined) {
    if (cumulative.status === 'open') state.cumulative = cumulative
    else delete state.cumulative
    found.push(cumulative)
  }
  const kinetic = judgement.rules.rule.meanKinetic.enabled ? judgeMeanKinetic(state, judgement, sensor) : undefined
  if (kinetic === undefined) return
  if (kinetic.status === 'open') state.meanKinetic = kinetic
  else delete state.meanKinetic
  found.push(kinetic)
}

function openAnomaly(state: PlaceState, judgement: PlaceJudgement, sensor: SensorState): Anomaly {
  const { place, limits, reading, rules } = judgement
  const { profile } = limits
  const onsetMs = sensor.outSinceMs ?? reading.timeMs
  const type = profile.degreeMinutesMax === undefined ? 'limit' : 'excursion'
  const side: Side = sensor.side ?? 'high'
  const last = state.closed
  const running = runningFigures(sensor, onsetMs, reading.timeMs)
  if (last?.closedMs !== undefined && last.type === type && onsetMs - last.closedMs <= rules.parameters.grouping.reopenMs) {
    const { closedMs: _, ...rest } = last
    delete state.closed
    const again: Anomaly = {
      ...rest,
      status: 'open',
      returns: (last.returns ?? 0) + 1,
      lastMs: reading.timeMs,
      series: seriesOf(last, judgement.series),
      figures: withPeak(last.figures, judgement.celsius, side)
    }
    return keep(state, again, judgement)
  }
  const anomaly: Anomaly = {
    ...newAnomaly(type, judgement, {
      onsetMs,
      rule: { id: `profile:${profile.id}`, version: profile.version },
      figures: withPeak(
        {
          ...(limits.high === undefined ? {} : { limitHigh: limits.high }),
          ...(limits.low === undefined ? {} : { limitLow: limits.low }),
          ...(limits.degreeMinutesMax === undefined ? {} : { degreeMinutesMax: limits.degreeMinutesMax }),
          onDelayMs: profile.onDelayMs,
          high: side === 'high' ? 1 : 0,
          ...running
        },
        judgement.celsius,
        side
      )
    }),
    series: alarmed(state),
    witnesses: [
      witnessOf({ ...reading, timeMs: onsetMs, value: sensor.outSinceValue ?? judgement.celsius, unit: 'Cel' }),
      ...(onsetMs === reading.timeMs ? [] : [witnessOf(reading)])
    ]
  }
  return keep(state, { ...anomaly, place: place.key }, judgement)
}

function updateAnomaly(
  state: PlaceState,
  before: Anomaly,
  judgement: PlaceJudgement,
  sensor: SensorState,
  alarm: boolean
): Anomaly | undefined {
  const { limits, reading, celsius } = judgement
  const side = judgement.trusted ? sideOf(celsius, limits) : undefined
  const firstSide = before.figures['high'] === 1 ? 'high' : 'low'
  const peakBefore = before.figures['peak'] ?? celsius
  const worse = side === firstSide && (side === 'high' ? celsius > peakBefore : celsius < peakBefore)
  const running = runningFigures(sensor, before.onsetMs, reading.timeMs)
  const figures: Anomaly['figures'] = {
    ...(side === undefined ? before.figures : withPeak(before.figures, celsius, side)),
    durationMs: Math.max(before.figures['durationMs'] ?? 0, running.durationMs),
    degreeMinutes: Math.max(before.figures['degreeMinutes'] ?? 0, judgement.trusted ? (running.degreeMinutes ?? 0) : 0),
    ...(running.meanKineticTemperature === undefined || !judgement.trusted
      ? {}
      : { meanKineticTemperature: running.meanKineticTemperature })
  }
  const witnesses = worse || !alarm ? [...before.witnesses.slice(0, 2), witnessOf(reading)] : before.witnesses
  const series = sensor.alarm ? seriesOf(before, judgement.series) : before.series
  const joined = series !== before.series
  const changed: Anomaly = {
    ...before,
    lastMs: Math.max(before.lastMs, reading.timeMs),
    ...(series === undefined ? {} : { series }),
    figures,
    witnesses
  }
  state.open = changed
  if (alarm && !joined && reading.timeMs - state.emittedMs < updateEveryMs) return undefined
  return keep(state, alarm ? changed : { ...changed, status: 'closed', closedMs: changed.lastMs }, judgement)
}

function keep(state: PlaceState, anomaly: Anomaly, judgement: PlaceJudgement): Anomaly {
  const kept = told(anomaly, judgement)
  state.emittedMs = kept.lastMs
  if (kept.status === 'open') state.open = kept
  else {
    delete state.open
    state.closed = kept
  }
  return kept
}

function alarmed(state: PlaceState): string[] {
  return Object.entries(state.sensors).flatMap(([series, sensor]) => (sensor.alarm ? [series] : []))
}

function seriesOf({ series = [] }: Anomaly, one: string): string[] {
  return series.includes(one) ? series : [...series, one].slice(0, 64)
}

/** `peak` is the worst value on the side that opened; each side has its own besides. */
function withPeak(figures: Anomaly['figures'], celsius: number, side: Side): Anomaly['figures'] {
  const name = side === 'high' ? 'peakHigh' : 'peakLow'
  const before = figures[name] ?? celsius
  const peak = side === 'high' ? Math.max(before, celsius) : Math.min(before, celsius)
  const isFirst = figures['high'] === (side === 'high' ? 1 : 0)
  return { ...figures, [name]: peak, ...(isFirst ? { peak } : {}) }
}

function runningFigures(
  sensor: SensorState,
  onsetMs: number,
  timeMs: number
): { durationMs: number; degreeMinutes?: number; meanKineticTemperature?: number } {
  const kinetic = meanKineticTemperature(sensor.meanKinetic)
  return {
    durationMs: timeMs - onsetMs,
    degreeMinutes: round(sensor.degreeMinutes),
    ...(Number.isFinite(kinetic) ? { meanKineticTemperature: round(kinetic) } : {})
  }
}
