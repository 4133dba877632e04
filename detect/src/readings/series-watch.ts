/**
 * The checks of one series by itself, streaming, in constant memory: gross range, climatology, spike, rate of change, flat line, attenuated
 * signal (QARTOD tests 4 to 8 and 10) and the recording interval. They tell that an instrument may be at fault. Pure.
 *
 * A jump waits for the reading after it: when that one comes back it was a spike, otherwise the rate of change was too high.
 */
import { Type, type Static } from 'typebox'
import { climatologyFlag, type ClimatologyMember } from '../qartod-climatology.ts'
import { grossRangeFlag, rateFlag, type Span } from '../qartod.ts'
import { spikeFlagOf } from '../qartod-series.ts'

export const SeriesState = Type.Object({
  lastMs: Type.Number(),
  lastValue: Type.Number(),
  /** Time of the reading before the last; -1 when there was none. */
  beforeMs: Type.Number(),
  beforeValue: Type.Number(),
  flatSinceMs: Type.Number(),
  flatLow: Type.Number(),
  flatHigh: Type.Number(),
  flatCount: Type.Number(),
  /** Rate of the last step when that was too high and the next reading must tell what it was. */
  jump: Type.Optional(Type.Number()),
  /** Least and greatest value of each slice of the attenuation period, and the slice that runs. */
  slice: Type.Number(),
  lows: Type.Array(Type.Number()),
  highs: Type.Array(Type.Number()),
  /** Steps in a row that were too long for the record, and right ones since. */
  slow: Type.Number(),
  prompt: Type.Number()
})
export type SeriesState = Static<typeof SeriesState>

export interface SeriesSettings {
  readonly failSpan: Span
  readonly suspectSpan: Span
  readonly climatology: readonly ClimatologyMember[]
  readonly spike: { readonly suspect: number; readonly fail: number; readonly intervalMsMax: number } | undefined
  readonly rate: { readonly suspect: number; readonly fail: number } | undefined
  readonly flat: { readonly tolerance: number; readonly durationMs: number; readonly countMin: number }
  readonly attenuated: { readonly periodMs: number; readonly rangeMin: number } | undefined
  readonly slowCountMin: number
}

export const seriesFaultTypes = ['grossRange', 'climatology', 'spike', 'rate', 'flatLine', 'attenuated', 'recordingInterval'] as const
export type SeriesFaultType = (typeof seriesFaultTypes)[number]

/** What the newest reading shows. At most one fault: the gravest. */
export interface SeriesVerdict {
  fault: SeriesFaultType | undefined
  /** Rate of change or time since the last reading, where the fault is about it. */
  figure: number
  /** A spike is about the reading before. */
  aboutMs: number
  aboutValue: number
  /** No test that lasts fails any more: what was open may close. */
  sound: boolean
  /** The sensor has not changed for a fifth of the time that makes it flat. */
  still: boolean
}

const slices = 12

export function newSeries(timeMs: number, value: number): SeriesState {
  return {
    lastMs: timeMs,
    lastValue: value,
    beforeMs: -1,
    beforeValue: value,
    flatSinceMs: timeMs,
    flatLow: value,
    flatHigh: value,
    flatCount: 1,
    slice: -1,
    lows: [],
    highs: [],
    slow: 0,
    prompt: 0
  }
}

/** Judges a reading that is newer than the last, or the first one (`isFirst`). Changes `state` and `verdict`, which is used again and again. */
export function judgeSeries(
  state: SeriesState,
  reading: { readonly timeMs: number; readonly value: number },
  settings: SeriesSettings,
  limits: { readonly isFirst: boolean; readonly intervalMaxMs: number },
  verdict: SeriesVerdict
): void {
  const { timeMs, value } = reading
  const stepMs = limits.isFirst ? Number.NaN : timeMs - state.lastMs
  verdict.fault = undefined
  verdict.aboutMs = timeMs
  verdict.aboutValue = value
  const outside = grossRangeFlag(value, settings.failSpan, settings.suspectSpan) !== 1
  const season = settings.climatology.length === 0 ? 1 : climatologyFlag(value, timeMs, null, settings.climatology)
  if (!limits.isFirst) stepFlat(state, timeMs, value, settings.flat.tolerance)
  const flatForMs = timeMs - state.flatSinceMs
  const isFlat = flatForMs >= settings.flat.durationMs && state.flatCount >= settings.flat.countMin
  verdict.still = flatForMs * 5 >= settings.flat.durationMs && state.flatCount >= settings.flat.countMin
  const isWeak = settings.attenuated !== undefined && stepAttenuated(state, timeMs, value, settings.attenuated)
  const isSlow = stepInterval(state, stepMs, limits.intervalMaxMs, settings.slowCountMin)
  const step = judgeJump(state, reading, stepMs, settings, verdict)
  // Back from what was outside of all range is no jump.
  const jumped = step > 0 && grossRangeFlag(state.lastValue, settings.failSpan, settings.suspectSpan) !== 1 ? 0 : step
  if (outside) verdict.fault = 'grossRange'
  else if (season === 3 || season === 4) verdict.fault = 'climatology'
  else if (verdict.fault === undefined && isFlat) verdict.fault = 'flatLine'
  else if (verdict.fault === undefined && isWeak) verdict.fault = 'attenuated'
  else if (verdict.fault === undefined && isSlow) {
    verdict.fault = 'recordingInterval'
    verdict.figure = stepMs
  }
  if (outside && state.jump !== undefined) delete state.jump
  if (!outside && jumped > 0) state.jump = jumped
  verdict.sound = !outside && (season === 1 || season === 2) && !isFlat && !isWeak && state.slow === 0 && jumped === 0
  if (!limits.isFirst) {
    state.beforeMs = state.lastMs
    state.beforeValue = state.lastValue
  }
  state.lastMs = timeMs
  state.lastValue = value
}

/** Says what the last jump was, into the verdict, and gives the rate of this step when it is a jump that waits to be told; 0 otherwise. */
function judgeJump(
  state: SeriesState,
  { value }: { readonly value: number },
  stepMs: number,
  { spike, rate }: SeriesSettings,
  verdict: SeriesVerdict
): number {
  if (!(stepMs > 0)) return 0
  const waiting = state.jump
  if (waiting !== undefined) delete state.jump
  let isSpike = false
  if (spike !== undefined && state.beforeMs >= 0 && stepMs <= spike.intervalMsMax && state.lastMs - state.beforeMs <= spike.intervalMsMax) {
    isSpike = spikeFlagOf(state.beforeValue, state.lastValue, value, { suspect: spike.suspect, fail: spike.fail }, 'differential') >= 3
  }
  if (isSpike || waiting !== undefined) {
    verdict.fault = isSpike ? 'spike' : 'rate'
    verdict.figure = isSpike ? Math.min(Math.abs(state.lastValue - state.beforeValue), Math.abs(value - state.lastValue)) : (waiting ?? 0)
    verdict.aboutMs = state.lastMs
    verdict.aboutValue = state.lastValue
  }
  if (rate === undefined || isSpike) return 0
  const perSecond = (Math.abs(value - state.lastValue) * 1_000) / stepMs
  return rateFlag(perSecond, rate) === 1 ? 0 : perSecond
}

function stepFlat(state: SeriesState, timeMs: number, value: number, tolerance: number): void {
  const low = value < state.flatLow ? value : state.flatLow
  const high = value > state.flatHigh ? value : state.flatHigh
  if (high - low < tolerance) {
    state.flatLow = low
    state.flatHigh = high
    state.flatCount += 1
    return
  }
  state.flatSinceMs = timeMs
  state.flatLow = value
  state.flatHigh = value
  state.flatCount = 1
}

/** Looks at whole slices: the range over a full period that ended with the last whole slice. */
function stepAttenuated(
  state: SeriesState,
  timeMs: number,
  value: number,
  { periodMs, rangeMin }: { readonly periodMs: number; readonly rangeMin: number }
): boolean {
  const slice = Math.floor((timeMs * slices) / periodMs)
  if (slice !== state.slice) {
    // A slice without a reading breaks the period.
    if (slice !== state.slice + 1) {
      state.lows = []
      state.highs = []
    }
    state.slice = slice
    state.lows.push(value)
    state.highs.push(value)
    if (state.lows.length > slices + 1) {
      state.lows.shift()
      state.highs.shift()
    }
  }
  const last = state.lows.length - 1
  if (value < (state.lows[last] ?? value)) state.lows[last] = value
  if (value > (state.highs[last] ?? value)) state.highs[last] = value
  return last === slices && Math.max(...state.highs) - Math.min(...state.lows) < rangeMin
}

/** Chronic only: one long step is silence, which is told of by itself. */
function stepInterval(state: SeriesState, stepMs: number, intervalMaxMs: number, countMin: number): boolean {
  if (!(stepMs > 0)) return state.slow >= countMin
  if (stepMs > intervalMaxMs) {
    state.slow += 1
    state.prompt = 0
  } else if (state.slow > 0) {
    state.prompt += 1
    if (state.slow < countMin || state.prompt >= countMin) {
      state.slow = 0
      state.prompt = 0
    }
  }
  return state.slow >= countMin
}
