/**
 * The features that the novelty score looks at, of one series, in constant memory: means over several scales, the distance from what is
 * usual at this time of day, quantiles that no single spike moves, and spread. It keeps the newest readings and nothing else.
 */

/** Windows of the two scales, in readings, half as long again and two thirds as long as what one scale alone would take. */
const scales = [
  { means: [3, 10, 32], daily: 8, short: 16, long: 64 },
  { means: [6, 24, 72], daily: 18, short: 36, long: 144 }
] as const
/** Readings that are kept; the longest window. */
const ringLength = 144
/** Parts of a day with a usual value each: a quarter of an hour. */
const partsOfDay = 96
const partMs = 86_400_000 / partsOfDay
/** How fast what is usual at a time of day follows: about three days. */
const dailyRate = 0.3
/** Features of one scale, and of each family in it. */
const familySizes = [4, 3, 3, 2] as const
const featuresPerScale = 12

export type FeatureKind = 'value' | 'mean' | 'daily' | 'dailyMean' | 'lowDecile' | 'median' | 'highDecile' | 'quartileRange'

/** The features in the order of the vector, scale by scale and family by family; the words of the proof are made of them. */
export const features: readonly { readonly kind: FeatureKind; readonly window: number }[] = scales.flatMap(
  ({ means, daily, short, long }) => [
    { kind: 'value' as const, window: 1 },
    ...means.map((window) => ({ kind: 'mean' as const, window })),
    { kind: 'value' as const, window: 1 },
    { kind: 'daily' as const, window: 1 },
    { kind: 'dailyMean' as const, window: daily },
    { kind: 'lowDecile' as const, window: short },
    { kind: 'median' as const, window: short },
    { kind: 'highDecile' as const, window: short },
    { kind: 'median' as const, window: long },
    { kind: 'quartileRange' as const, window: long }
  ]
)
export const featureCount = features.length

/** Each family is a part of the vector, from `from` on. */
export const families: readonly { readonly from: number; readonly size: number }[] = scales.flatMap((_, scale) => {
  let from = scale * featuresPerScale
  return familySizes.map((size) => ({ from: (from += size) - size, size }))
})

const sumWindows: readonly number[] = scales.flatMap(({ means, daily }) => [...means, daily])
const sumsPerScale = 4
const sortedWindows: readonly number[] = scales.flatMap(({ short, long }) => [short, long])

export interface FeatureState {
  /** Readings taken so far. */
  count: number
  /** The newest readings; the next one goes to `count % ringLength`. */
  readonly ring: Float64Array
  /** The newest readings of each window for quantiles, in ascending order, and their sums over each window for means. */
  readonly sorted: readonly Float64Array[]
  readonly sums: Float64Array
  /** What is usual at each part of the day; NaN where nothing is known. */
  readonly daily: Float64Array
}

export function emptyFeatures(): FeatureState {
  return {
    count: 0,
    ring: new Float64Array(ringLength),
    sorted: sortedWindows.map((window) => new Float64Array(window)),
    sums: new Float64Array(sumWindows.length),
    daily: new Float64Array(partsOfDay).fill(Number.NaN)
  }
}

/** Takes a reading and writes the features into `vector`. */
export function takeFeatures(state: FeatureState, timeMs: number, value: number, vector: Float64Array): void {
  push(state, value)
  const part = Math.floor((((timeMs % 86_400_000) + 86_400_000) % 86_400_000) / partMs)
  const known = state.daily[part] ?? Number.NaN
  // Nothing known of this time of day: nothing unusual either
  const usual = Number.isNaN(known) ? undefined : known
  state.daily[part] = usual === undefined ? value : usual + dailyRate * (value - usual)
  for (let scale = 0; scale < scales.length; scale += 1) {
    const at = scale * featuresPerScale
    vector[at] = value
    for (let mean = 0; mean < 3; mean += 1) vector[at + 1 + mean] = meanOf(state, scale * sumsPerScale + mean)
    vector[at + 4] = value
    vector[at + 5] = usual === undefined ? 0 : value - usual
    vector[at + 6] = usual === undefined ? 0 : meanOf(state, scale * sumsPerScale + 3) - usual
    vector[at + 7] = quantileOf(state, 2 * scale, 0.1)
    vector[at + 8] = quantileOf(state, 2 * scale, 0.5)
    vector[at + 9] = quantileOf(state, 2 * scale, 0.9)
    vector[at + 10] = quantileOf(state, 2 * scale + 1, 0.5)
    vector[at + 11] = quantileOf(state, 2 * scale + 1, 0.75) - quantileOf(state, 2 * scale + 1, 0.25)
  }
}

/** Makes the sorted windows anew from the readings that are kept, as after a restart. */
export function sortWindows({ count, ring, sorted }: FeatureState): void {
  for (const [at, held] of sorted.entries()) {
    const known = Math.min(count, sortedWindows[at] ?? 1)
    for (let distance = 1; distance <= known; distance += 1) held[distance - 1] = back(ring, count % ringLength, distance)
    held.subarray(0, known).sort()
  }
}

function push(state: FeatureState, value: number): void {
  const { count, ring, sorted, sums } = state
  const slot = count % ringLength
  for (let at = 0; at < sorted.length; at += 1) {
    const window = sortedWindows[at] ?? 1
    const held = sorted[at] ?? ring
    replaceSorted(held, Math.min(count, window), count < window ? undefined : back(ring, slot, window), value)
  }
  for (let at = 0; at < sums.length; at += 1) {
    const window = sumWindows[at] ?? 1
    sums[at] = (sums[at] ?? 0) + value - (count < window ? 0 : back(ring, slot, window))
  }
  ring[slot] = value
  state.count = count + 1
  // Sums are made anew once a round, so that rounding does not pile up
  if (slot === ringLength - 1) renewSums(state)
}

function meanOf({ sums, count }: FeatureState, at: number): number {
  return (sums[at] ?? 0) / Math.min(count, sumWindows[at] ?? 1)
}

function quantileOf({ sorted, count }: FeatureState, at: number, part: number): number {
  return sorted[at]?.[Math.floor(Math.min(count, sortedWindows[at] ?? 1) * part)] ?? 0
}

/** The reading that came `distance` before the one that goes to `slot`. */
function back(ring: Float64Array, slot: number, distance: number): number {
  return ring[(slot - distance + ringLength) % ringLength] ?? 0
}

function renewSums({ ring, sums }: FeatureState): void {
  for (let at = 0; at < sumWindows.length; at += 1) {
    const width = sumWindows[at] ?? 0
    let sum = 0
    for (let slot = ringLength - width; slot < ringLength; slot += 1) sum += ring[slot] ?? 0
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
