/** The telemetry message: a batch of readings from one device. Topic `tg/v1/{point}/{device}/telemetry`. */
import { Type, type Static } from 'typebox'
import { QualityFlag } from './quality.ts'
import { envelope, TimeMs } from './wire.ts'

export const readingsPerMessageMax = 1_000

/**
 * The metric that stands for readings which had to give way at the size limit of an outbox. A message of its alone keeps the number of
 * the one it replaces.
 */
export const droppedReadingsMetric = 'edge.droppedReadings'

/** Name of a measured quantity of a device, e.g. `temperature` or `door.open`. */
export const Metric = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$', description: 'Name of the measured quantity' })

/** A UCUM code, e.g. `Cel`, `%`, `kW`, `1`. */
export const UcumUnit = Type.String({ pattern: '^[\\x21-\\x7e]{1,32}$', description: 'UCUM code of the unit' })

export const WireReading = Type.Object(
  {
    metric: Metric,
    value: Type.Union([Type.Number(), Type.Boolean(), Type.Null()], { description: 'null exactly when quality is 9 (missing)' }),
    unit: UcumUnit,
    quality: QualityFlag,
    timeMs: Type.Optional(TimeMs)
  },
  { additionalProperties: false, description: 'One reading; without timeMs it was taken at the time of the message' }
)
export type WireReading = Static<typeof WireReading>

export const Telemetry = Type.Object(
  { ...envelope, readings: Type.Array(WireReading, { minItems: 1, maxItems: readingsPerMessageMax }) },
  { $id: 'https://tracegate.dev/schema/v1/telemetry.json', title: 'telemetry', additionalProperties: false }
)
export type Telemetry = Static<typeof Telemetry>

/**
 * A reading inside the platform. `value` is NaN when missing; booleans are 1 and 0. `quality` may have been lowered by the
 * checks of the edge or the collector, never raised.
 */
export interface Reading {
  readonly point: string
  readonly device: string
  readonly metric: string
  readonly unit: string
  readonly timeMs: number
  readonly value: number
  readonly quality: QualityFlag
  /**
   * Set where the time lies long before the receipt: true for backfill, which is judged as history; false for a device that is live by
   * a clock that runs behind.
   */
  readonly historical?: boolean
}

/** `point/device/metric`: the name of a series. */
export function seriesKeyOf(reading: { point: string; device: string; metric: string }): string {
  return `${reading.point}/${reading.device}/${reading.metric}`
}

/** The readings of a message, spelt out. `isHistorical` marks those for which it knows. */
export function readingsOf(
  message: Telemetry,
  from: { point: string; device: string },
  isHistorical?: (timeMs: number) => boolean | undefined
): Reading[] {
  return message.readings.map((reading) => {
    const timeMs = reading.timeMs ?? message.timeMs
    const spelt: Reading = {
      point: from.point,
      device: from.device,
      metric: reading.metric,
      unit: reading.unit,
      timeMs,
      value: reading.value === null ? Number.NaN : Number(reading.value),
      quality: reading.value === null ? 9 : reading.quality
    }
    const historical = isHistorical?.(timeMs)
    return historical === undefined ? spelt : { ...spelt, historical }
  })
}
