/**
 * Watches the wall clock against the monotonic one. A step back makes the times of readings doubtful: the agent says so in
 * the `timeQuality` of its messages until the clock has passed its old high again. Pure; both times are passed in.
 */

export interface ClockState {
  readonly wallMs: number
  readonly steadyMs: number
  /** Highest wall time seen. */
  readonly highMs: number
}

/** Smaller differences are the slewing of NTP and the resolution of timers. */
const clockStepMinMs = 1_000

export interface ClockReading {
  readonly state: ClockState
  /** How far the wall clock moved beyond the time that passed; 0 for no step. */
  readonly steppedMs: number
  /** False while the clock runs behind what it showed before. */
  readonly trusted: boolean
}

export function readClock(state: ClockState | undefined, wallMs: number, steadyMs: number): ClockReading {
  if (state === undefined) return { state: { wallMs, steadyMs, highMs: wallMs }, steppedMs: 0, trusted: true }
  const difference = wallMs - state.wallMs - (steadyMs - state.steadyMs)
  const steppedMs = Math.abs(difference) >= clockStepMinMs ? Math.round(difference) : 0
  const highMs = Math.max(state.highMs, wallMs)
  return { state: { wallMs, steadyMs, highMs }, steppedMs, trusted: wallMs > highMs - clockStepMinMs }
}
