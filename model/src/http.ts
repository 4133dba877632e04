/** Requests and answers of Tracegate's own HTTP interface, `/api/v1`; api serves them, web asks them. */
import { Type, type Static, type TSchema } from 'typebox'
import { Anomaly } from './anomaly.ts'
import { Device, MonitoringPoint, Party, Place, Product, ProductProfile, TraceKey } from './registers.ts'
import { QualityFlag } from './quality.ts'
import { TimeMs } from './wire.ts'
import { WarningCase } from './warning.ts'

/** RFC 9457, with our public code and, for bad documents, every finding. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    code: Type.String(),
    findings: Type.Optional(Type.Array(Type.Object({ code: Type.String(), pointer: Type.String(), message: Type.String() })))
  },
  { $id: 'Problem' }
)
export type Problem = Static<typeof Problem>

export const pageLimitMax = 1_000

/** ISO 8601 with offset in a query string. */
export const QueryTime = Type.String({ format: 'date-time' })

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimitMax })),
  cursor: Type.Optional(Type.String({ maxLength: 512 }))
})

/** A page of a list, newest first. */
export function page<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Optional(Type.String({ description: 'cursor of the next page; missing on the last' }))
  })
}

export const PointStatus = Type.Union([
  Type.Literal('normal'),
  Type.Literal('warning'),
  Type.Literal('anomaly'),
  Type.Literal('stale'),
  Type.Literal('offline')
])
export const PointSummary = Type.Object({
  ...MonitoringPoint.properties,
  status: PointStatus,
  openAnomalies: Type.Integer(),
  openWarnings: Type.Integer(),
  devicesOnline: Type.Integer(),
  devicesTotal: Type.Integer(),
  lastReadingMs: Type.Optional(TimeMs)
})
export type PointSummary = Static<typeof PointSummary>

export const LatestReading = Type.Object({
  series: Type.String({ description: 'point/device/metric' }),
  unit: Type.String(),
  timeMs: TimeMs,
  value: Type.Union([Type.Number(), Type.Null()]),
  quality: QualityFlag
})
export type LatestReading = Static<typeof LatestReading>

export const PointDetail = Type.Object({
  point: PointSummary,
  places: Type.Array(Place),
  profiles: Type.Array(ProductProfile),
  devices: Type.Array(Device),
  latest: Type.Array(LatestReading)
})
export type PointDetail = Static<typeof PointDetail>

export const RangeQuery = Type.Object({
  series: Type.String({ maxLength: 256, description: 'point/device/metric' }),
  from: QueryTime,
  to: QueryTime,
  buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000, description: 'Down-sample to so many; raw readings without it' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  gapAfterMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Tell the stretches of more than this without a value' }))
})

/** What values were made of: readings, or roll-ups of a minute or an hour where the readings are gone. */
export const Resolution = Type.Enum(['raw', '1m', '1h'] as const)

/**
 * Raw: `[timeMs, value|null, quality]`. Bucket: `[timeMs of its start, min, max, mean, count]`, and at the same place of `edges`
 * `[firstMs, first, minMs, maxMs, lastMs, last]`: a line through these four readings of each bucket is pixel-exact.
 */
export const RangeAnswer = Type.Object({
  series: Type.String(),
  unit: Type.String(),
  resolution: Type.Optional(Resolution),
  edges: Type.Optional(Type.Array(Type.Tuple([TimeMs, Type.Number(), TimeMs, TimeMs, TimeMs, Type.Number()]))),
  gaps: Type.Optional(
    Type.Array(Type.Tuple([TimeMs, TimeMs]), {
      description: '`[fromMs, toMs]`, with gapAfterMs; at most 10,000, the edges of the range included'
    })
  ),
  readings: Type.Optional(Type.Array(Type.Tuple([TimeMs, Type.Union([Type.Number(), Type.Null()]), QualityFlag]))),
  buckets: Type.Optional(Type.Array(Type.Tuple([TimeMs, Type.Number(), Type.Number(), Type.Number(), Type.Integer()]))),
  truncated: Type.Boolean()
})
export type RangeAnswer = Static<typeof RangeAnswer>

export const PointPage = page(PointSummary)
export const DevicePage = page(Device)
export const AnomalyPage = page(Anomaly)
export const WarningPage = page(WarningCase)
export type AnomalyPage = Static<typeof AnomalyPage>
export type WarningPage = Static<typeof WarningPage>

/** `GET /lookup?code=`: anything typed or scanned, taken apart. */
export const LookupAnswer = Type.Object({
  key: TraceKey,
  kind: Type.String(),
  digitalLink: Type.String(),
  urn: Type.Optional(Type.String()),
  elementString: Type.Optional(Type.String()),
  known: Type.Boolean({ description: 'Whether any event names it' }),
  product: Type.Optional(Product)
})
export type LookupAnswer = Static<typeof LookupAnswer>

/** Names for the keys that an answer speaks of, so that a page needs one request only. */
export const NameBook = Type.Object({
  parties: Type.Array(Party),
  places: Type.Array(Place),
  points: Type.Array(MonitoringPoint),
  products: Type.Array(Product),
  profiles: Type.Array(ProductProfile)
})
export type NameBook = Static<typeof NameBook>

export const SignInRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128 }), password: Type.String({ minLength: 1, maxLength: 1_024 }) },
  { additionalProperties: false }
)
export const Session = Type.Object({ name: Type.String(), rights: Type.Array(Type.String()) })
export type Session = Static<typeof Session>

export const ScenarioInfo = Type.Object({
  name: Type.String(),
  title: Type.Object({ zh: Type.String(), en: Type.String() }),
  running: Type.Boolean(),
  target: Type.Optional(Type.String())
})
export type ScenarioInfo = Static<typeof ScenarioInfo>
export const ScenarioStarted = Type.Object({
  name: Type.String(),
  startedAtMs: TimeMs,
  target: Type.String({ description: 'What it happens to: a place key, device or product key' }),
  lastsMs: Type.Optional(Type.Integer())
})
export type ScenarioStarted = Static<typeof ScenarioStarted>
