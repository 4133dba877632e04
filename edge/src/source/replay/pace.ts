/** When a recorded reading is due, and the time that it is sent with. Pure. */

export interface Pace {
  /** How long to wait before a reading of this recorded time is due; 0 when it is, or nearly. */
  waitMs(recordedMs: number, nowMs: number): number
  /** The time that it is sent with. */
  timeMs(recordedMs: number): number
}

export interface PaceOptions {
  /** 1 is real time; `Infinity` as fast as it is taken. */
  readonly speed: number
  /** original: as recorded; now: as if it happened from the start of the replay on. */
  readonly time: 'original' | 'now'
  readonly firstMs: number
  readonly lastMs: number
  readonly startedMs: number
  /** Added to the recorded times, so that a second round does not repeat those of the first. */
  readonly shiftMs?: number
}

/** Small waits are saved up, so that fast replays still go in chunks. */
const waitMinMs = 20

export function createPace({ speed, time, firstMs, lastMs, startedMs, shiftMs = 0 }: PaceOptions): Pace {
  // At full speed there is no real time to follow: the recording ends now.
  if (speed === Infinity) {
    const movedMs = time === 'now' ? startedMs - lastMs : shiftMs
    return { waitMs: () => 0, timeMs: (recordedMs) => recordedMs + movedMs }
  }
  const dueMs = (recordedMs: number) => startedMs + (recordedMs - firstMs) / speed
  return {
    waitMs(recordedMs, nowMs) {
      const waitMs = dueMs(recordedMs) - nowMs
      return waitMs < waitMinMs ? 0 : waitMs
    },
    timeMs: (recordedMs) => (time === 'now' ? Math.round(dueMs(recordedMs)) : recordedMs + shiftMs)
  }
}
