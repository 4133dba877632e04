/** Cold-chain figures: mean kinetic temperature over a sliding window, and degree-minutes outside of limits. */
import { Type, type Static } from 'typebox'

/** ΔH/R with ΔH = 83.144 kJ/mol and R = 8.3144 J/(mol K), in kelvin (USP <1079>). */
export const activationKelvin = 10_000
const zeroCelsiusKelvin = 273.15
/** The window is kept in so many slices, so that memory stays the same however fast readings come. */
const slices = 96

/**
 * Sums of one window. `weight` is Σ Δt·exp(−ΔH/(R·T)) scaled by exp(ΔH/(R·T0)) with T0 = 273.15 K, so that the numbers keep
 * their digits; `duration` is Σ Δt in milliseconds. Slice s of time holds index s modulo the number of slices.
 */
export const MeanKineticState = Type.Object({
  slice: Type.Integer(),
  weight: Type.Array(Type.Number()),
  duration: Type.Array(Type.Number())
})
export type MeanKineticState = Static<typeof MeanKineticState>

export function emptyMeanKinetic(): MeanKineticState {
  return { slice: -1, weight: Array.from({ length: slices }, () => 0), duration: Array.from({ length: slices }, () => 0) }
}

/** Adds a temperature in degrees Celsius that held for `durationMs` up to `timeMs`. Changes `state`. */
export function addTemperature(
  state: MeanKineticState,
  celsius: number,
  span: { readonly timeMs: number; readonly durationMs: number; readonly windowMs: number }
): void {
  const slice = Math.floor(span.timeMs / (span.windowMs / slices))
  if (state.slice >= 0) for (let old = Math.max(state.slice + 1, slice - slices + 1); old <= slice; old += 1) clearSlice(state, old)
  state.slice = Math.max(slice, state.slice)
  const index = ((slice % slices) + slices) % slices
  const kelvin = celsius + zeroCelsiusKelvin
  const exponent = activationKelvin / zeroCelsiusKelvin - activationKelvin / kelvin
  state.weight[index] = (state.weight[index] ?? 0) + span.durationMs * Math.exp(exponent)
  state.duration[index] = (state.duration[index] ?? 0) + span.durationMs
}

/** Mean kinetic temperature of the window in degrees Celsius; NaN while nothing is in it. */
export function meanKineticTemperature(state: MeanKineticState): number {
  const weight = state.weight.reduce((sum, part) => sum + part, 0)
  const duration = state.duration.reduce((sum, part) => sum + part, 0)
  if (duration <= 0) return Number.NaN
  return activationKelvin / (activationKelvin / zeroCelsiusKelvin - Math.log(weight / duration)) - zeroCelsiusKelvin
}

/** How much of the window is known, in milliseconds. */
export function meanKineticCover(state: MeanKineticState): number {
  return state.duration.reduce((sum, part) => sum + part, 0)
}

/** Degree-minutes outside [low, high] of a straight line between two readings, exactly: a line that crosses a limit counts from there on. */
export function degreeMinutes(
  before: number,
  after: number,
  durationMs: number,
  limits: { readonly low?: number | undefined; readonly high?: number | undefined }
): number {
  const above = limits.high === undefined ? 0 : meanAbove(before - limits.high, after - limits.high)
  const below = limits.low === undefined ? 0 : meanAbove(limits.low - before, limits.low - after)
  return (above + below) * (durationMs / 60_000)
}

/** Mean of the positive part of a line from `from` to `to`. */
function meanAbove(from: number, to: number): number {
  if (from <= 0 && to <= 0) return 0
  if (from >= 0 && to >= 0) return (from + to) / 2
  const over = Math.max(from, to)
  return over ** 2 / (2 * Math.abs(to - from))
}

/** How far outside the limits, as a positive number; 0 inside. */
export function beyond(value: number, limits: { readonly low?: number | undefined; readonly high?: number | undefined }): number {
  if (limits.high !== undefined && value > limits.high) return value - limits.high
  return limits.low !== undefined && value < limits.low ? limits.low - value : 0
}

function clearSlice(state: MeanKineticState, slice: number): void {
  const index = ((slice % slices) + slices) % slices
  state.weight[index] = 0
  state.duration[index] = 0
}
