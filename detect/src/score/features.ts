/**
 * The features that the novelty score looks at, of one series, in constant memory: means over several scales, the distance from what is
 * usual at this time of day, quantiles that no single spike moves, and spread. It keeps the newest readings and nothing else.
 */

/** Readings that are kept; the longest window. */
const windowLong = 96
const windowShort = 24
/** Parts of a day with a usual value each: a quarter of an hour. */
const partsOfDay = 96
const partMs = 86_400_000 / partsOfDay
/** How fast what is usual at a time of day follows: about three days. */
const dailyRate = 0.3

/** Names of the features in the order of the vector, family by family; the words of the proof are made of them. */
export const featureNames = [
  'value',
  'mean4',
  'mean16',
  'mean48',
  'value',
  'daily',
  'dailyMean12',
  'lowDecile24',
  'median24',
  'highDecile24',
  'median96',
  'quartileRange96'
] as const
export type FeatureName = (typeof featureNames)[number]
export const featureCount = featureNames.length

/** Each family is a part of the vector, from `from` on. */
export const families = [
  { from: 0, size: 4 },
  { from: 4, size: 3 },
  { from: 7, size: 3 },
  { from: 10, size: 2 }
] as const

export interface FeatureState {
  /** Readings taken so far. */
  count: number
  /** The newest readings; the next one goes to `count % windowLong`. */
  readonly ring: Float64Array
  /** The same readings, and the newest of them, in ascending order. */
  readonly sortedLong: Float64Array
  readonly sortedShort: Float64Array
  /** Sums over the newest 4, 12, 16 and 48 readings. */
  readonly sums: Float64Array
  /** What is usual at each part of the day; NaN where nothing is known. */
  readonly daily: Float64Array
}

const sumWindows = [4, 12, 16, 48] as const

export function emptyFeatures(): FeatureState {
  return {
    count: 0,
    ring: new Float64Array(windowLong),
    sortedLong: new Float64Array(windowLong),
    sortedShort: new Float64Array(windowShort),
    sums: new Float64Array(sumWindows.length),
    daily: new Float64Array(partsOfDay).fill(Number.NaN)
  }
}

/** Takes a reading and writes the features into `vector`. */
export function takeFeatures(state: FeatureState, timeMs: number, value: number, vector: Float64Array): void {
  const { count, ring, sortedLong, sortedShort, sums } = state
  const slot = count % windowLong
  const held = Math.min(count, windowLong)
  const heldShort = Math.min(count, windowShort)
  replaceSorted(sortedLong, held, held === windowLong ? (ring[slot] ?? 0) : undefined, value)
  replaceSorted(sortedShort, heldShort, heldShort === windowShort ? back(ring, slot, windowShort) : undefined, value)
  for (let at = 0; at < sumWindows.length; at += 1) {
    const width = sumWindows[at] ?? 0
    sums[at] = (sums[at] ?? 0) + value - (count >= width ? back(ring, slot, width) : 0)
  }
  ring[slot] = value
  state.count = count + 1
  // Sums are made anew once a round, so that rounding does not pile up
  if (slot === windowLong - 1) renewSums(state)
  const [long, short] = [Math.min(count + 1, windowLong), Math.min(count + 1, windowShort)]
  const mean = (at: number): number => (sums[at] ?? 0) / Math.min(count + 1, sumWindows[at] ?? 1)
  const part = Math.floor((((timeMs % 86_400_000) + 86_400_000) % 86_400_000) / partMs)
  const usual = state.daily[part] ?? Number.NaN
  const known = !Number.isNaN(usual)
  state.daily[part] = known ? usual + dailyRate * (value - usual) : value
  vector[0] = value
  vector[1] = mean(0)
  vector[2] = mean(2)
  vector[3] = mean(3)
  vector[4] = value
  vector[5] = known ? value - usual : 0
  vector[6] = known ? mean(1) - usual : 0
  vector[7] = sortedShort[Math.floor(short * 0.1)] ?? value
  vector[8] = sortedShort[short >> 1] ?? value
  vector[9] = sortedShort[Math.floor(short * 0.9)] ?? value
  vector[10] = sortedLong[long >> 1] ?? value
  vector[11] = (sortedLong[Math.floor(long * 0.75)] ?? value) - (sortedLong[Math.floor(long * 0.25)] ?? value)
}

/** The reading that came `distance` before the one that goes to `slot`. */
function back(ring: Float64Array, slot: number, distance: number): number {
  return ring[(slot - distance + windowLong) % windowLong] ?? 0
}

function renewSums({ ring, sums }: FeatureState): void {
  for (let at = 0; at < sumWindows.length; at += 1) {
    const width = sumWindows[at] ?? 0
    let sum = 0
    for (let slot = windowLong - width; slot < windowLong; slot += 1) sum += ring[slot] ?? 0
    sums[at] = sum
  }
}

/** Puts `value` in its place among `held` sorted values; `old`, if given, leaves. */
function replaceSorted(sorted: Float64Array, held: number, old: number | undefined, value: number): void {
  const target = placeOf(sorted, held, value)
  if (old === undefined) {
    sorted.copyWithin(target + 1, target, held)
    sorted[target] = value
    return
  }
  const from = placeOf(sorted, held, old)
  if (target > from) {
    sorted.copyWithin(from, from + 1, target)
    sorted[target - 1] = value
  } else {
    sorted.copyWithin(target + 1, target, from)
    sorted[target] = value
  }
}

/** How many of the first `held` values are smaller. */
function placeOf(sorted: Float64Array, held: number, value: number): number {
  let low = 0
  let high = held
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
