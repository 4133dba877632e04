/**
 * One alert for one happening: after a peak of the score, another must beat it half as much again, then less and less, until after 200
 * readings nothing is held against it. Constant memory; it knows no threshold.
 */

export const recoverReadings = 200
const beatBy = 1.5

export interface RefractoryState {
  /** Score of the last peak that was let through, and the count of readings then. */
  peakScore: number
  peakCount: number
}

export function emptyRefractory(): RefractoryState {
  return { peakScore: 0, peakCount: 0 }
}

/** The score where it is a peak of its own, 0 where it belongs to an earlier one. `count` numbers the readings. */
export function passPeak(state: RefractoryState, count: number, score: number, recover: number = recoverReadings): number {
  if (score <= 0 || score <= state.peakScore * beatBy * (1 - (count - state.peakCount) / recover)) return 0
  state.peakScore = score
  state.peakCount = count
  return score
}
