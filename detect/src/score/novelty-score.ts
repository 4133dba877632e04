/**
 * A streaming score of how new a reading is, strictly causal, in constant memory. The features of a family are remembered twice: as one
 * hull of all that was ever seen, and as up to 12 small boxes (fuzzy ART, after Carpenter, Grossberg and Rosen, 1991), so that what lies between the
 * known states is new too. The score is the mean over families and memories, with equal weights. It knows no threshold and no alert.
 */
import { emptyFeatures, families, featureCount, features, takeFeatures, type FeatureKind, type FeatureState } from './features.ts'

const boxesMax = 12
/** A box may be at most so wide, as a part of the range that was seen, on average over its features. */
export const boxWidthMax = 0.5
/** How steeply the score rises with the distance as a part of the range. */
const gain = 60
/** What was seen is forgotten slowly: bounds move towards what is seen now, by this part a year. */
const forgetMs = 365 * 86_400_000

export interface NoveltyState extends FeatureState {
  readonly boxWidthMax: number
  lastMs: number
  /** The hull of each feature. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** Bounds of the boxes: for each family its boxes, for each box its features. */
  readonly boxLow: Float64Array
  readonly boxHigh: Float64Array
  /** Which reading used a box last, family by family. */
  readonly boxUsed: Float64Array
  /** Boxes in use and the one used last, family by family. */
  readonly boxes: Float64Array
  readonly boxLast: Float64Array
}

export function emptyNovelty(widthMax: number = boxWidthMax): NoveltyState {
  return {
    ...emptyFeatures(),
    boxWidthMax: widthMax,
    lastMs: Number.NaN,
    low: new Float64Array(featureCount).fill(Number.POSITIVE_INFINITY),
    high: new Float64Array(featureCount).fill(Number.NEGATIVE_INFINITY),
    boxLow: new Float64Array(featureCount * boxesMax),
    boxHigh: new Float64Array(featureCount * boxesMax),
    boxUsed: new Float64Array(families.length * boxesMax),
    boxes: new Float64Array(families.length),
    boxLast: new Float64Array(families.length)
  }
}

/** What was newest of a reading: the feature, its value, the bound it passed, and by how much of the range. */
export interface NoveltyReason {
  readonly feature: FeatureKind
  /** Readings that the feature is made of. */
  readonly window: number
  readonly value: number
  readonly bound: number
  /** True where the value lies between known states, not beyond all of them. */
  readonly inside: boolean
  readonly partOfRange: number
}

const nothing = { from: 0, size: 0 }
const vector = new Float64Array(featureCount)
const inverse = new Float64Array(featureCount)

/** Scores a reading against all before it, then learns it. 0: nothing new. `explain` is asked before it is learnt. */
export function scoreNovelty(
  state: NoveltyState,
  timeMs: number,
  value: number,
  explain?: (score: number, reason: () => NoveltyReason) => void
): number {
  const first = state.count === 0
  takeFeatures(state, timeMs, value, vector)
  if (first) {
    learn(state, 0)
    state.lastMs = timeMs
    return 0
  }
  setInverse(state)
  let sum = 0
  for (let family = 0; family < families.length; family += 1) sum += hullScore(state, family) + boxScore(state, family)
  const score = sum / (2 * families.length)
  if (explain !== undefined && score > 0) explain(score, () => reasonOf(state))
  const elapsedMs = Math.min(Math.max(timeMs - state.lastMs, 0), forgetMs / 100)
  state.lastMs = timeMs
  learn(state, elapsedMs / forgetMs)
  return score
}

/** One over the range of each feature. A series that was constant so far has none: then what it changes by is taken for it. */
function setInverse({ low, high }: NoveltyState): void {
  const isConstant = low[0] === high[0]
  for (let at = 0; at < featureCount; at += 1) {
    const range = (high[at] ?? 0) - (low[at] ?? 0)
    const scale = range > 0 || !isConstant ? range : Math.abs((vector[at] ?? 0) - (low[at] ?? 0))
    inverse[at] = scale > 0 ? 1 / scale : 0
  }
}

function scaled(distance: number, size: number): number {
  return distance === 0 ? 0 : Math.log1p((gain * distance) / size) / 3
}

function familyAt(family: number): { readonly from: number; readonly size: number } {
  return families[family] ?? nothing
}

function hullScore({ low, high }: NoveltyState, family: number): number {
  const { from, size } = familyAt(family)
  let distance = 0
  for (let at = from; at < from + size; at += 1) distance += beyond(at, low[at] ?? 0, high[at] ?? 0)
  return scaled(distance, size)
}

/** How far a feature lies outside of bounds, as a part of its range. */
function beyond(at: number, low: number, high: number): number {
  const value = vector[at] ?? 0
  if (value > high) return (value - high) * (inverse[at] ?? 0)
  return value < low ? (low - value) * (inverse[at] ?? 0) : 0
}

function boxScore(state: NoveltyState, family: number): number {
  const { size } = familyAt(family)
  const last = state.boxLast[family] ?? 0
  let best = boxDistance(state, family, last, Number.POSITIVE_INFINITY)
  const boxes = state.boxes[family] ?? 0
  for (let box = 0; box < boxes && best > 0; box += 1) best = Math.min(best, boxDistance(state, family, box, best))
  return scaled(best, size)
}

function boxDistance({ boxLow, boxHigh }: NoveltyState, family: number, box: number, enough: number): number {
  const { from, size } = familyAt(family)
  const offset = from * boxesMax + box * size
  let distance = 0
  for (let at = 0; at < size && distance < enough; at += 1)
    distance += beyond(from + at, boxLow[offset + at] ?? 0, boxHigh[offset + at] ?? 0)
  return distance
}

function learn(state: NoveltyState, forget: number): void {
  const { low, high } = state
  for (let at = 0; at < featureCount; at += 1) {
    const value = vector[at] ?? 0
    const [before, after] = [low[at] ?? 0, high[at] ?? 0]
    low[at] = value < before ? value : before + forget * (value - before)
    high[at] = value > after ? value : after + forget * (value - after)
  }
  setInverse(state)
  for (let family = 0; family < families.length; family += 1) learnBox(state, family, forget)
}

/** The box that grows least takes the reading, if it may; else a new one begins, in the place of the one unused for longest when all are taken. */
function learnBox(state: NoveltyState, family: number, forget: number): void {
  const { from, size } = familyAt(family)
  const boxes = state.boxes[family] ?? 0
  let winner = winnerOf(state, family)
  const isNew = winner < 0
  if (isNew) {
    winner = boxes < boxesMax ? boxes : oldestOf(state, family)
    if (boxes < boxesMax) state.boxes[family] = boxes + 1
  }
  const offset = from * boxesMax + winner * size
  for (let at = 0; at < size; at += 1) {
    const value = vector[from + at] ?? 0
    const [low, high] = [state.boxLow[offset + at] ?? 0, state.boxHigh[offset + at] ?? 0]
    state.boxLow[offset + at] = isNew || value < low ? value : low + forget * (value - low)
    state.boxHigh[offset + at] = isNew || value > high ? value : high + forget * (value - high)
  }
  state.boxUsed[family * boxesMax + winner] = state.count
  state.boxLast[family] = winner
}

function winnerOf(state: NoveltyState, family: number): number {
  const { from, size } = familyAt(family)
  const boxes = state.boxes[family] ?? 0
  const last = state.boxLast[family] ?? 0
  if (boxes > 0 && boxDistance(state, family, last, Number.MIN_VALUE) === 0) return last
  let winner = -1
  let least = Number.POSITIVE_INFINITY
  for (let box = 0; box < boxes; box += 1) {
    const offset = from * boxesMax + box * size
    let width = 0
    let growth = 0
    for (let at = 0; at < size; at += 1) {
      const grown = beyond(from + at, state.boxLow[offset + at] ?? 0, state.boxHigh[offset + at] ?? 0)
      growth += grown
      width += grown + ((state.boxHigh[offset + at] ?? 0) - (state.boxLow[offset + at] ?? 0)) * (inverse[from + at] ?? 0)
    }
    // Of two that need not grow the narrower one
    const cost = growth + width / 1_000
    if (width > state.boxWidthMax * size || cost >= least) continue
    least = cost
    winner = box
  }
  return winner
}

function oldestOf({ boxUsed }: NoveltyState, family: number): number {
  let oldest = 0
  for (let box = 1; box < boxesMax; box += 1)
    if ((boxUsed[family * boxesMax + box] ?? 0) < (boxUsed[family * boxesMax + oldest] ?? 0)) oldest = box
  return oldest
}

/** The feature that lies farthest from the nearest box of its family. */
function reasonOf(state: NoveltyState): NoveltyReason {
  let found: NoveltyReason = { feature: 'value', window: 1, value: vector[0] ?? 0, bound: vector[0] ?? 0, inside: false, partOfRange: 0 }
  for (let family = 0; family < families.length; family += 1) {
    const { from, size } = familyAt(family)
    const offset = from * boxesMax + nearestOf(state, family) * size
    for (let at = 0; at < size; at += 1) {
      const [low, high] = [state.boxLow[offset + at] ?? 0, state.boxHigh[offset + at] ?? 0]
      const partOfRange = beyond(from + at, low, high)
      if (partOfRange <= found.partOfRange) continue
      const value = vector[from + at] ?? 0
      const inside = value >= (state.low[from + at] ?? 0) && value <= (state.high[from + at] ?? 0)
      found = {
        feature: features[from + at]?.kind ?? 'value',
        window: features[from + at]?.window ?? 1,
        value,
        bound: value > high ? high : low,
        inside,
        partOfRange
      }
    }
  }
  return found
}

function nearestOf(state: NoveltyState, family: number): number {
  let nearest = 0
  let least = Number.POSITIVE_INFINITY
  for (let box = 0; box < (state.boxes[family] ?? 0); box += 1) {
    const distance = boxDistance(state, family, box, Number.POSITIVE_INFINITY)
    if (distance >= least) continue
    least = distance
    nearest = box
  }
  return nearest
}
