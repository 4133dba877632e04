/**
 * Which readings of a series are kept. Pure: the state of the series and a reading give the next state and what is kept of what was seen,
 * in the order of time. Between two kept readings the lowest and the highest are held back and kept with the next, so that no extreme is
 * lost; changes of quality, of alarm and of the limits are kept at once.
 */
import { isOut } from '../intake/intake-alarm.ts'
import type { MetricSampling } from './sampling-config.ts'

export interface SampledReading {
  readonly timeMs: number
  readonly value: number
  readonly quality: number
}

/** A reading with what the alarm limits say of it. */
export interface Judged<One extends SampledReading> {
  readonly reading: One
  readonly isUrgent: boolean
}

export interface SamplingState<One extends SampledReading> {
  readonly kept: { readonly timeMs: number; readonly quality: number; readonly isUrgent: boolean; readonly isOut: boolean } | undefined
  readonly seenMs: number
  /** The extremes since the last kept one, where they lie beyond it. */
  readonly low: Judged<One> | undefined
  readonly high: Judged<One> | undefined
  readonly keptLow: number
  readonly keptHigh: number
}

export interface SamplingRule {
  readonly recordMs: number
  readonly recordOutMs: number
  readonly refreshMs: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

export interface Sampled<One extends SampledReading> {
  readonly state: SamplingState<One>
  readonly kept: readonly Judged<One>[]
  /** Readings that nobody will see. */
  readonly thinned: number
  /** The reading came later than the series is to be refreshed. */
  readonly isLate: boolean
}

const coldChain = { storageMs: 1_800_000, transportMs: 300_000, outMs: 120_000, refreshMs: 60_000 } as const

/** Undefined when every reading is kept. */
export function ruleOf(sampling: MetricSampling, alarm: Pick<SamplingRule, 'low' | 'high'> | undefined): SamplingRule | undefined {
  if (sampling.policy === 'all') return undefined
  return {
    recordMs: sampling.recordMs ?? (sampling.policy === 'coldChainStorage' ? coldChain.storageMs : coldChain.transportMs),
    recordOutMs: sampling.recordOutMs ?? coldChain.outMs,
    refreshMs: sampling.refreshMs ?? coldChain.refreshMs,
    low: sampling.low ?? alarm?.low,
    high: sampling.high ?? alarm?.high
  }
}

export function sample<One extends SampledReading>(
  state: SamplingState<One> | undefined,
  judged: Judged<One>,
  rule: SamplingRule
): Sampled<One> {
  const { reading, isUrgent } = judged
  const isOutside = isOut(reading.value, rule)
  if (state?.kept === undefined) return { state: stateAfter(judged, isOutside), kept: [judged], thinned: 0, isLate: false }
  const { kept } = state
  const isLate = reading.timeMs - state.seenMs > rule.refreshMs
  const elapsedMs = reading.timeMs - kept.timeMs
  const isDue = elapsedMs >= (isOutside || kept.isOut ? Math.min(rule.recordOutMs, rule.recordMs) : rule.recordMs)
  const isChange = reading.quality !== kept.quality || isUrgent !== kept.isUrgent || isOutside !== kept.isOut
  // What comes out of order is kept: nobody can say any more which extremes it lies between.
  if (isDue || isChange || isLate || reading.timeMs < state.seenMs) {
    const held = heldOf(state).filter(({ reading: { value } }) => value !== reading.value)
    const dropped = heldOf(state).length - held.length
    return { state: stateAfter(judged, isOutside), kept: [...held, judged], thinned: dropped, isLate }
  }
  return { ...hold(state, judged), kept: [], isLate }
}

/** What is held back, for the end of the agent: oldest first. */
export function heldOf<One extends SampledReading>(state: SamplingState<One>): Judged<One>[] {
  const held = [state.low, state.high].filter((judged) => judged !== undefined)
  return held.toSorted((left, right) => left.reading.timeMs - right.reading.timeMs)
}

function stateAfter<One extends SampledReading>({ reading, isUrgent }: Judged<One>, isOutside: boolean): SamplingState<One> {
  const { timeMs, quality, value } = reading
  const hasValue = !Number.isNaN(value)
  return {
    kept: { timeMs, quality, isUrgent, isOut: isOutside },
    seenMs: timeMs,
    low: undefined,
    high: undefined,
    keptLow: hasValue ? value : Infinity,
    keptHigh: hasValue ? value : -Infinity
  }
}

function hold<One extends SampledReading>(
  state: SamplingState<One>,
  judged: Judged<One>
): { readonly state: SamplingState<One>; readonly thinned: number } {
  const { value, timeMs } = judged.reading
  const seen = { ...state, seenMs: timeMs }
  if (value < Math.min(state.keptLow, state.low?.reading.value ?? Infinity))
    return { state: { ...seen, low: judged }, thinned: state.low === undefined ? 0 : 1 }
  if (value > Math.max(state.keptHigh, state.high?.reading.value ?? -Infinity))
    return { state: { ...seen, high: judged }, thinned: state.high === undefined ? 0 : 1 }
  return { state: seen, thinned: 1 }
}
