/** Waits that double up to a bound, each cut short at random so that collectors do not come back in step. */

export interface BackOff {
  nextMs(): number
  reset(): void
}

export function createBackOff(
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  random: () => number = Math.random
): BackOff {
  let waitMs = firstMs
  return {
    nextMs() {
      const drawn = Math.round(waitMs * (0.5 + random() / 2))
      waitMs = Math.min(maxMs, waitMs * 2)
      return drawn
    },
    reset: () => void (waitMs = firstMs)
  }
}
