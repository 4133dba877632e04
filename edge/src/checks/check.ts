/**
 * The checks that an agent can make of a reading alone: the range that the device declares, and the QARTOD tests of the configuration,
 * streaming. A flag is lowered here, never raised: one passed test does not make a reading good. No I/O and no clock of its own; what
 * was seen before is kept per series, bounded by `seriesMax`.
 *
 * Whether a reading is a spike shows only with the one after it (QARTOD test 6), and no reading waits for another. So it goes out with a
 * provisional flag, and once more, with the same series and time, when its final flag is another one: the later one replaces the earlier
 * in every store.
 */
import { grossRangeFlag, rateFlag, spikeFlag } from '@tracegate/detect/qartod'
import { spikeFlagOf } from '@tracegate/detect/qartod-series'
import type { QualityFlag } from '@tracegate/model/quality'
import type { Reading } from '@tracegate/model/telemetry'
import type { MetricCheck } from './check-config.ts'
import type { EdgeDevice } from '../config.ts'

/** What a series showed so far: as little as the tests need. */
interface Seen {
  /** The last two readings that were no spike, newest last. */
  readonly calm: readonly { readonly timeMs: number; readonly value: number }[]
  /** A spike whose successor will tell whether it was one, or a step. */
  readonly doubt: number | undefined
  readonly flat: { readonly sinceMs: number; readonly low: number; readonly high: number }
  /** The newest reading, whose flag as a spike is provisional, with what all other tests said of it. */
  readonly open: { readonly ranged: Reading; readonly told: QualityFlag; readonly others: readonly QualityFlag[] } | undefined
  /** The value before it. */
  readonly valueBefore: number | undefined
}

/** Gives a reading with its flags lowered. */
export interface ReadingCheck {
  (reading: Reading): Reading
  /** The reading before the one checked last, when that one has settled that its final flag is not the one it went out with; once. */
  readonly settled: () => Reading | undefined
}

/** Most series that are remembered; of the one seen longest ago nothing is known any more then. */
export const seriesMax = 20_000
const flatToleranceDefault = 1e-6

/** Takes the `min` and `max` that devices declare for their metrics; readings of other metrics stay as they are. */
export function createRangeCheck(devices: readonly EdgeDevice[]): (reading: Reading) => Reading {
  const spans = new Map(
    devices.flatMap((device) =>
      device.metrics.flatMap(({ metric, min, max }): [string, [number, number]][] =>
        min === undefined && max === undefined ? [] : [[`${device.id}/${metric}`, [min ?? -Infinity, max ?? Infinity]]]
      )
    )
  )
  return (reading) => {
    const span = spans.get(`${reading.device}/${reading.metric}`)
    return span === undefined ? reading : lowered(reading, [grossRangeFlag(reading.value, span, undefined)])
  }
}

/** The declared range, then the configured tests. */
export function createReadingCheck(
  devices: readonly EdgeDevice[],
  checks: readonly MetricCheck[],
  countMax: number = seriesMax
): ReadingCheck {
  const range = createRangeCheck(devices)
  if (checks.length === 0) return Object.assign(range, { settled: () => undefined })
  const seen = new Map<string, Seen>()
  const chosen = new Map<string, MetricCheck | undefined>()
  const checkOf = (series: string, reading: Reading): MetricCheck | undefined => {
    if (chosen.has(series)) return chosen.get(series)
    // The check of the very device goes before the one of every device.
    const fitting = checks.filter(({ device, metric }) => metric === reading.metric && (device ?? reading.device) === reading.device)
    const check = fitting.find(({ device }) => device !== undefined) ?? fitting[0]
    if (chosen.size >= countMax) chosen.clear()
    chosen.set(series, check)
    return check
  }
  let settled: Reading | undefined
  const judgeOne = (reading: Reading): Reading => {
    settled = undefined
    const ranged = range(reading)
    const series = `${reading.device}/${reading.metric}`
    const check = checkOf(series, reading)
    if (check === undefined) return ranged
    const before = seen.get(series)
    if (!Number.isFinite(reading.value) || reading.quality === 9) {
      // Beside a missing one a reading cannot be judged as a spike: what it went out with stays.
      if (before?.open !== undefined) seen.set(series, { ...before, open: undefined, valueBefore: undefined })
      return ranged
    }
    const judged = judge(before, reading, check)
    const lowest = lowered(ranged, judged.flags)
    const { open } = before ?? {}
    const isNewer = open === undefined || reading.timeMs > open.ranged.timeMs
    if (open !== undefined && isNewer) settled = settle(open, before?.valueBefore, reading.value, check)
    seen.delete(series)
    if (seen.size >= countMax) for (const oldest of seen.keys()) if (seen.delete(oldest)) break
    const [gross, , rate, flat] = judged.flags
    const others = [gross, rate, flat].filter((flag) => flag !== undefined)
    const kept = isNewer
      ? { open: { ranged, told: lowest.quality, others }, valueBefore: open?.ranged.value }
      : { open, valueBefore: before?.valueBefore }
    seen.set(series, { ...judged.seen, ...kept })
    return lowest
  }
  return Object.assign(judgeOne, {
    settled() {
      const one = settled
      settled = undefined
      return one
    }
  })
}

/**
 * The final flag of a reading between its neighbours; `undefined` when it went out with it. A spike goes up and comes back: the test by both
 * differences, as the one by the mean would flag the good readings beside the spike as well.
 */
function settle(
  { ranged, told, others }: NonNullable<Seen['open']>,
  valueBefore: number | undefined,
  valueAfter: number,
  check: MetricCheck
): Reading | undefined {
  const thresholds = thresholdsOf(check)
  if (thresholds === undefined || valueBefore === undefined) return undefined
  const final = lowered(ranged, [...others, spikeFlagOf(valueBefore, ranged.value, valueAfter, thresholds, 'differential')])
  return final.quality === told ? undefined : final
}

function thresholdsOf(check: MetricCheck): { readonly suspect?: number; readonly fail?: number } | undefined {
  if (check.spikeSuspect === undefined && check.spikeFail === undefined) return undefined
  return {
    ...(check.spikeSuspect === undefined ? {} : { suspect: check.spikeSuspect }),
    ...(check.spikeFail === undefined ? {} : { fail: check.spikeFail })
  }
}

const severity: Readonly<Record<QualityFlag, number>> = { 1: 0, 2: 0, 3: 1, 4: 2, 9: 3 }

/** The reading with the worst of the flags, when that is worse than its own. */
function lowered(reading: Reading, flags: readonly QualityFlag[]): Reading {
  let worst: QualityFlag = reading.quality
  for (const flag of flags) if (flag !== 9 && severity[flag] > severity[worst]) worst = flag
  return worst === reading.quality ? reading : { ...reading, quality: worst }
}

interface Judgement {
  /** Of gross range, spike, rate and flat line, in this order; of an older reading that of gross range alone. */
  readonly flags: readonly QualityFlag[]
  readonly seen: Omit<Seen, 'open' | 'valueBefore'>
}

/** A reading that is not newer than the last is judged by its range alone: what came before it is not known. */
function judge(before: Seen | undefined, reading: Reading, check: MetricCheck): Judgement {
  const { timeMs, value } = reading
  const gross = grossRangeFlag(value, check.failSpan ?? [-Infinity, Infinity], check.suspectSpan)
  const last = before?.calm.at(-1)
  if (before !== undefined && last !== undefined && timeMs <= last.timeMs) return { flags: [gross], seen: before }
  const spike = spikeOf(before, value, check)
  const flat = flatOf(before, reading, check)
  const rate =
    last === undefined || check.rateSuspectPerSecond === undefined
      ? rateOfFail(last, reading, check)
      : rateFlag(Math.abs(value - last.value) / ((timeMs - last.timeMs) / 1_000), {
          suspect: check.rateSuspectPerSecond,
          ...(check.rateFailPerSecond === undefined ? {} : { fail: check.rateFailPerSecond })
        })
  const calm = spike.isSpike ? (before?.calm ?? []) : [...(spike.isStep ? [] : (before?.calm ?? [])), { timeMs, value }].slice(-2)
  return { flags: [gross, spike.flag, rate, flat.flag], seen: { calm, doubt: spike.isSpike ? value : undefined, flat: flat.state } }
}

function rateOfFail(
  last: { readonly timeMs: number; readonly value: number } | undefined,
  reading: Reading,
  check: MetricCheck
): QualityFlag {
  if (last === undefined || check.rateFailPerSecond === undefined) return 1
  const perSecond = Math.abs(reading.value - last.value) / ((reading.timeMs - last.timeMs) / 1_000)
  return perSecond > check.rateFailPerSecond ? 4 : 1
}

/**
 * The provisional flag. QARTOD test 6 takes the readings before and after, and the one after is not there yet: here the reference
 * is the mean of the two before that were no spike; a second reading near the first outlier shows a step, which is flagged once only.
 */
function spikeOf(
  before: Seen | undefined,
  value: number,
  check: MetricCheck
): { readonly flag: QualityFlag; readonly isSpike: boolean; readonly isStep: boolean } {
  const [first, second] = before?.calm ?? []
  const none = { flag: 1, isSpike: false, isStep: false } as const
  const thresholds = thresholdsOf(check)
  if (first === undefined || second === undefined || thresholds === undefined) return none
  const flag = spikeFlag(value, (first.value + second.value) / 2, thresholds)
  if (flag === 1) return none
  if (before?.doubt !== undefined && spikeFlag(value, before.doubt, thresholds) === 1) return { ...none, isStep: true }
  return { flag, isSpike: true, isStep: false }
}

function flatOf(
  before: Seen | undefined,
  reading: Reading,
  check: MetricCheck
): { readonly flag: QualityFlag; readonly state: Seen['flat'] } {
  const { timeMs, value } = reading
  const low = Math.min(before?.flat.low ?? value, value)
  const high = Math.max(before?.flat.high ?? value, value)
  const goesOn = before !== undefined && high - low < (check.flatTolerance ?? flatToleranceDefault)
  const state = goesOn ? { sinceMs: before.flat.sinceMs, low, high } : { sinceMs: timeMs, low: value, high: value }
  const lastedMs = timeMs - state.sinceMs
  if (check.flatFailMs !== undefined && lastedMs >= check.flatFailMs) return { flag: 4, state }
  return { flag: check.flatSuspectMs !== undefined && lastedMs >= check.flatSuspectMs ? 3 : 1, state }
}
