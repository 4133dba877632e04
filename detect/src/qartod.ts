/**
 * QARTOD tests over whole arrays, with the semantics of the manual (U.S. IOOS QARTOD, tests 1 time gap, 4 gross range,
 * 7 rate of change, 8 flat line). A missing value or time is null. `series-checks.ts` holds their streaming counterparts.
 */
import type { QualityFlag } from '@tracegate/model/quality'

export type Span = readonly [low: number, high: number]
type Values = readonly (number | null)[]

/** Values outside `failSpan` are 4, outside `suspectSpan` 3; both ends count as inside. Throws a `RangeError` for spans that make no sense. */
export function grossRange(values: Values, spans: { readonly failSpan: Span; readonly suspectSpan?: Span }): QualityFlag[] {
  const fail = requireSpan(spans.failSpan, 'failSpan')
  const suspect = spans.suspectSpan === undefined ? undefined : requireSpan(spans.suspectSpan, 'suspectSpan')
  if (suspect !== undefined && (suspect[0] < fail[0] || suspect[1] > fail[1])) {
    throw new RangeError(
      `Cannot check gross range: suspectSpan is [${suspect.join(', ')}], expected it to lie within failSpan [${fail.join(', ')}]`
    )
  }
  return values.map((value) => grossRangeFlag(value, fail, suspect))
}

export function grossRangeFlag(value: number | null, fail: Span, suspect: Span | undefined): QualityFlag {
  if (value === null || Number.isNaN(value)) return 9
  if (value < fail[0] || value > fail[1]) return 4
  return suspect !== undefined && (value < suspect[0] || value > suspect[1]) ? 3 : 1
}

/** Thresholds in units per second. The first value, and one whose neighbour before it is missing, cannot be judged and is 1. */
export function rateOfChange(
  values: Values,
  timesMs: readonly number[],
  thresholds: { readonly suspect: number; readonly fail?: number }
): QualityFlag[] {
  return values.map((value, index) => {
    if (value === null || Number.isNaN(value)) return 9
    const before = values[index - 1]
    const seconds = ((timesMs[index] ?? 0) - (timesMs[index - 1] ?? 0)) / 1_000
    if (index === 0 || before === undefined || before === null || seconds <= 0) return 1
    return rateFlag(Math.abs(value - before) / seconds, thresholds)
  })
}

export function rateFlag(perSecond: number, thresholds: { readonly suspect: number; readonly fail?: number }): QualityFlag {
  if (thresholds.fail !== undefined && perSecond > thresholds.fail) return 4
  return perSecond > thresholds.suspect ? 3 : 1
}

/** `reference` is what the neighbours say the value should be; the manual takes the mean of the one before and the one after (test 6). */
export function spikeFlag(
  value: number,
  reference: number,
  thresholds: { readonly suspect?: number; readonly fail?: number }
): QualityFlag {
  const distance = Math.abs(value - reference)
  if (thresholds.fail !== undefined && distance > thresholds.fail) return 4
  return thresholds.suspect !== undefined && distance > thresholds.suspect ? 3 : 1
}

/**
 * Thresholds in seconds, turned into a number of rows by the median interval. A row is flagged when it and the rows of the
 * threshold before it span strictly less than `tolerance`; missing rows are passed over.
 */
export function flatLine(
  values: Values,
  timesMs: readonly number[],
  limits: { readonly suspectSeconds: number; readonly failSeconds: number; readonly tolerance: number }
): QualityFlag[] {
  const flags = values.map((value): QualityFlag => (value === null || Number.isNaN(value) ? 9 : 1))
  const intervalSeconds = medianInterval(timesMs) / 1_000
  if (!(intervalSeconds > 0)) return flags
  const mark = (seconds: number, flag: QualityFlag) => {
    const count = Math.trunc(Math.trunc(seconds) / intervalSeconds)
    for (let end = count; end < values.length; end += 1) {
      if (flags[end] !== 9 && rangeOf(values, end - count, end) < limits.tolerance) flags[end] = flag
    }
  }
  mark(limits.suspectSeconds, 3)
  mark(limits.failSeconds, 4)
  return flags
}

/** A row whose distance to the row before is over `failSpanMs` is 4; the first row copies the second; beside a missing time it is 2. */
export function timeGap(timesMs: readonly (number | null)[], failSpanMs: number): QualityFlag[] {
  const judge = (index: number): QualityFlag => {
    const time = timesMs[index] ?? null
    if (time === null) return 9
    const before = timesMs[index - 1] ?? null
    if (before === null) return 2
    return time - before > failSpanMs ? 4 : 1
  }
  const flags = timesMs.map((_, index) => judge(index))
  if (flags.length > 0 && flags[0] !== 9) flags[0] = flags[1] === undefined || flags[1] === 9 ? 2 : flags[1]
  return flags
}

export function requireSpan(span: Span, name: string): Span {
  if (!Array.isArray(span) || span.length !== 2 || !span.every((end) => Number.isFinite(end)) || span[0] > span[1]) {
    throw new RangeError(`Cannot check: ${name} is ${JSON.stringify(span)}, expected a pair [low, high]`)
  }
  return span
}

export function medianInterval(timesMs: readonly number[]): number {
  const intervals: number[] = []
  for (let index = 1; index < timesMs.length; index += 1) intervals.push((timesMs[index] ?? 0) - (timesMs[index - 1] ?? 0))
  if (intervals.length === 0) return 0
  intervals.sort((a, b) => a - b)
  const middle = intervals.length >> 1
  return intervals.length % 2 === 1 ? (intervals[middle] ?? 0) : ((intervals[middle - 1] ?? 0) + (intervals[middle] ?? 0)) / 2
}

function rangeOf(values: Values, from: number, to: number): number {
  let low = Infinity
  let high = -Infinity
  for (let index = from; index <= to; index += 1) {
    const value = values[index]
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return high - low
}
