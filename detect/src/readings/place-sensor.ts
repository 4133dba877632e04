/**
 * One thermometer of a place against the limits of its profile: on-delay, off-delay and dead band, degree-minutes and time outside, in one go
 * and over a window, and the mean kinetic temperature. Pure; constant memory. It raises nothing.
 */
import { Type, type Static } from 'typebox'
import { addTemperature, degreeMinutes, emptyMeanKinetic, MeanKineticState } from '../cold-chain.ts'
import type { ProfileLimits } from './profile-limits.ts'

const sides = ['high', 'low'] as const
export type Side = (typeof sides)[number]

/** Sums over a sliding window, kept in slices: index s of time holds s modulo the number of slices. */
const Spent = Type.Object({ slice: Type.Number(), degreeMinutes: Type.Array(Type.Number()), outsideMs: Type.Array(Type.Number()) })
type Spent = Static<typeof Spent>

export const SensorState = Type.Object({
  lastMs: Type.Number(),
  lastValue: Type.Number(),
  /** Since when every reading was out on this side; missing while inside. */
  outSinceMs: Type.Optional(Type.Number()),
  outSinceValue: Type.Optional(Type.Number()),
  side: Type.Optional(Type.Enum(sides)),
  /** Since when every reading was inside by the dead band; only kept while in alarm. */
  backSinceMs: Type.Optional(Type.Number()),
  alarm: Type.Boolean(),
  /** Degree-minutes since `outSinceMs`, or of the last time out. */
  degreeMinutes: Type.Number(),
  meanKinetic: MeanKineticState,
  spent: Type.Optional(Spent),
  /** When one excursion alone spent the whole budget last. */
  overspentMs: Type.Optional(Type.Number()),
  /** Times without a live reading, the newest last: only what falls into them is news when it comes late. */
  gaps: Type.Optional(Type.Array(Type.Object({ fromMs: Type.Number(), toMs: Type.Number() })))
})
export type SensorState = Static<typeof SensorState>

export interface Measured {
  readonly timeMs: number
  /** In degrees Celsius. */
  readonly value: number
}

const spentSlices = 24
/** Silences of a sensor that can still be filled in. */
const gapsMax = 8

export function newSensor(): SensorState {
  return { lastMs: 0, lastValue: 0, alarm: false, degreeMinutes: 0, meanKinetic: emptyMeanKinetic() }
}

/** Takes a reading newer than the last. A sensor that is not trusted is followed, but is in no alarm and spends no budget. */
export function stepSensor(sensor: SensorState, limits: ProfileLimits, reading: Measured, trusted: boolean): void {
  const side = sideOf(reading.value, limits)
  // Kept until the next time out, so that the anomaly that closes can still tell it.
  if (sensor.outSinceMs === undefined && side !== undefined) sensor.degreeMinutes = 0
  if (sensor.lastMs > 0) addSpan(sensor, limits, reading, trusted)
  noteGap(sensor, limits, reading.timeMs)
  sensor.lastMs = reading.timeMs
  sensor.lastValue = reading.value
  if (side === undefined) return sensor.alarm ? stepBack(sensor, limits, reading) : clearSensor(sensor)
  if (sensor.backSinceMs !== undefined) delete sensor.backSinceMs
  // The on-delay counts for one side; a sensor that falls from above to below without a reading inside begins anew.
  if (sensor.outSinceMs === undefined || (!sensor.alarm && sensor.side !== side)) {
    sensor.outSinceMs = reading.timeMs
    sensor.outSinceValue = reading.value
  }
  sensor.side = side
  // Once in alarm only readings inside take a sensor out of it: one that gets stuck outside proves nothing good.
  sensor.alarm ||= trusted && reading.timeMs - sensor.outSinceMs >= limits.profile.onDelayMs
}

export function sideOf(value: number, { low, high }: Pick<ProfileLimits, 'low' | 'high'>): Side | undefined {
  if (high !== undefined && value > high) return 'high'
  return low !== undefined && value < low ? 'low' : undefined
}

function addSpan(sensor: SensorState, limits: ProfileLimits, reading: Measured, trusted: boolean): void {
  // What happened in a silence is not known: at most the allowed interval counts.
  const durationMs = Math.min(reading.timeMs - sensor.lastMs, limits.intervalMaxMs)
  const { timeMs } = reading
  addTemperature(sensor.meanKinetic, (sensor.lastValue + reading.value) / 2, {
    timeMs,
    durationMs,
    windowMs: limits.profile.meanKineticWindowMs
  })
  if (sensor.outSinceMs === undefined && sideOf(reading.value, limits) === undefined) return
  const spent = degreeMinutes(sensor.lastValue, reading.value, durationMs, limits)
  sensor.degreeMinutes += spent
  if (trusted) addSpent(sensor, limits, { timeMs, spent, outsideMs: sensor.outSinceMs === undefined ? 0 : durationMs })
}

function addSpent(
  sensor: SensorState,
  { cumulativeWindowMs, degreeMinutesMax, outsideMsMax }: ProfileLimits,
  { timeMs, spent, outsideMs }: { readonly timeMs: number; readonly spent: number; readonly outsideMs: number }
): void {
  sensor.spent ??= { slice: -1, degreeMinutes: zeros(), outsideMs: zeros() }
  const index = moveSpent(sensor.spent, timeMs, cumulativeWindowMs)
  sensor.spent.degreeMinutes[index] = (sensor.spent.degreeMinutes[index] ?? 0) + spent
  sensor.spent.outsideMs[index] = (sensor.spent.outsideMs[index] ?? 0) + outsideMs
  const outForMs = timeMs - (sensor.outSinceMs ?? timeMs)
  if (
    (degreeMinutesMax !== undefined && sensor.degreeMinutes > degreeMinutesMax) ||
    (outsideMsMax !== undefined && outForMs > outsideMsMax)
  )
    sensor.overspentMs = timeMs
}

/** What the goods took over the window that ends now, and since when: the start of the oldest slice that counts. */
export function spentOf(
  sensor: SensorState,
  timeMs: number,
  windowMs: number
): { readonly degreeMinutes: number; readonly outsideMs: number; readonly sinceMs: number } {
  if (sensor.spent === undefined) return { degreeMinutes: 0, outsideMs: 0, sinceMs: timeMs }
  moveSpent(sensor.spent, timeMs, windowMs)
  const sum = { degreeMinutes: 0, outsideMs: 0, sinceMs: timeMs }
  for (let slice = sensor.spent.slice; slice > sensor.spent.slice - spentSlices && slice >= 0; slice -= 1) {
    const index = slice % spentSlices
    sum.degreeMinutes += sensor.spent.degreeMinutes[index] ?? 0
    sum.outsideMs += sensor.spent.outsideMs[index] ?? 0
    if ((sensor.spent.outsideMs[index] ?? 0) > 0) sum.sinceMs = Math.min(timeMs, (slice * windowMs) / spentSlices)
  }
  return sum
}

/** What a late part of the same sensor's record adds to the sums of the window. */
export function addLate(sensor: SensorState, late: SensorState): void {
  if (late.spent === undefined) return
  sensor.spent ??= { slice: -1, degreeMinutes: zeros(), outsideMs: zeros() }
  moveTo(sensor.spent, late.spent.slice)
  for (let slice = late.spent.slice; slice > sensor.spent.slice - spentSlices && slice > late.spent.slice - spentSlices; slice -= 1) {
    const index = slice % spentSlices
    sensor.spent.degreeMinutes[index] = (sensor.spent.degreeMinutes[index] ?? 0) + (late.spent.degreeMinutes[index] ?? 0)
    sensor.spent.outsideMs[index] = (sensor.spent.outsideMs[index] ?? 0) + (late.spent.outsideMs[index] ?? 0)
  }
}

function moveSpent(spent: Spent, timeMs: number, windowMs: number): number {
  return moveTo(spent, Math.floor(timeMs / (windowMs / spentSlices)))
}

function moveTo(spent: Spent, newest: number): number {
  const slice = Math.max(spent.slice, newest)
  if (spent.slice >= 0)
    for (let old = Math.max(spent.slice + 1, slice - spentSlices + 1); old <= slice; old += 1) {
      spent.degreeMinutes[old % spentSlices] = 0
      spent.outsideMs[old % spentSlices] = 0
    }
  spent.slice = slice
  return slice % spentSlices
}

function zeros(): number[] {
  return Array.from({ length: spentSlices }, () => 0)
}

function noteGap(sensor: SensorState, limits: ProfileLimits, timeMs: number): void {
  if (timeMs - sensor.lastMs <= limits.intervalMaxMs) return
  sensor.gaps ??= []
  sensor.gaps.push({ fromMs: sensor.lastMs, toMs: timeMs })
  if (sensor.gaps.length > gapsMax) sensor.gaps.shift()
}

/** The silence that a late reading falls into; `undefined` when that time was judged already. */
export function gapAround(sensor: SensorState, timeMs: number): { readonly fromMs: number; readonly toMs: number } | undefined {
  return sensor.gaps?.find((gap) => timeMs > gap.fromMs && timeMs < gap.toMs)
}

function stepBack(sensor: SensorState, limits: ProfileLimits, { value, timeMs }: Measured): void {
  const { low, high, deadBand, profile } = limits
  const inside = (high === undefined || value <= high - deadBand) && (low === undefined || value >= low + deadBand)
  if (!inside) {
    delete sensor.backSinceMs
    return
  }
  sensor.backSinceMs ??= timeMs
  if (timeMs - sensor.backSinceMs < profile.offDelayMs) return
  sensor.alarm = false
  clearSensor(sensor)
}

function clearSensor(sensor: SensorState): void {
  if (sensor.outSinceMs === undefined) return
  delete sensor.outSinceMs
  delete sensor.outSinceValue
  delete sensor.side
  delete sensor.backSinceMs
}
