/** An anomaly: what a detector saw, since when, with which witnesses. Opened, updated and closed by `detect`. */
import { Type, type Static } from 'typebox'
import { TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { QualityFlag } from './quality.ts'
import { TimeMs } from './wire.ts'

export const anomalyTypes = [
  // Of the goods, by readings
  'limit',
  'excursion',
  'cumulativeExcursion',
  'meanKineticTemperature',
  // Of instruments and lines
  'grossRange',
  'rate',
  'spike',
  'flatLine',
  'attenuated',
  'neighbour',
  'drift',
  'gap',
  'recordingInterval',
  'clock',
  'novelty',
  // Of what was recorded of the goods
  'clonedSerial',
  'impossibleTravel',
  'brokenSequence',
  'missingInspection',
  'useAfterEnd',
  'dwell',
  'massBalance',
  'movedAlthoughHeld',
  'unregistered',
  'lateEvent',
  'aggregationMismatch',
  // Of reports and plans
  'complaintSurge',
  'injurySurge',
  'overdueSampling'
] as const
export type AnomalyType = (typeof anomalyTypes)[number]

/**
 * product: goods may be harmed; device: the instrument or the line is at fault; trace: what was recorded of the goods cannot be right or
 * allowed; report: people tell of harm; plan: what was planned is not done.
 */
export const anomalyCategories = ['product', 'device', 'trace', 'report', 'plan'] as const
export type AnomalyCategory = (typeof anomalyCategories)[number]

export const Witness = Type.Union([
  Type.Object({
    type: Type.Literal('reading'),
    series: Type.String(),
    timeMs: TimeMs,
    value: Type.Union([Type.Number(), Type.Null()]),
    unit: Type.String(),
    quality: QualityFlag
  }),
  Type.Object({ type: Type.Literal('event'), eventID: Type.String(), timeMs: TimeMs })
])
export type Witness = Static<typeof Witness>

export const witnessesPerAnomalyMax = 64
export const seriesPerAnomalyMax = 64

/** What a person did about an anomaly (ISA-18.2): it changes what is shown, never what was seen. */
export const AnomalyHandling = Type.Object({
  acknowledged: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), why: Type.String() })),
  /** Not shown in lists of what needs somebody until then; a new onset ends it no sooner. */
  shelved: Type.Optional(Type.Object({ atMs: TimeMs, untilMs: TimeMs, by: Type.String(), why: Type.String() }))
})
export type AnomalyHandling = Static<typeof AnomalyHandling>

export const Anomaly = Type.Object(
  {
    id: Type.String({ description: 'Stable: the same cause seen again (backfill, restart) gives the same id' }),
    type: Type.Enum(anomalyTypes),
    category: Type.Enum(anomalyCategories),
    rule: Type.Object({ id: Type.String(), version: Type.Integer() }),
    status: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
    point: Type.Optional(Type.String()),
    place: Type.Optional(TraceKey),
    device: Type.Optional(Type.String()),
    metric: Type.Optional(Type.String()),
    /** The goods a trace rule speaks of; goods exposed at a place are asked of the store. */
    goods: Type.Array(TraceKey),
    /** Event time of the first sign: the first reading out of limits, the first event that does not fit. */
    onsetMs: TimeMs,
    /** Event time of the reading or event that made the rule fire (after its on-delay). */
    openedMs: TimeMs,
    /** Event time of the last sign so far. */
    lastMs: TimeMs,
    closedMs: Type.Optional(TimeMs),
    /** Wall clock when the detector opened it. */
    detectedAtMs: TimeMs,
    /** True when raised from backfilled data. */
    historical: Type.Boolean(),
    /** Figures by name, e.g. limitHigh, peak, degreeMinutes, meanKineticTemperature, durationMs. */
    /** The series that show it when one cause shows in several: one anomaly, not one a series. */
    series: Type.Optional(Type.Array(Type.String(), { maxItems: seriesPerAnomalyMax })),
    /** How often it came back within its re-opening time instead of being a new one. */
    returns: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Reports of harm that bear witness, by id. */
    reports: Type.Optional(Type.Array(Type.String(), { maxItems: 64 })),
    handling: Type.Optional(AnomalyHandling),
    figures: Type.Record(Type.String(), Type.Number()),
    witnesses: Type.Array(Witness, { maxItems: witnessesPerAnomalyMax }),
    proof: BilingualText
  },
  { title: 'anomaly' }
)
export type Anomaly = Static<typeof Anomaly>
