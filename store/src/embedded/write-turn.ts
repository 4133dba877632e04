/**
 * Whose turn it is to write to one SQLite file, for the two threads of one process that do. SQLite would make the second
 * writer sleep inside of a call; here the main thread is told when its turn comes and never stands still for a worker.
 */

export interface WriteTurn {
  /** Handed to the other thread, which calls `shareWriteTurn` with it. */
  readonly shared: SharedArrayBuffer
  tryEnter(): boolean
  /** Resolves when the turn may be free, at the latest after `turnWaitMsMax`; try again then. */
  whenFree(): Promise<void>
  /** Blocks the thread until the turn is its own: for workers only. */
  enter(): void
  leave(): void
  /** Takes the turn back from a thread that has died with it. */
  reset(): void
}

const turnWaitMsMax = 1_000

export function createWriteTurn(): WriteTurn {
  return shareWriteTurn(new SharedArrayBuffer(4))
}

export function shareWriteTurn(shared: SharedArrayBuffer): WriteTurn {
  const state = new Int32Array(shared)
  const tryEnter = (): boolean => Atomics.compareExchange(state, 0, 0, 1) === 0
  const reset = (): void => {
    Atomics.store(state, 0, 0)
    Atomics.notify(state, 0)
  }
  return {
    shared,
    tryEnter,
    async whenFree() {
      await Atomics.waitAsync(state, 0, 1, turnWaitMsMax).value
    },
    enter() {
      while (!tryEnter()) Atomics.wait(state, 0, 1, turnWaitMsMax)
    },
    leave: reset,
    reset
  }
}
