/**
 * Watches the wall clock against the monotonic one. A jump, or small steps that add up to one, makes the times of messages doubtful: the
 * agent says so in their `timeQuality` until the clock is back where it was, or the time service of the machine has set it since. Nothing
 * else changes: boot, sequence numbers and the times of readings stay what they are (TG-502, TG-504). Pure; all times are passed in.
 */
import type { TimeQuality } from '@tracegate/model/wire'

export interface ClockState {
  readonly wallMs: number
  readonly steadyMs: number
  /** Wall minus monotonic time while the clock was last trusted. */
  readonly offsetMs: number
  /** What the wall clock showed after the step that made it doubtful. */
  readonly doubtSinceMs: number | undefined
}

export interface ClockInput {
  readonly wallMs: number
  readonly steadyMs: number
  /** When the time service of the machine last set or confirmed the clock, where it tells. */
  readonly disciplinedAtMs?: number | undefined
}

export interface ClockReading {
  readonly state: ClockState
  /** How far the wall clock moved beyond the time that passed, once it is too far; 0 for no step. */
  readonly steppedMs: number
  /** By small steps that added up, not by one jump. */
  readonly isDrift: boolean
}

/** Smaller differences are the slewing of NTP and the resolution of timers. */
const clockStepMinMs = 1_000
/** A time service that confirmed nothing for so long has lost its source: systemd-timesyncd polls every 34 minutes at most. */
const holdoverAfterMs = 10_800_000

export function readClock(before: ClockState | undefined, input: ClockInput): ClockReading {
  const { wallMs, steadyMs, disciplinedAtMs } = input
  const offsetMs = wallMs - steadyMs
  if (before === undefined) return { state: { wallMs, steadyMs, offsetMs, doubtSinceMs: undefined }, steppedMs: 0, isDrift: false }
  const jumpMs = offsetMs - (before.wallMs - before.steadyMs)
  const isJump = Math.abs(jumpMs) >= clockStepMinMs
  const isOff = Math.abs(offsetMs - before.offsetMs) >= clockStepMinMs
  const isDrift = isOff && !isJump && before.doubtSinceMs === undefined
  const steppedMs = isJump ? Math.round(jumpMs) : isDrift ? Math.round(offsetMs - before.offsetMs) : 0
  const doubtSinceMs = !isOff ? undefined : steppedMs === 0 ? before.doubtSinceMs : wallMs
  const isSet = doubtSinceMs !== undefined && disciplinedAtMs !== undefined && disciplinedAtMs > doubtSinceMs && disciplinedAtMs <= wallMs
  const state = isSet
    ? { wallMs, steadyMs, offsetMs, doubtSinceMs: undefined }
    : { wallMs, steadyMs, offsetMs: before.offsetMs, doubtSinceMs }
  return { state, steppedMs, isDrift }
}

/** What can be said of the clock now, when nothing but `configured` is known of it otherwise. */
export function timeQualityOf(state: ClockState, configured: TimeQuality, disciplinedAtMs?: number): TimeQuality {
  if (state.doubtSinceMs !== undefined) return 'unsynchronized'
  const isStale = disciplinedAtMs !== undefined && state.wallMs - disciplinedAtMs > holdoverAfterMs
  return isStale && configured === 'synchronized' ? 'holdover' : configured
}
