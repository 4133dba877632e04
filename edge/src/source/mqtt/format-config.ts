/** How the payload of a subscription is to be read: one schema per format. It reads nothing. */
import { ScanRule } from '@tracegate/model/scan-event'
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'
import { jsonPathPattern } from '../json-path.ts'

const Path = (description: string) =>
  Type.String({
    pattern: jsonPathPattern,
    maxLength: 512,
    description: `JSON pointer or JSONPath (\`$.a.b[0].c\`, \`[*]\`) of ${description}`
  })
const Scale = Type.Optional(Type.Number({ default: 1, description: 'Factor from the value of the payload to the unit' }))
const Offset = Type.Optional(Type.Number({ default: 0, description: 'Added after the factor' }))

const timeFormats = ['iso', 'isoLocal', 'epochSeconds', 'epochMs', 'epochMicros', 'epochNanos'] as const
const timeFormatMember = {
  format: Type.Enum(timeFormats, {
    description:
      'iso: ISO 8601 with offset; isoLocal: date and time without one, in `timeZone`; epoch…: since 1970-01-01T00:00:00Z, a number or its digits as text'
  }),
  timeZone: Type.Optional(
    Type.String({
      pattern: '^[+-]\\d\\d:\\d\\d$',
      default: '+00:00',
      description: 'Offset from UTC of the times of `isoLocal`, e.g. `+08:00`'
    })
  )
} as const

export const TimeFormat = Type.Object(timeFormatMember)
export type TimeFormat = Static<typeof TimeFormat>

const PayloadTime = Type.Object(
  { path: Path('the time; a wildcard stands for the same as in the path of the value'), ...timeFormatMember },
  { additionalProperties: false, description: 'Time of the values; without it the time of arrival' }
)
export type PayloadTime = Static<typeof PayloadTime>

const Words = (description: string) =>
  Type.Optional(Type.Array(Type.Union([Type.String({ maxLength: 128 }), Type.Number(), Type.Boolean()]), { maxItems: 64, description }))

const PayloadQuality = Type.Object(
  {
    path: Path('the quality that the device gives'),
    good: Words('What becomes quality 2: not evaluated here'),
    suspect: Words('What becomes quality 3'),
    fail: Words('What becomes quality 4'),
    missing: Words('What becomes quality 9: the value is not kept')
  },
  { additionalProperties: false, description: 'Quality of the values; what no list names becomes 3 (suspect) when `good` is given, else 2' }
)
export type PayloadQuality = Static<typeof PayloadQuality>

const NumberWords = Type.Optional(
  Type.Record(Type.String(), Type.Number(), { description: 'Numbers that stand for words, e.g. `{ open: 1, closed: 0 }`' })
)

export const JsonReading = Type.Object(
  {
    path: Path('the value: number, numeric text, true, false or null'),
    metric: Type.Optional(Type.String({ ...Metric, description: 'Metric of the value' })),
    metricPath: Type.Optional(Path('the metric, in its place')),
    unit: Type.Optional(Type.String({ ...UcumUnit, description: 'UCUM code of the value after scale and offset' })),
    unitPath: Type.Optional(Path('the unit, in its place; names such as °C are understood, others are told by `units`')),
    scale: Scale,
    offset: Offset,
    words: NumberWords,
    time: Type.Optional(PayloadTime),
    quality: Type.Optional(PayloadQuality)
  },
  { additionalProperties: false, description: 'One value, or with a wildcard in its path one of each that matches' }
)
export type JsonReading = Static<typeof JsonReading>

const Units = Type.Optional(
  Type.Record(Type.String(), Type.String({ ...UcumUnit }), { description: 'UCUM code by the name of a unit in the payload' })
)

export const JsonFormat = Type.Object(
  {
    type: Type.Literal('json', { description: 'JSON of any shape; CBOR when its first byte says so' }),
    each: Type.Optional(Path('the parts that are read one by one, each as a message of its own, e.g. `$.samples[*]`')),
    devicePath: Type.Optional(Path('the name of the device, where the topic does not say it')),
    time: Type.Optional(PayloadTime),
    units: Units,
    readings: Type.Array(JsonReading, { minItems: 1, maxItems: 1_000, description: 'The values to take' })
  },
  { additionalProperties: false }
)
export type JsonFormat = Static<typeof JsonFormat>

export const TextFormat = Type.Object(
  {
    type: Type.Literal('text', { description: 'The payload is one value, such as `21.5`, `21,5 °C` or `ON`' }),
    metric: Type.Optional(Type.String({ ...Metric, description: 'Metric of the value; left out: the `{metric}` level of the topic' })),
    unit: Type.String({ ...UcumUnit, description: 'UCUM code of the value after scale and offset' }),
    metrics: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          { metric: Type.Optional(Metric), unit: Type.Optional(UcumUnit), scale: Scale, offset: Offset },
          { additionalProperties: false }
        ),
        { description: 'What differs for one `{metric}` of the topic; when given, other names are refused' }
      )
    ),
    suffix: Type.Optional(Type.String({ maxLength: 32, description: 'Text behind the number that is taken off, e.g. ` °C`' })),
    decimalComma: Type.Optional(Type.Boolean({ default: false, description: 'true: `21,5` is 21.5' })),
    scale: Scale,
    offset: Offset,
    words: NumberWords
  },
  { additionalProperties: false }
)
export type TextFormat = Static<typeof TextFormat>

export const CsvFormat = Type.Object(
  {
    type: Type.Literal('csv', { description: 'Lines of cells; a payload may hold several' }),
    separator: Type.Optional(Type.String({ minLength: 1, maxLength: 1, default: ',', description: 'Between two cells' })),
    skipLines: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: 0, description: 'Lines at the beginning that hold no values' })
    ),
    decimalComma: Type.Optional(Type.Boolean({ default: false, description: 'true: `21,5` is 21.5' })),
    columns: Type.Array(
      Type.Object(
        {
          column: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Which cell, the first is 1' }),
          metric: Metric,
          unit: UcumUnit,
          scale: Scale,
          offset: Offset,
          words: NumberWords
        },
        { additionalProperties: false }
      ),
      { minItems: 1, maxItems: 1_000, description: 'The cells to take; an empty one is a missing value' }
    ),
    time: Type.Optional(
      Type.Object(
        { column: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Which cell, the first is 1' }), ...timeFormatMember },
        { additionalProperties: false, description: 'Time of a line; without it the time of arrival' }
      )
    )
  },
  { additionalProperties: false }
)
export type CsvFormat = Static<typeof CsvFormat>

export const ScanFormat = Type.Object(
  {
    type: Type.Literal('scan', { description: 'What a code reader saw' }),
    encoding: Type.Optional(
      Type.Enum(['json', 'text'], {
        default: 'json',
        description: 'json: an object with the data inside; text: each line is the data of one scan'
      })
    ),
    dataPath: Type.Optional(Path('the data as read; needed with `json`. A wildcard takes every scan')),
    symbologyPath: Type.Optional(Path('the AIM symbology identifier or the name of the symbology')),
    symbology: Type.Optional(
      Type.String({ maxLength: 64, description: 'Name or AIM identifier of the symbology, where neither payload nor data says it' })
    ),
    devicePath: Type.Optional(Path('the name of the device, where the topic does not say it')),
    time: Type.Optional(PayloadTime),
    rule: Type.Optional(ScanRule)
  },
  { additionalProperties: false }
)
export type ScanFormat = Static<typeof ScanFormat>

const TracegateFormat = Type.Object(
  {
    type: Type.Literal('tracegate', { description: 'Messages of the Tracegate wire contract, JSON or CBOR: telemetry, scan or event' }),
    rule: Type.Optional(ScanRule)
  },
  { additionalProperties: false }
)

export const PayloadFormat = Type.Union([TracegateFormat, JsonFormat, TextFormat, CsvFormat, ScanFormat])
export type PayloadFormat = Static<typeof PayloadFormat>
