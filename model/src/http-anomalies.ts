/** Requests and answers about anomalies and what people do about them (ISA-18.2 names); api serves them, web asks them. */
import { Type, type Static } from 'typebox'
import { Anomaly, anomalyCategories, anomalyTypes } from './anomaly.ts'
import { page, PageQuery } from './http.ts'
import { TimeMs } from './wire.ts'

export const severities = [1, 2, 3, 4] as const

export const AnomalyListed = Type.Object({
  ...Anomaly.properties,
  severity: Type.Integer({ minimum: 1, maximum: 4, description: 'Of its type by the policy; 4 is worst' }),
  shelved: Type.Boolean({ description: 'Whether it is on the shelf now' })
})
export type AnomalyListed = Static<typeof AnomalyListed>
export const AnomalyListPage = page(AnomalyListed)

const Flag = Type.Optional(Type.Boolean())

export const AnomalyQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'closed'] as const)),
  point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
  category: Type.Optional(Type.Enum(anomalyCategories)),
  type: Type.Optional(Type.Enum(anomalyTypes)),
  severity: Type.Optional(Type.Integer({ minimum: 1, maximum: 4, description: 'At least' })),
  shelved: Flag,
  acknowledged: Flag,
  historical: Flag
})
export type AnomalyQuery = Static<typeof AnomalyQuery>

const Why = Type.String({ minLength: 1, maxLength: 2_000 })
const ExpectedLength = Type.Optional(Type.Integer({ minimum: 0 }))

export const AcknowledgeRequest = Type.Object({ why: Why, expectedLength: ExpectedLength }, { additionalProperties: false })
export const ShelveRequest = Type.Object(
  { why: Why, untilMs: TimeMs, expectedLength: ExpectedLength },
  { additionalProperties: false, description: 'Off the list of what needs somebody, until a time' }
)
export const HandledAnswer = Type.Object({ anomaly: AnomalyListed, length: Type.Integer({ minimum: 1 }) })

export const AnomalyJournalStep = Type.Object({
  index: Type.Integer(),
  atMs: TimeMs,
  by: Type.String(),
  action: Type.String(),
  why: Type.String(),
  hash: Type.String()
})
export const AnomalyHistory = Type.Object({
  items: Type.Array(AnomalyJournalStep),
  length: Type.Integer(),
  truncated: Type.Boolean({ description: 'Only the first and the newest steps are listed' })
})

const Counts = Type.Record(Type.String(), Type.Integer())
export const AnomalyCounts = Type.Object({
  open: Type.Integer(),
  closed: Type.Integer(),
  /** Of the open ones: */
  unacknowledged: Type.Integer(),
  shelved: Type.Integer(),
  byCategory: Counts,
  byType: Counts,
  bySeverity: Counts,
  byPoint: Counts,
  truncated: Type.Boolean({ description: 'More are open than were looked at' })
})
export type AnomalyCounts = Static<typeof AnomalyCounts>

/** How often what says something: openings, closings and returns in the window, and each of them as transitions. */
export const ChatterRow = Type.Object({
  name: Type.String({ description: 'Rule, or point/device' }),
  openings: Type.Integer(),
  closings: Type.Integer(),
  returns: Type.Integer(),
  perHour: Type.Number({ description: 'Openings and returns an hour' }),
  chattering: Type.Boolean()
})
export type ChatterRow = Static<typeof ChatterRow>

export const AnomalyChatter = Type.Object({
  windowMs: Type.Integer(),
  untilMs: TimeMs,
  rules: Type.Array(ChatterRow),
  devices: Type.Array(ChatterRow),
  /** Points where more opened at once than people can follow. */
  floods: Type.Array(Type.Object({ point: Type.String(), openings: Type.Integer(), sinceMs: TimeMs })),
  truncated: Type.Boolean()
})
export type AnomalyChatter = Static<typeof AnomalyChatter>
