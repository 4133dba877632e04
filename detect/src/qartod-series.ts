/**
 * QARTOD tests over whole arrays of one variable: climatology (test 5), spike (6), attenuated signal (10), percentile range, density
 * inversion (13), multi-variate (9) and neighbour (11). Flags only; what a flag is worth is decided by those who ask. A missing value is null.
 */
import type { QualityFlag } from '@tracegate/model/quality'

type Values = readonly (number | null)[]

export const spikeMethods = ['average', 'differential'] as const
export type SpikeMethod = (typeof spikeMethods)[number]

export interface Thresholds {
  readonly suspect?: number
  readonly fail?: number
}

/**
 * A row far from what the rows beside it say it should be. The first and the last row and one beside a missing row cannot be judged and are 2:
 * of a live series the newest row is always such a one.
 */
export function spike(values: Values, thresholds: Thresholds, method: SpikeMethod = 'average'): QualityFlag[] {
  if (!spikeMethods.includes(method))
    throw new RangeError(`Cannot check spikes: method is "${method}", expected one of ${spikeMethods.join(', ')}`)
  return values.map((value, index) => spikeFlagOf(values[index - 1], value, values[index + 1], thresholds, method))
}

/** The flag of the middle one of three rows; `undefined` stands for a row that there is none of. */
export function spikeFlagOf(
  before: number | null | undefined,
  value: number | null,
  after: number | null | undefined,
  thresholds: Thresholds,
  method: SpikeMethod
): QualityFlag {
  if (isMissing(value)) return 9
  if (before === undefined || after === undefined || isMissing(before) || isMissing(after)) return 2
  const distance = method === 'average' ? Math.abs(value - (before + after) / 2) : differential(value - before, after - value)
  if (thresholds.fail !== undefined && distance > thresholds.fail) return 4
  return thresholds.suspect !== undefined && distance > thresholds.suspect ? 3 : 1
}

/** The lesser of both steps where they go opposite ways; a step in one direction is no spike. */
function differential(up: number, down: number): number {
  return up * down < 0 ? Math.min(Math.abs(up), Math.abs(down)) : 0
}

export interface AttenuatedSignal extends Required<Thresholds> {
  readonly checkType: 'std' | 'range'
  /** Length of the window that ends with each row; the whole array when left out. */
  readonly periodMs?: number
  /** Fewest values in the window, or the time they must fill; one or the other. */
  readonly countMin?: number
  readonly filledMsMin?: number
}

/** A signal that hardly moves: its standard deviation or its range is below a threshold. */
export function attenuatedSignal(values: Values, timesMs: readonly number[], settings: AttenuatedSignal): QualityFlag[] {
  const { checkType, periodMs } = settings
  if (checkType !== 'std' && checkType !== 'range')
    throw new RangeError(`Cannot check attenuation: checkType is "${String(checkType)}", expected std or range`)
  const countMin = countMinOf(settings, timesMs)
  const whole = spreadOf(
    values.filter((value) => !isMissing(value)),
    checkType,
    0
  )
  return values.map((value, index) => {
    if (isMissing(value)) return 9
    if (periodMs === undefined) return attenuatedFlag(whole, settings)
    return attenuatedFlag(windowSpread(values, timesMs, index, { checkType, periodMs, countMin }), settings)
  })
}

export function attenuatedFlag(spread: number, thresholds: Required<Thresholds>): QualityFlag {
  if (spread < thresholds.fail) return 4
  if (spread < thresholds.suspect) return 3
  return Number.isNaN(spread) ? 2 : 1
}

function countMinOf({ countMin, filledMsMin }: AttenuatedSignal, timesMs: readonly number[]): number {
  if (countMin !== undefined) return countMin
  if (filledMsMin === undefined) return 1
  const steps = timesMs.slice(1).map((time, index) => time - (timesMs[index] ?? 0))
  const interval = percentileOf(steps, 50)
  return interval > 0 ? Math.trunc(filledMsMin / interval) : 1
}

/** The window is open at its old end. A range needs every row of it; a standard deviation passes over missing rows and needs two. */
function windowSpread(
  values: Values,
  timesMs: readonly number[],
  end: number,
  window: { readonly checkType: 'std' | 'range'; readonly periodMs: number; readonly countMin: number }
): number {
  const endMs = timesMs[end] ?? 0
  const inside: number[] = []
  let missing = 0
  for (let index = end; index >= 0 && endMs - (timesMs[index] ?? 0) < window.periodMs; index -= 1) {
    const value = values[index] ?? null
    if (isMissing(value)) missing += 1
    else inside.push(value)
  }
  if (inside.length < window.countMin || (missing > 0 && window.checkType === 'range')) return Number.NaN
  return spreadOf(inside, window.checkType, 1)
}

/** `lost` degrees of freedom: 0 takes the values for all there are, 1 for a sample. */
function spreadOf(values: Values, checkType: 'std' | 'range', lost: 0 | 1): number {
  const known = values.filter((value) => value !== null)
  if (known.length <= lost && checkType === 'std') return Number.NaN
  if (known.length === 0) return Number.NaN
  if (checkType === 'range') return Math.max(...bounded(known)) - Math.min(...bounded(known))
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - lost))
}

/** The ends of the values; spreading a long array over arguments would fail. */
function bounded(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** A row outside of what most rows of the array lie within, widened by `pad` in the unit of the value, is 3. */
export function percentileRange(
  values: Values,
  settings: { readonly lowPercentile: number; readonly highPercentile: number; readonly pad: number }
): QualityFlag[] {
  const { lowPercentile, highPercentile, pad } = settings
  if (!(lowPercentile >= 0 && highPercentile <= 100 && lowPercentile <= highPercentile))
    throw new RangeError(`Cannot check percentiles: they are ${lowPercentile} and ${highPercentile}, expected 0 ≤ low ≤ high ≤ 100`)
  const known = values.filter((value) => !isMissing(value))
  const low = percentileOf(known, lowPercentile) - pad
  const high = percentileOf(known, highPercentile) + pad
  return values.map((value) => (isMissing(value) ? 9 : value < low || value > high ? 3 : 1))
}

/** By straight line between the two nearest ranks. */
function percentileOf(values: Values, percentile: number): number {
  const sorted = values.filter((value) => value !== null).sort((left, right) => left - right)
  if (sorted.length === 0) return Number.NaN
  const rank = (percentile / 100) * (sorted.length - 1)
  const below = sorted[Math.floor(rank)] ?? Number.NaN
  const above = sorted[Math.ceil(rank)] ?? Number.NaN
  return below + (above - below) * (rank - Math.floor(rank))
}

/** Density must not fall with depth: both rows of a pair whose density change along the depth is below a threshold are flagged. */
export function densityInversion(densities: Values, depths: Values, thresholds: Thresholds): QualityFlag[] {
  requireSameLength(densities, depths)
  if (densities.length === 1) return [2]
  const flags = densities.map((): QualityFlag => 1)
  const missing = densities.map((value, index) => isMissing(value) || isMissing(depths[index] ?? null))
  const mark = (threshold: number | undefined, flag: QualityFlag): void => {
    if (threshold === undefined) return
    for (let index = 1; index < densities.length; index += 1) {
      if (missing[index] === true || missing[index - 1] === true) continue
      const direction = Math.sign((depths[index] ?? 0) - (depths[index - 1] ?? 0))
      if (direction * ((densities[index] ?? 0) - (densities[index - 1] ?? 0)) < threshold) flags[index - 1] = flags[index] = flag
    }
  }
  mark(thresholds.suspect, 3)
  mark(thresholds.fail, 4)
  // The row after a missing one has lost what it is compared with.
  return flags.map((flag, index) => (missing[index] === true || missing[index - 1] === true ? 9 : flag))
}

/**
 * Test 9: a row whose own rate of change is out of bounds while that of every companion variable is within is 3. Flags are those of
 * `rateOfChange` of the variable and of its companions, row by row.
 */
export function multiVariate(own: readonly QualityFlag[], companions: readonly (readonly QualityFlag[])[]): QualityFlag[] {
  for (const companion of companions) requireSameLength(own, companion)
  return own.map((flag, index) => {
    if (flag === 9) return 9
    const known = companions.map((companion) => companion[index] ?? 9).filter((other) => other !== 9 && other !== 2)
    if (known.length === 0) return 2
    return flag !== 1 && known.every((other) => other === 1) ? 3 : 1
  })
}

/** Test 11: a row farther from the median of its neighbours at the same time than a threshold. Without a neighbour it is 2. */
export function neighbour(values: Values, neighbours: readonly Values[], thresholds: Thresholds): QualityFlag[] {
  for (const other of neighbours) requireSameLength(values, other)
  return values.map((value, index) => {
    if (isMissing(value)) return 9
    const beside = neighbours.map((other) => other[index] ?? null).filter((other) => !isMissing(other))
    if (beside.length === 0) return 2
    const distance = Math.abs(value - percentileOf(beside, 50))
    if (thresholds.fail !== undefined && distance > thresholds.fail) return 4
    return thresholds.suspect !== undefined && distance > thresholds.suspect ? 3 : 1
  })
}

function requireSameLength(one: readonly unknown[], other: readonly unknown[]): void {
  if (one.length !== other.length)
    throw new RangeError(`Cannot compare rows: there are ${one.length} and ${other.length}, expected the same number`)
}

function isMissing(value: number | null): value is null {
  return value === null || Number.isNaN(value)
}
