/**
 * What the intake remembers of each series: whether it is in alarm, and what is held back by its sampling. Finds the rules of a series in
 * the configuration, and says which readings are kept and which of them go ahead.
 */
import type { Reading } from '@tracegate/model/telemetry'
import { type AlarmState, judgeAlarm, quietAlarm } from './intake-alarm.ts'
import type { MetricAlarm, MetricSampling } from '../sampling/sampling-config.ts'
import { heldOf, type Judged, ruleOf, sample, type SamplingRule, type SamplingState } from '../sampling/sampling.ts'

export interface SeriesRules {
  readonly alarms?: readonly MetricAlarm[] | undefined
  readonly sampling?: readonly MetricSampling[] | undefined
}

export interface SeriesBook {
  take(reading: Reading): readonly Judged<Reading>[]
  /** Gives what is held back, and begins anew. */
  release(): Judged<Reading>[]
}

export interface SeriesBookOptions {
  /** Asked each time: other rules hold from then on. */
  readonly rules: () => SeriesRules
  readonly onThinned: (readings: number) => void
  readonly onLate: (reading: Reading) => void
}

interface Series {
  readonly alarm: MetricAlarm | undefined
  readonly rule: SamplingRule | undefined
  state: AlarmState
  sampling: SamplingState<Reading> | undefined
}

/** Most series that are remembered; of more every reading is kept, and alarms are told by the value alone. */
const seriesMax = 20_000

export function createSeriesBook(options: SeriesBookOptions): SeriesBook {
  let rules = options.rules()
  let hasRules = isAny(rules)
  const book = new Map<string, Series>()

  const seriesOf = (reading: Reading): Series => {
    const key = `${reading.device}/${reading.metric}`
    const known = book.get(key)
    if (known !== undefined) return known
    const alarm = fitting(rules.alarms, reading)
    const sampling = fitting(rules.sampling, reading)
    const rule = sampling === undefined ? undefined : ruleOf(sampling, alarm)
    const series: Series = { alarm, rule, state: quietAlarm, sampling: undefined }
    if (book.size < seriesMax) book.set(key, series)
    return series
  }
  const release = () => {
    const held = [...book.values()].flatMap((series) => (series.sampling === undefined ? [] : heldOf(series.sampling)))
    for (const series of book.values()) series.sampling = undefined
    return held
  }
  const judge = (reading: Reading): readonly Judged<Reading>[] => {
    const series = seriesOf(reading)
    const alarm = series.alarm === undefined ? undefined : judgeAlarm(series.state, reading, series.alarm)
    if (alarm !== undefined) series.state = alarm.state
    const judged = { reading, isUrgent: alarm?.isUrgent ?? false }
    if (series.rule === undefined) return [judged]
    const sampled = sample(series.sampling, judged, series.rule)
    series.sampling = sampled.state
    if (sampled.thinned > 0) options.onThinned(sampled.thinned)
    if (sampled.isLate) options.onLate(reading)
    return sampled.kept
  }

  return {
    take(reading) {
      let before: Judged<Reading>[] = []
      const current = options.rules()
      if (current !== rules) {
        before = release()
        book.clear()
        rules = current
        hasRules = isAny(rules)
      }
      const kept = hasRules ? judge(reading) : [{ reading, isUrgent: false }]
      return before.length === 0 ? kept : [...before, ...kept]
    },
    release
  }
}

function isAny(rules: SeriesRules): boolean {
  return (rules.alarms?.length ?? 0) > 0 || (rules.sampling?.length ?? 0) > 0
}

/** The rule of the very device goes before the one of every device. */
function fitting<Rule extends { readonly device?: string; readonly metric: string }>(
  rules: readonly Rule[] | undefined,
  reading: Reading
): Rule | undefined {
  const found = rules?.filter(({ device, metric }) => metric === reading.metric && (device ?? reading.device) === reading.device) ?? []
  return found.find(({ device }) => device !== undefined) ?? found[0]
}
