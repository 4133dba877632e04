/**
 * Turns a budget of alerts into a threshold: the operator says how many alerts a month a series may raise. The threshold begins where series
 * of this kind commonly keep the budget, then follows what this series really raises (adaptive conformal inference, Gibbs and Candès,
 * 2021): each alert puts it up, and time without one takes it down, so that in the long run the budget is met whatever the series is like. Two
 * numbers of state. It cannot tell a false alarm from a true one: both count.
 */

export const monthMs = 30 * 86_400_000
/** Where series that swing by the day and are read every five minutes raise four alerts a month, found on public recordings. */
const commonThreshold = 0.1
const commonPerMonth = 4
/** How the common threshold rises as the budget falls: with this power. */
const commonPower = 0.35
/** How far one alert more or less than allowed moves the logarithm of the threshold, and how far it may move in all. */
const correctionStep = 0.25
const correctionMax = 3
/** Below this a score is rounding or noise of the last digits, however large the budget. */
export const thresholdMin = 0.01

export interface BudgetState {
  /** Up to when time was counted; NaN before it is. */
  lastMs: number
  /** Of the logarithm of the threshold. */
  correction: number
}

export function emptyBudget(): BudgetState {
  return { lastMs: Number.NaN, correction: 0 }
}

/** The silence of a series earns no more than this. */
const elapsedMaxMs = 86_400_000

/** Time passes: what the budget allows grows, and the threshold comes down with it. The first call starts the account. */
export function passTime(state: BudgetState, timeMs: number, budgetPerMonth: number): void {
  const elapsedMs = Number.isNaN(state.lastMs) ? 0 : Math.min(Math.max(timeMs - state.lastMs, 0), elapsedMaxMs)
  state.correction = Math.max(-correctionMax, state.correction - (correctionStep * budgetPerMonth * elapsedMs) / monthMs)
  state.lastMs = timeMs
}

/** An alert was raised: the threshold goes up. */
export function spendAlert(state: BudgetState): void {
  state.correction = Math.min(correctionMax, state.correction + correctionStep)
}

/** The score that an alert must pass. */
export function thresholdOf(state: BudgetState, budgetPerMonth: number): number {
  const common = commonThreshold * (commonPerMonth / budgetPerMonth) ** commonPower
  return Math.max(thresholdMin, common * Math.exp(state.correction))
}
