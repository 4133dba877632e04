/**
 * Compares the sensors of one place that measure the same: which one is alone with what it shows, and whether it jumped or crept away.
 * Pure; a few numbers a sensor. It judges sensors, never goods.
 *
 * The rule: a sensor disagrees when it is farther from the median of the others than the tolerance, its usual difference aside. It is
 * alone when it left the range that it usually keeps, and the others left theirs by less than a share of that: a room that warms takes all
 * its sensors along. Sensors that stopped moving are no witnesses. A single sensor has none: it is believed unless it fails a test of its own.
 */
import { Type, type Static } from 'typebox'

export const CompareState = Type.Object({
  value: Type.Number(),
  timeMs: Type.Number(),
  /** The reading before. */
  beforeValue: Type.Number(),
  beforeMs: Type.Number(),
  /** Usual difference to the others, and how many comparisons taught it. */
  usual: Type.Number(),
  count: Type.Number(),
  /** When it last agreed closely. */
  nearMs: Type.Number(),
  /** The range that it keeps while it agrees. */
  low: Type.Number(),
  high: Type.Number(),
  /** Difference at the last comparison, and its largest step since it last agreed. */
  apart: Type.Number(),
  stepMax: Type.Number(),
  /** Usual step of the difference from one comparison to the next, while it agrees. */
  stepUsual: Type.Number(),
  /** Since when it is alone, or agrees again. */
  aloneSinceMs: Type.Optional(Type.Number()),
  backSinceMs: Type.Optional(Type.Number()),
  /** The sensor does not change any more. */
  still: Type.Boolean()
})
export type CompareState = Static<typeof CompareState>

export interface CompareSettings {
  readonly tolerance: number
  readonly usualMax: number
  readonly sharedShare: number
  readonly forMs: number
  /** Older values are no witnesses. */
  readonly freshMs: number
}

export interface Comparison {
  /** How far from the others, its usual difference aside; NaN when there is nothing to compare with. */
  readonly apart: number
  /** It disagrees at this moment, and alone. */
  readonly alone: boolean
  /** It has been alone long enough to be at fault: it jumped away, or crept. */
  readonly fault: 'neighbour' | 'drift' | undefined
  /** It has agreed for long enough to be well again. */
  readonly well: boolean
}

/** Comparisons that teach the usual difference at first. */
const learnCount = 12
/** After that the difference is followed so slowly that a drift of a tenth of a kelvin a day still shows. */
const followMs = 14 * 86_400_000
/** The usual range forgets so slowly: a thermostat, a defrosting and a working day are in it. */
const rangeMs = 6 * 3_600_000
/** Values beside it that are looked at. */
const neighboursMax = 16
const none: Comparison = { apart: Number.NaN, alone: false, fault: undefined, well: false }

export function newCompare(value: number, timeMs: number): CompareState {
  return {
    value,
    timeMs,
    beforeValue: value,
    beforeMs: timeMs,
    usual: 0,
    count: 0,
    nearMs: timeMs,
    low: value,
    high: value,
    apart: 0,
    stepMax: 0,
    stepUsual: 0,
    still: false
  }
}

/** Takes a value of a sensor that is in `all`. Changes its state. While `frozen`, as when the place is in alarm, nothing new is learnt or blamed. */
export function compareWithNeighbours(
  state: CompareState,
  all: ReadonlyMap<string, CompareState>,
  reading: { readonly value: number; readonly timeMs: number; readonly still: boolean; readonly frozen: boolean },
  settings: CompareSettings
): Comparison {
  const sinceMs = reading.timeMs - state.timeMs
  if (sinceMs > 0) {
    state.beforeValue = state.value
    state.beforeMs = state.timeMs
  }
  state.value = reading.value
  state.timeMs = reading.timeMs
  state.still = reading.still
  const difference = medianOfOthers(state, all, settings.freshMs, differenceTo)
  if (Number.isNaN(difference)) return forget(state)
  if (state.count < learnCount) {
    const usual = state.usual + (difference - state.usual) / (state.count + 1)
    if (Math.abs(difference) <= settings.usualMax) {
      state.usual = usual
      state.count += 1
    }
  }
  const apart = difference - state.usual
  if (reading.frozen) return { apart, alone: state.aloneSinceMs !== undefined, fault: undefined, well: false }
  const distance = Math.abs(apart)
  const step = Math.abs(apart - state.apart)
  state.stepMax = Math.max(state.stepMax, step)
  state.apart = apart
  if (distance <= settings.tolerance / 4) {
    state.nearMs = reading.timeMs
    state.stepMax = 0
  }
  if (distance <= settings.tolerance / 2) return agree(state, reading, { apart, difference, sinceMs, step }, settings)
  if (state.backSinceMs !== undefined) delete state.backSinceMs
  const alone = distance > settings.tolerance && isAlone(state, all, settings)
  if (!alone) {
    if (state.aloneSinceMs !== undefined) delete state.aloneSinceMs
    return { apart, alone, fault: undefined, well: false }
  }
  state.aloneSinceMs ??= reading.timeMs
  if (reading.timeMs - state.aloneSinceMs < settings.forMs) return { apart, alone, fault: undefined, well: false }
  // Where the place itself moves fast, sensors that are read one after the other always step apart and back.
  const jumped = state.stepMax >= distance / 2 && state.stepMax > 3 * state.stepUsual
  return { apart, alone, fault: jumped ? 'neighbour' : 'drift', well: false }
}

function agree(
  state: CompareState,
  { value, timeMs }: { readonly value: number; readonly timeMs: number },
  seen: { readonly apart: number; readonly difference: number; readonly sinceMs: number; readonly step: number },
  { forMs, usualMax }: CompareSettings
): Comparison {
  if (state.aloneSinceMs !== undefined) delete state.aloneSinceMs
  state.backSinceMs ??= timeMs
  if (state.count >= learnCount) {
    const followed = state.usual + (seen.difference - state.usual) * Math.min(1, Math.max(0, seen.sinceMs) / followMs)
    state.usual = Math.min(usualMax, Math.max(-usualMax, followed))
  }
  state.stepUsual += (seen.step - state.stepUsual) / 16
  const forgets = Math.min(1, Math.max(0, seen.sinceMs) / rangeMs)
  state.low = Math.min(value, state.low + (value - state.low) * forgets)
  state.high = Math.max(value, state.high + (value - state.high) * forgets)
  return { apart: seen.apart, alone: false, fault: undefined, well: timeMs - state.backSinceMs >= forMs }
}

function forget(state: CompareState): Comparison {
  if (state.aloneSinceMs !== undefined) delete state.aloneSinceMs
  if (state.backSinceMs !== undefined) delete state.backSinceMs
  return none
}

/** While the usual difference is not yet learnt there is no telling. */
function isAlone(
  state: CompareState,
  all: ReadonlyMap<string, CompareState>,
  { tolerance, sharedShare, freshMs }: CompareSettings
): boolean {
  if (state.count < learnCount) return false
  const own = Math.min(outsideOf(state, state.value), outsideOf(state, state.beforeValue))
  if (own < tolerance / 2) return false
  return medianOfOthers(state, all, freshMs, (_, other) => outsideOf(other, other.value)) < sharedShare * own
}

/** How far a sensor is outside of the range that it usually keeps. */
function outsideOf({ low, high }: CompareState, value: number): number {
  return value > high ? value - high : value < low ? low - value : 0
}

/** At the same time: sensors of one device come one after the other, so that the other one's newest value is often as old as the own one before. */
function differenceTo(state: CompareState, other: CompareState): number {
  const isBefore = Math.abs(other.timeMs - state.beforeMs) < Math.abs(other.timeMs - state.timeMs)
  return (isBefore ? state.beforeValue : state.value) - other.value
}

const scratch: number[] = []

function medianOfOthers(
  state: CompareState,
  all: ReadonlyMap<string, CompareState>,
  freshMs: number,
  of: (state: CompareState, other: CompareState) => number
): number {
  scratch.length = 0
  for (const other of all.values()) {
    if (other === state || other.still || Math.abs(state.timeMs - other.timeMs) > freshMs) continue
    scratch.push(of(state, other))
    if (scratch.length >= neighboursMax) break
  }
  if (scratch.length === 0) return Number.NaN
  if (scratch.length === 1) return scratch[0] ?? Number.NaN
  scratch.sort((left, right) => left - right)
  const middle = scratch.length >> 1
  const upper = scratch[middle] ?? Number.NaN
  return scratch.length % 2 === 1 ? upper : (upper + (scratch[middle - 1] ?? Number.NaN)) / 2
}
