/**
 * Turns a budget of alerts into a threshold: the operator says how many alerts a month a series may raise, the threshold follows from the
 * newest peaks of its own score, and is corrected by what was really raised. Constant memory. It cannot tell a false alarm from a true one:
 * both count.
 */

export const monthMs = 30 * 86_400_000
/** Peaks that are remembered; older ones say little of a series that learns. */
const peaksMax = 128
/** Fewer wanted alerts than this among the remembered peaks are not counted off but extrapolated from the tail. */
const countableMin = 8
/** The part of the peaks that the tail is fitted to, and the fewest of them. */
const tailPart = 0.25
const tailMin = 10
/** How far one alert more or less than allowed moves the logarithm of the threshold, and how far it may move in all. */
const correctionStep = 0.5
const correctionMax = 3

export interface BudgetState {
  /** `since`, `last`: times; `peaks`: how many so far, the next one goes to `peaks % peaksMax`; `correction`: of the logarithm. */
  sinceMs: number
  lastMs: number
  peaks: number
  correction: number
  readonly peakScores: Float64Array
  readonly peakTimesMs: Float64Array
}

export function emptyBudget(): BudgetState {
  return {
    sinceMs: Number.NaN,
    lastMs: Number.NaN,
    peaks: 0,
    correction: 0,
    peakScores: new Float64Array(peaksMax),
    peakTimesMs: new Float64Array(peaksMax)
  }
}

/** Time passes: what the budget allows grows, and the threshold comes down with it. The first call starts the account. */
export function passTime(state: BudgetState, timeMs: number, budgetPerMonth: number): void {
  if (Number.isNaN(state.sinceMs)) state.sinceMs = timeMs
  else {
    const elapsedMs = Math.max(timeMs - state.lastMs, 0)
    state.correction = Math.max(-correctionMax, state.correction - (correctionStep * budgetPerMonth * elapsedMs) / monthMs)
  }
  state.lastMs = timeMs
}

/** An alert was raised: the threshold goes up (adaptive conformal inference, Gibbs and Candès, 2021). */
export function spendAlert(state: BudgetState): void {
  state.correction = Math.min(correctionMax, state.correction + correctionStep)
}

export function notePeak(state: BudgetState, timeMs: number, score: number): void {
  const slot = state.peaks % peaksMax
  state.peakScores[slot] = score
  state.peakTimesMs[slot] = timeMs
  state.peaks += 1
}

/** The score that an alert must pass. `Infinity` until there are enough peaks to say. */
export function thresholdOf(state: BudgetState, timeMs: number, budgetPerMonth: number): number {
  return quantileOf(state, timeMs, budgetPerMonth) * Math.exp(state.correction)
}

const sorted = new Float64Array(peaksMax)

/**
 * The score that, going by the remembered peaks, is passed as often as the budget allows. Where the budget is rarer than what was seen, the
 * tail of the peaks is taken to fall exponentially (peaks over threshold, after Siffer and others, 2017, with shape 0).
 */
function quantileOf(state: BudgetState, timeMs: number, budgetPerMonth: number): number {
  const held = Math.min(state.peaks, peaksMax)
  if (held < tailMin) return Number.POSITIVE_INFINITY
  const oldestMs = state.peaks > peaksMax ? (state.peakTimesMs[state.peaks % peaksMax] ?? 0) : state.sinceMs
  const wanted = (budgetPerMonth * Math.max(timeMs - oldestMs, 0)) / monthMs
  if (wanted >= held) return 0
  sorted.set(state.peakScores)
  const ascending = sorted.subarray(0, held).sort()
  if (wanted >= countableMin) return ascending[held - 1 - Math.floor(wanted)] ?? 0
  const tail = Math.min(held, Math.max(tailMin, Math.floor(held * tailPart)))
  const base = tail < held ? (ascending[held - 1 - tail] ?? 0) : 0
  let excess = 0
  for (let at = held - tail; at < held; at += 1) excess += (ascending[at] ?? 0) - base
  return base + (excess / tail) * Math.log(Math.max(1, tail / Math.max(wanted, 1e-6)))
}
