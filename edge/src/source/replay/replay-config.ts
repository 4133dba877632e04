/** The configuration of a replay source: which recording, how it is laid out, and how it is played. */
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'
import { deviceNameOf, recordingFormats, type RecordingOptions } from './recording.ts'

export const ReplaySource = Type.Object(
  {
    type: Type.Literal('replay', { description: 'This protocol' }),
    file: Type.String({ minLength: 1, maxLength: 1_024, description: 'The recording: CSV with a header, or JSON Lines' }),
    format: Type.Optional(
      Type.Enum(recordingFormats, { default: 'auto', description: 'Layout of the file; auto: known by its first line' })
    ),
    device: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,56}$',
        description: 'Device id; where a recording has several devices, the beginning of theirs. Left out: from the name of the file'
      })
    ),
    columns: Type.Optional(
      Type.Record(Type.String(), Metric, {
        description: 'Columns to take, with the metric each becomes. Left out: every column of numbers'
      })
    ),
    units: Type.Optional(
      Type.Record(Type.String(), UcumUnit, {
        description: 'UCUM code by metric; `*` for all others. Left out: `Cel` for temperature, `%` for humidity, else `1`'
      })
    ),
    timeColumn: Type.Optional(Type.String({ maxLength: 256, description: 'Column of the time. Left out: the first one named like one' })),
    start: Type.Optional(
      Type.String({
        format: 'date-time',
        default: '2010-05-10T00:00:00Z',
        description: 'Time of the first row where a recording has no times, ISO 8601 with offset'
      })
    ),
    intervalMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400_000,
        default: 5_000,
        description: 'Time between two rows where a recording has no times, and between two rounds, in milliseconds'
      })
    ),
    speed: Type.Optional(
      Type.Union([Type.Number({ minimum: 0.001, maximum: 1_000_000 }), Type.Literal('max')], {
        default: 1,
        description: 'How many times real time; max: as fast as the outbox takes it'
      })
    ),
    time: Type.Optional(
      Type.Enum(['original', 'now'], {
        default: 'now',
        description:
          'now: as if it happened from the start of the replay on; original: as recorded, and a later round behind the one before'
      })
    ),
    rounds: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Literal('endless')], {
        default: 1,
        description: 'How often it is played'
      })
    ),
    waitingMessagesMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 2_000,
        description: 'Messages in the outbox at which the replay waits, so that it pushes nothing out'
      })
    )
  },
  { additionalProperties: false }
)
export type ReplaySource = Static<typeof ReplaySource>

export function recordingOf(config: ReplaySource): RecordingOptions {
  return {
    format: config.format ?? 'auto',
    device: config.device,
    columns: config.columns === undefined ? undefined : new Map(Object.entries(config.columns)),
    units:
      config.units === undefined
        ? undefined
        : new Map(Object.entries(config.units).map(([name, unit]) => [name === '*' ? '' : name, unit])),
    timeColumn: config.timeColumn,
    startMs: Date.parse(config.start ?? '2010-05-10T00:00:00Z'),
    intervalMs: config.intervalMs ?? 5_000
  }
}

/** The one device that is known before the file is read; a recording may have others. */
export function devicesOfReplay(config: ReplaySource): ReadonlySet<string> {
  return config.format === 'motes' ? new Set() : new Set([config.device ?? deviceNameOf(config.file)])
}
