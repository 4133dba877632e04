/** Makes of what a check saw the fault that is told: its rule, figures and sentences. It judges nothing. */
import type { AnomalyType } from '@tracegate/model/anomaly'
import type { BilingualText } from '@tracegate/model/text'
import type { Reading } from '@tracegate/model/telemetry'
import type { Fault } from './fault-book.ts'
import {
  attenuatedText,
  climatologyText,
  flatLineText,
  grossRangeText,
  neighbourText,
  rateText,
  recordingIntervalText,
  spikeText,
  type FaultSeen
} from './fault-text.ts'
import type { ReadingRules } from './reading-rules.ts'
import type { Peers, Track } from './series-track.ts'
import type { SeriesFaultType, SeriesSettings, SeriesVerdict } from './series-watch.ts'

export interface FaultContext {
  readonly track: Track
  readonly reading: Reading
  readonly rules: ReadingRules
  readonly nowMs: number
  readonly historical: boolean
}

export function seriesFault(context: FaultContext, settings: SeriesSettings, verdict: SeriesVerdict, intervalMaxMs: number): Fault {
  const { track, reading } = context
  const type: SeriesFaultType = verdict.fault ?? 'grossRange'
  const seen: FaultSeen = {
    series: track.series,
    unit: track.quantity === 'temperature' ? 'Cel' : reading.unit,
    timeMs: verdict.aboutMs,
    value: verdict.aboutValue,
    onsetMs: onsetOf(type, track, settings, verdict),
    figure: verdict.figure,
    bound: boundOf(type, settings, intervalMaxMs)
  }
  return {
    ...common(context, type === 'climatology' ? 'grossRange' : type, context.rules.rule[type]),
    onsetMs: seen.onsetMs,
    figures: figuresOf(type, seen, settings),
    proof: textOf(type, seen, settings)
  }
}

export function neighbourFault(
  context: FaultContext,
  type: 'neighbour' | 'drift',
  { apart, onsetMs, peers }: { readonly apart: number; readonly onsetMs: number; readonly peers: Peers }
): Fault {
  const { track, reading } = context
  const value = peers.states.get(track.series)?.value ?? reading.value
  const seen: FaultSeen = {
    series: track.series,
    unit: track.quantity === 'temperature' ? 'Cel' : reading.unit,
    timeMs: reading.timeMs,
    value,
    onsetMs,
    figure: apart,
    bound: peers.settings.tolerance
  }
  return {
    ...common(context, type, context.rules.rule.neighbour),
    onsetMs,
    figures: { value, apart: Math.round(apart * 1_000) / 1_000, tolerance: peers.settings.tolerance, neighbours: peers.states.size - 1 },
    proof: neighbourText(seen, type === 'drift')
  }
}

function common({ track, reading, nowMs, historical }: FaultContext, type: AnomalyType, rule: Fault['rule']) {
  return { type, rule, reading, place: track.watched?.place.key, nowMs, historical }
}

function onsetOf(type: SeriesFaultType, { state }: Track, { attenuated }: SeriesSettings, verdict: SeriesVerdict): number {
  if (type === 'flatLine') return state?.flatSinceMs ?? verdict.aboutMs
  if (type === 'attenuated') return verdict.aboutMs - (attenuated?.periodMs ?? 0)
  return type === 'recordingInterval' ? verdict.aboutMs - verdict.figure : verdict.aboutMs
}

function boundOf(type: SeriesFaultType, settings: SeriesSettings, intervalMaxMs: number): number {
  switch (type) {
    case 'spike':
      return settings.spike?.suspect ?? 0
    case 'rate':
      return settings.rate?.suspect ?? 0
    case 'flatLine':
      return settings.flat.durationMs
    case 'attenuated':
      return settings.attenuated?.rangeMin ?? 0
    case 'recordingInterval':
      return intervalMaxMs
    case 'grossRange':
    case 'climatology':
      return 0
    default:
      return type satisfies never
  }
}

function figuresOf(
  type: SeriesFaultType,
  { value, figure, bound, onsetMs, timeMs }: FaultSeen,
  settings: SeriesSettings
): Fault['figures'] {
  switch (type) {
    case 'grossRange': {
      const { failSpan, suspectSpan } = settings
      return { value, failLow: failSpan[0], failHigh: failSpan[1], suspectLow: suspectSpan[0], suspectHigh: suspectSpan[1] }
    }
    case 'climatology':
      return { value }
    case 'spike':
      return { value, distance: figure, spikeSuspect: bound }
    case 'rate':
      return { value, ratePerSecond: figure, ratePerSecondSuspect: bound, ratePerSecondFail: settings.rate?.fail ?? 0 }
    case 'flatLine':
      return { value, durationMs: timeMs - onsetMs, flatLineMs: bound }
    case 'attenuated':
      return { value, rangeMin: bound, periodMs: settings.attenuated?.periodMs ?? 0 }
    case 'recordingInterval':
      return { intervalMs: figure, intervalMaxMs: bound }
    default:
      return type satisfies never
  }
}

function textOf(type: SeriesFaultType, seen: FaultSeen, settings: SeriesSettings): BilingualText {
  switch (type) {
    case 'grossRange':
      return grossRangeText(seen, settings)
    case 'climatology':
      return climatologyText(seen)
    case 'spike':
      return spikeText(seen)
    case 'rate':
      return rateText(seen)
    case 'flatLine':
      return flatLineText(seen)
    case 'attenuated':
      return attenuatedText(seen)
    case 'recordingInterval':
      return recordingIntervalText(seen)
    default:
      return type satisfies never
  }
}
