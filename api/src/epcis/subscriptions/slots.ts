/** A bound on what runs at once: first come, first served. It knows nothing of what is run. */

export interface Slots {
  /** Resolves with the function that gives the slot back; rejects when the signal ends the wait. */
  take(signal: AbortSignal): Promise<() => void>
  readonly taken: number
}

export function createSlots(max: number): Slots {
  const waiting: (() => void)[] = []
  let taken = 0

  function release(): void {
    taken -= 1
    waiting.shift()?.()
  }
  function give(): () => void {
    taken += 1
    let given = false
    return () => {
      if (given) return
      given = true
      release()
    }
  }

  return {
    get taken() {
      return taken
    },
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      if (taken < max) return Promise.resolve(give())
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const proceed = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(give())
      }
      const giveUp = (): void => {
        const at = waiting.indexOf(proceed)
        if (at !== -1) waiting.splice(at, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      waiting.push(proceed)
      return promise
    }
  }
}

/** A wait that somebody may cut short; a call that came before the wait counts for it. */
export interface Bell {
  ring(): void
  /** Resolves after `ms`, at the ring or when the signal ends it; true when it rang. */
  wait(ms: number, signal: AbortSignal): Promise<boolean>
}

export function createBell(): Bell {
  let rung = false
  let wakeUp: (() => void) | undefined
  return {
    ring() {
      rung = true
      wakeUp?.()
    },
    wait(ms, signal) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        wakeUp = undefined
        const heard = rung
        rung = false
        resolve(heard)
      }
      const timer = setTimeout(end, Math.max(0, ms))
      timer.unref()
      wakeUp = end
      signal.addEventListener('abort', end, { once: true })
      if (rung || signal.aborted) end()
      return promise
    }
  }
}
