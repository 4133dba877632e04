/** One timer for several reasons to do the same work: the soonest of them counts. Knows nothing of the work. */

export interface SoonestTimer {
  /** Works after so long at the latest; a call that is due before stands. */
  within(waitMs: number): void
  clear(): void
}

export function createSoonestTimer(work: () => void): SoonestTimer {
  let timer: NodeJS.Timeout | undefined
  let dueMs = Infinity
  const clear = () => {
    clearTimeout(timer)
    dueMs = Infinity
  }
  return {
    clear,
    within(waitMs) {
      const wantedMs = performance.now() + waitMs
      if (wantedMs >= dueMs) return
      clearTimeout(timer)
      dueMs = wantedMs
      timer = setTimeout(() => {
        dueMs = Infinity
        work()
      }, waitMs)
    }
  }
}
