/**
 * The streaming QARTOD checks of one series: gross range, rate of change and flat line (gap is `device-gap.ts`). They tell
 * that an instrument may be at fault, so what they raise is of the category `device`. O(1) memory a series.
 */
import { Type, type Static } from 'typebox'
import { Anomaly, type AnomalyType } from '@tracegate/model/anomaly'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { anomalyIdOf } from './anomaly-id.ts'
import { fixed, iso, signOf } from './proof.ts'
import { grossRangeFlag, rateFlag, type Span } from './qartod.ts'

/** Settings of the checks for one kind of quantity; all in the unit of the value, rates per second. */
export interface SeriesCheckSettings {
  readonly failSpan: Span
  readonly suspectSpan: Span
  readonly ratePerSecondSuspect: number
  readonly ratePerSecondFail: number
  /** A live sensor never repeats itself to within this tolerance for so long. */
  readonly flatLineTolerance: number
  readonly flatLineMs: number
  readonly flatLineCountMin: number
}

export const seriesCheckDefaults: Readonly<Record<'temperature' | 'humidity', SeriesCheckSettings>> = {
  temperature: {
    failSpan: [-90, 150],
    suspectSpan: [-60, 80],
    ratePerSecondSuspect: 2,
    ratePerSecondFail: 5,
    flatLineTolerance: 1e-6,
    flatLineMs: 300_000,
    flatLineCountMin: 20
  },
  humidity: {
    failSpan: [0, 100],
    suspectSpan: [1, 100],
    ratePerSecondSuspect: 20,
    ratePerSecondFail: 50,
    flatLineTolerance: 1e-6,
    flatLineMs: 900_000,
    flatLineCountMin: 20
  }
}

const checkTypes = ['grossRange', 'rate', 'flatLine'] as const
type CheckType = (typeof checkTypes)[number]

export const SeriesState = Type.Object({
  lastMs: Type.Number(),
  lastValue: Type.Number(),
  flatSinceMs: Type.Number(),
  flatLow: Type.Number(),
  flatHigh: Type.Number(),
  flatCount: Type.Number(),
  open: Type.Object({ grossRange: Type.Optional(Anomaly), rate: Type.Optional(Anomaly), flatLine: Type.Optional(Anomaly) })
})
export type SeriesState = Static<typeof SeriesState>

/** Which settings fit a series: by its unit, since unit and quantity go together for what we check. */
export function quantityOf(reading: { readonly unit: string; readonly metric: string }): 'temperature' | 'humidity' | undefined {
  if (reading.unit === 'Cel' && !/set/i.test(reading.metric)) return 'temperature'
  return reading.unit === '%' && /humid|rh/i.test(reading.metric) ? 'humidity' : undefined
}

export interface SeriesJudgement {
  readonly reading: Reading
  readonly settings: SeriesCheckSettings
  readonly place?: string
  readonly nowMs: number
  readonly historical: boolean
}

/** Takes one reading. Gives the state to keep and the anomalies that opened or closed. A reading that is not newer changes nothing. */
export function judgeSeriesReading(
  before: SeriesState | undefined,
  judgement: SeriesJudgement
): { state: SeriesState | undefined; anomalies: Anomaly[] } {
  const { reading, settings } = judgement
  if (before !== undefined && reading.timeMs <= before.lastMs) return { state: before, anomalies: [] }
  if (!Number.isFinite(reading.value)) return { state: before, anomalies: [] }
  const state = stepFlat(before, reading, settings)
  const anomalies: Anomaly[] = []
  const rate = before === undefined ? 0 : Math.abs(reading.value - before.lastValue) / ((reading.timeMs - before.lastMs) / 1_000)
  const fired: Readonly<Record<CheckType, boolean>> = {
    grossRange: grossRangeFlag(reading.value, settings.failSpan, settings.suspectSpan) !== 1,
    rate: rateFlag(rate, { suspect: settings.ratePerSecondSuspect, fail: settings.ratePerSecondFail }) !== 1,
    flatLine: reading.timeMs - state.flatSinceMs >= settings.flatLineMs && state.flatCount >= settings.flatLineCountMin
  }
  for (const type of checkTypes) {
    const anomaly = stepCheck(state.open[type], type, fired[type], {
      judgement,
      rate,
      onsetMs: type === 'flatLine' ? state.flatSinceMs : reading.timeMs
    })
    if (anomaly === undefined) continue
    anomalies.push(anomaly)
    if (anomaly.status === 'open') state.open[type] = anomaly
    else delete state.open[type]
  }
  return { state, anomalies }
}

function stepFlat(before: SeriesState | undefined, reading: Reading, settings: SeriesCheckSettings): SeriesState {
  const low = Math.min(before?.flatLow ?? reading.value, reading.value)
  const high = Math.max(before?.flatHigh ?? reading.value, reading.value)
  const flat = before !== undefined && high - low < settings.flatLineTolerance
  return {
    lastMs: reading.timeMs,
    lastValue: reading.value,
    flatSinceMs: flat ? before.flatSinceMs : reading.timeMs,
    flatLow: flat ? low : reading.value,
    flatHigh: flat ? high : reading.value,
    flatCount: flat ? before.flatCount + 1 : 1,
    open: before === undefined ? {} : { ...before.open }
  }
}

interface CheckStep {
  readonly judgement: SeriesJudgement
  readonly rate: number
  readonly onsetMs: number
}

function stepCheck(open: Anomaly | undefined, type: CheckType, fired: boolean, step: CheckStep): Anomaly | undefined {
  const { reading, nowMs } = step.judgement
  if (open !== undefined) return fired ? undefined : { ...open, status: 'closed', lastMs: reading.timeMs, closedMs: reading.timeMs }
  if (!fired) return undefined
  const series = seriesKeyOf(reading)
  return {
    id: anomalyIdOf(type, series, step.onsetMs),
    type,
    category: 'device',
    rule: { id: `qartod:${type}`, version: 1 },
    status: 'open',
    point: reading.point,
    ...(step.judgement.place === undefined ? {} : { place: step.judgement.place }),
    device: reading.device,
    metric: reading.metric,
    goods: [],
    onsetMs: step.onsetMs,
    openedMs: reading.timeMs,
    lastMs: reading.timeMs,
    detectedAtMs: nowMs,
    historical: step.judgement.historical,
    figures: figuresOf(type, step),
    witnesses: [{ type: 'reading', series, timeMs: reading.timeMs, value: reading.value, unit: reading.unit, quality: reading.quality }],
    proof: proofOf(type, series, step)
  }
}

function figuresOf(type: AnomalyType, step: CheckStep): Record<string, number> {
  const { settings, reading } = step.judgement
  if (type === 'rate')
    return {
      value: reading.value,
      ratePerSecond: step.rate,
      ratePerSecondSuspect: settings.ratePerSecondSuspect,
      ratePerSecondFail: settings.ratePerSecondFail
    }
  if (type === 'flatLine') return { value: reading.value, durationMs: reading.timeMs - step.onsetMs, flatLineMs: settings.flatLineMs }
  return {
    value: reading.value,
    failLow: settings.failSpan[0],
    failHigh: settings.failSpan[1],
    suspectLow: settings.suspectSpan[0],
    suspectHigh: settings.suspectSpan[1]
  }
}

function proofOf(type: CheckType, series: string, step: CheckStep): Anomaly['proof'] {
  const { settings, reading } = step.judgement
  const at = iso(reading.timeMs)
  const unit = signOf(reading.unit)
  switch (type) {
    case 'grossRange':
      return {
        en: `${series} read ${fixed(reading.value)} ${unit} at ${at}, outside of what such a sensor can see (${settings.suspectSpan.join(' to ')})`,
        zh: `${series} 于 ${at} 读数为 ${fixed(reading.value)} ${unit}，超出此类传感器的合理范围（${settings.suspectSpan.join(' 至 ')}）`
      }
    case 'rate':
      return {
        en: `${series} changed by ${fixed(step.rate)} ${unit} a second at ${at}, expected at most ${settings.ratePerSecondSuspect}`,
        zh: `${series} 于 ${at} 每秒变化 ${fixed(step.rate)} ${unit}，合理值不超过 ${settings.ratePerSecondSuspect}`
      }
    case 'flatLine':
      return {
        en: `${series} has read ${fixed(reading.value)} ${unit} without the least change since ${iso(step.onsetMs)}: the sensor may be stuck`,
        zh: `${series} 自 ${iso(step.onsetMs)} 起读数恒为 ${fixed(reading.value)} ${unit}，传感器可能卡死`
      }
    default:
      return type satisfies never
  }
}
