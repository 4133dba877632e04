/** How long to wait before the next attempt: exponential with full jitter above the half. Pure; randomness is passed in. */

export interface BackOffLimits {
  readonly minMs: number
  readonly maxMs: number
}

/** `attempt` counts from 0; `random` is in [0, 1). */
export function backOffMs(attempt: number, limits: BackOffLimits, random: number): number {
  const ceiling = Math.min(limits.maxMs, limits.minMs * 2 ** Math.min(attempt, 30))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}
