/**
 * Judges the clock of a device by what it sends: the least time from its clock to the receipt, over ten to twenty minutes, is its offset and
 * the way. Pure; a few numbers a device. It corrects nothing: the device's time stays the time of the event.
 */
import type { ClockState } from '@tracegate/model/device-health'
import type { CollectorLimits } from './limits.ts'

export type ClockLimits = Pick<CollectorLimits, 'clockAheadMs' | 'clockBehindMs' | 'clockJumpMs'>

interface ClockWindow {
  sinceMs: number
  lastMs: number
  minMs: number
  maxMs: number
  count: number
}

export interface DeviceClock {
  window: ClockWindow
  before: ClockWindow | undefined
  boot: string
  seq: number
  timeMs: number
  wasAhead: boolean
  /** When the newest two jumps came; -Infinity for none. */
  jumps: [number, number]
}

export interface ClockSample {
  readonly boot: string
  readonly seq: number
  readonly timeMs: number
  readonly receivedAtMs: number
}

const windowMs = 600_000
const jumpsWithinMs = 3_600_000
/** A live device keeps its distance; a backlog comes closer with every message. */
const steadyMs = 10_000
const steadyForMs = 30_000
const steadyCountMin = 5

export function newClock(): DeviceClock {
  return { window: emptyWindow(-Infinity), before: undefined, boot: '', seq: -1, timeMs: 0, wasAhead: false, jumps: [-Infinity, -Infinity] }
}

/** Takes a message that is new. Changes the clock in place, as this is done for every message. */
export function noteClock(clock: DeviceClock, { boot, seq, timeMs, receivedAtMs }: ClockSample, limits: ClockLimits): void {
  if (receivedAtMs - clock.window.sinceMs > windowMs || receivedAtMs < clock.window.sinceMs) {
    clock.before = clock.window.count === 0 || receivedAtMs - clock.window.lastMs > windowMs ? undefined : clock.window
    clock.window = emptyWindow(receivedAtMs)
  }
  const { window } = clock
  const distanceMs = receivedAtMs - timeMs
  window.minMs = Math.min(window.minMs, distanceMs)
  window.maxMs = Math.max(window.maxMs, distanceMs)
  window.lastMs = receivedAtMs
  window.count += 1
  const isAhead = distanceMs < -limits.clockAheadMs
  const isNext = clock.boot === boot && seq > clock.seq
  const wentBack = isNext && timeMs < clock.timeMs - limits.clockJumpMs
  const wentAhead = isNext && isAhead && !clock.wasAhead
  if (wentBack || wentAhead) clock.jumps = [clock.jumps[1], receivedAtMs]
  if (clock.boot === boot && !isNext) return
  clock.boot = boot
  clock.seq = seq
  clock.timeMs = timeMs
  clock.wasAhead = isAhead
}

export function judgeClock(clock: DeviceClock, nowMs: number, limits: ClockLimits): { state: ClockState; offsetMs: number | undefined } {
  const { window, before } = clock
  if (window.count === 0) return { state: 'unknown', offsetMs: undefined }
  const offsetMs = Math.min(window.minMs, before?.minMs ?? Infinity)
  if (nowMs - clock.jumps[0] <= jumpsWithinMs) return { state: 'jumping', offsetMs }
  if (offsetMs < -limits.clockAheadMs) return { state: 'ahead', offsetMs }
  if (offsetMs <= limits.clockBehindMs) return { state: 'ok', offsetMs }
  return { state: isSteady(window) || (before !== undefined && isSteady(before)) ? 'behind' : 'unknown', offsetMs }
}

function isSteady({ minMs, maxMs, count, sinceMs, lastMs }: ClockWindow): boolean {
  return count >= steadyCountMin && lastMs - sinceMs >= steadyForMs && maxMs - minMs <= steadyMs
}

function emptyWindow(sinceMs: number): ClockWindow {
  return { sinceMs, lastMs: sinceMs, minMs: Infinity, maxMs: -Infinity, count: 0 }
}
