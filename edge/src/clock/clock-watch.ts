/** The clock of the agent: the present time and what it is worth, with the time service of the machine asked where it tells. */
import { statSync } from 'node:fs'
import type { TimeQuality } from '@tracegate/model/wire'
import { type ClockState, readClock, timeQualityOf } from './clock.ts'
import type { EdgeEvents } from '../events.ts'

export interface ClockWatch {
  present(): { readonly timeMs: number; readonly timeQuality: TimeQuality }
  /** The time that a source gives: one ahead of ours shows that one of the two clocks is wrong. */
  compare(timeMs: number): void
}

export interface ClockWatchOptions {
  readonly timeQuality: TimeQuality
  readonly events: Pick<EdgeEvents, 'clockStepped' | 'clockDisagrees'>
  readonly now?: (() => number) | undefined
  readonly steadyNow?: (() => number) | undefined
  readonly disciplinedAtMs?: (() => number | undefined) | undefined
}

/** systemd-timesyncd touches it each time that it has the time from a server (systemd-timesyncd.service(8)). */
const timesyncPath = '/run/systemd/timesync/synchronized'
const askEveryMs = 10_000
/** The measurement may have been stamped by a clock this much ahead; beyond one of them is wrong. */
const aheadMaxMs = 5_000

export function createClockWatch(options: ClockWatchOptions): ClockWatch {
  const { events } = options
  const now = options.now ?? Date.now
  const steadyNow = options.steadyNow ?? (() => performance.now())
  const ask = options.disciplinedAtMs ?? (() => statSync(timesyncPath, { throwIfNoEntry: false })?.mtimeMs)
  let clock: ClockState | undefined
  let disciplinedAtMs: number | undefined
  let askedAtMs = -Infinity
  let wasAhead = false

  const present = () => {
    const wallMs = now()
    const steadyMs = steadyNow()
    if (steadyMs - askedAtMs >= askEveryMs) {
      disciplinedAtMs = ask()
      askedAtMs = steadyMs
    }
    const reading = readClock(clock, { wallMs, steadyMs, disciplinedAtMs })
    clock = reading.state
    if (reading.steppedMs !== 0) events.clockStepped(reading.steppedMs, reading.isDrift)
    const timeQuality = timeQualityOf(clock, options.timeQuality, disciplinedAtMs)
    return { timeMs: Math.max(0, Math.floor(wallMs)), timeQuality }
  }
  return {
    present,
    compare(timeMs) {
      const isAhead = timeMs - now() > aheadMaxMs
      if (isAhead) events.clockDisagrees(timeMs - now(), !wasAhead)
      wasAhead = isAhead
    }
  }
}
