/**
 * Watches one place against the profile of the goods kept there: limits with on-delay, off-delay and dead band over each of
 * its temperature sensors, one anomaly for the whole place. A profile with a degree-minute budget makes an `excursion`,
 * one without makes a `limit` anomaly. Judges by event time only; readings of quality 4 and 9 do not count.
 */
import { Type, type Static } from 'typebox'
import { Anomaly, type Witness } from '@tracegate/model/anomaly'
import type { Place, ProductProfile } from '@tracegate/model/registers'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { anomalyIdOf } from './anomaly-id.ts'
import { addTemperature, beyond, degreeMinutes, emptyMeanKinetic, MeanKineticState, meanKineticTemperature } from './cold-chain.ts'
import { describePlaceAnomaly } from './proof.ts'

const SensorState = Type.Object({
  lastMs: Type.Number(),
  lastValue: Type.Number(),
  /** Since when every reading was out of limits; missing while inside. */
  outSinceMs: Type.Optional(Type.Number()),
  outSinceValue: Type.Optional(Type.Number()),
  /** Since when every reading was inside by the dead band; only kept while in alarm. */
  backSinceMs: Type.Optional(Type.Number()),
  alarm: Type.Boolean(),
  /** Degree-minutes since `outSinceMs`. */
  degreeMinutes: Type.Number(),
  meanKinetic: MeanKineticState
})
type SensorState = Static<typeof SensorState>

export const PlaceState = Type.Object({
  sensors: Type.Record(Type.String(), SensorState),
  open: Type.Optional(Anomaly),
  emittedMs: Type.Number()
})
export type PlaceState = Static<typeof PlaceState>

/** While open, a change is told at most so often in reading time. */
const updateEveryMs = 5_000

export function emptyPlaceState(): PlaceState {
  return { sensors: {}, emittedMs: 0 }
}

export interface PlaceJudgement {
  readonly place: Place
  readonly profile: ProductProfile
  readonly reading: Reading
  readonly nowMs: number
  readonly historical: boolean
}

/** Takes one reading of a temperature sensor of the place. Changes `state`; gives the anomaly when it opened, changed or closed. */
export function judgePlaceReading(state: PlaceState, judgement: PlaceJudgement): Anomaly | undefined {
  const { profile, reading } = judgement
  if (reading.quality === 4 || reading.quality === 9 || !Number.isFinite(reading.value)) return undefined
  const series = seriesKeyOf(reading)
  const sensor = state.sensors[series]
  if (sensor !== undefined && reading.timeMs <= sensor.lastMs) return undefined
  const next = stepSensor(sensor, profile, reading)
  state.sensors[series] = next
  const alarm = Object.values(state.sensors).some((one) => one.alarm)
  if (state.open === undefined) return alarm ? openAnomaly(state, judgement, next) : undefined
  return updateAnomaly(state, judgement, next, alarm)
}

function stepSensor(before: SensorState | undefined, profile: ProductProfile, reading: Reading): SensorState {
  const next: SensorState =
    before === undefined ? { lastMs: 0, lastValue: 0, alarm: false, degreeMinutes: 0, meanKinetic: emptyMeanKinetic() } : { ...before }
  const out = beyond(reading.value, profile) > 0
  if (before !== undefined) {
    const durationMs = Math.min(reading.timeMs - before.lastMs, profile.recordingIntervalMaxMs)
    addTemperature(next.meanKinetic, (before.lastValue + reading.value) / 2, {
      timeMs: reading.timeMs,
      durationMs,
      windowMs: profile.meanKineticWindowMs
    })
    if (out || next.alarm) next.degreeMinutes += degreeMinutes(before.lastValue, reading.value, durationMs, profile)
  }
  next.lastMs = reading.timeMs
  next.lastValue = reading.value
  if (out) {
    if (next.outSinceMs === undefined) {
      next.outSinceMs = reading.timeMs
      next.outSinceValue = reading.value
    }
    delete next.backSinceMs
    if (reading.timeMs - next.outSinceMs >= profile.onDelayMs) next.alarm = true
  } else if (next.alarm) {
    stepBack(next, profile, reading)
  } else {
    clearSensor(next)
  }
  return next
}

function stepBack(sensor: SensorState, profile: ProductProfile, reading: Reading): void {
  const inside =
    (profile.high === undefined || reading.value <= profile.high - profile.deadBand) &&
    (profile.low === undefined || reading.value >= profile.low + profile.deadBand)
  if (!inside) {
    delete sensor.backSinceMs
    return
  }
  sensor.backSinceMs ??= reading.timeMs
  if (reading.timeMs - sensor.backSinceMs < profile.offDelayMs) return
  sensor.alarm = false
  clearSensor(sensor)
}

function clearSensor(sensor: SensorState): void {
  delete sensor.outSinceMs
  delete sensor.outSinceValue
  delete sensor.backSinceMs
  sensor.degreeMinutes = 0
}

function openAnomaly(state: PlaceState, judgement: PlaceJudgement, sensor: SensorState): Anomaly {
  const { place, profile, reading, nowMs } = judgement
  const onsetMs = sensor.outSinceMs ?? reading.timeMs
  const type = profile.degreeMinutesMax === undefined ? ('limit' as const) : ('excursion' as const)
  const high = profile.high !== undefined && reading.value > profile.high
  const anomaly: Anomaly = {
    id: anomalyIdOf(type, place.key, profile.id, onsetMs),
    type,
    category: 'product',
    rule: { id: `profile:${profile.id}`, version: profile.version },
    status: 'open',
    point: place.point,
    place: place.key,
    device: reading.device,
    metric: reading.metric,
    goods: [],
    onsetMs,
    openedMs: reading.timeMs,
    lastMs: reading.timeMs,
    detectedAtMs: nowMs,
    historical: judgement.historical,
    figures: {
      ...(profile.high === undefined ? {} : { limitHigh: profile.high }),
      ...(profile.low === undefined ? {} : { limitLow: profile.low }),
      ...(profile.degreeMinutesMax === undefined ? {} : { degreeMinutesMax: profile.degreeMinutesMax }),
      onDelayMs: profile.onDelayMs,
      peak: reading.value,
      high: high ? 1 : 0,
      ...runningFigures(sensor, onsetMs, reading.timeMs)
    },
    witnesses: [
      witnessOf({ ...reading, timeMs: onsetMs, value: sensor.outSinceValue ?? reading.value }),
      ...(onsetMs === reading.timeMs ? [] : [witnessOf(reading)])
    ],
    proof: { zh: '', en: '' }
  }
  return keep(state, { ...anomaly, proof: describePlaceAnomaly(anomaly, place, profile) })
}

function updateAnomaly(state: PlaceState, judgement: PlaceJudgement, sensor: SensorState, alarm: boolean): Anomaly | undefined {
  const { place, profile, reading } = judgement
  const before = state.open
  if (before === undefined) return undefined
  const peakBefore = before.figures['peak'] ?? reading.value
  const high = before.figures['high'] === 1
  const worse = high ? reading.value > peakBefore : reading.value < peakBefore
  const running = runningFigures(sensor, before.onsetMs, reading.timeMs)
  const figures: Anomaly['figures'] = {
    ...before.figures,
    peak: worse ? reading.value : peakBefore,
    durationMs: reading.timeMs - before.onsetMs,
    degreeMinutes: Math.max(before.figures['degreeMinutes'] ?? 0, running.degreeMinutes ?? 0),
    ...(running.meanKineticTemperature === undefined ? {} : { meanKineticTemperature: running.meanKineticTemperature })
  }
  const witnesses = worse || !alarm ? [...before.witnesses.slice(0, 2), witnessOf(reading)] : before.witnesses
  const changed: Anomaly = { ...before, lastMs: Math.max(before.lastMs, reading.timeMs), figures, witnesses }
  state.open = changed
  if (alarm && reading.timeMs - state.emittedMs < updateEveryMs) return undefined
  const closed: Anomaly = alarm ? changed : { ...changed, status: 'closed', closedMs: reading.timeMs }
  return keep(state, { ...closed, proof: describePlaceAnomaly(closed, place, profile) })
}

function keep(state: PlaceState, anomaly: Anomaly): Anomaly {
  state.emittedMs = anomaly.lastMs
  if (anomaly.status === 'open') state.open = anomaly
  else delete state.open
  return anomaly
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

function witnessOf(reading: Reading): Witness {
  return {
    type: 'reading',
    series: seriesKeyOf(reading),
    timeMs: reading.timeMs,
    value: Number.isFinite(reading.value) ? reading.value : null,
    unit: reading.unit,
    quality: reading.quality
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
