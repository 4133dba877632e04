/** Requests and answers about rules of detection and product profiles, their versions and back-tests; api serves them, web asks them. */
import { Type, type Static } from 'typebox'
import { Anomaly, anomalyCategories, anomalyTypes } from './anomaly.ts'
import { Difference } from './differences.ts'
import { ProductProfile } from './registers.ts'
import { RuleId, RuleParameters, RuleVersion } from './rules.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

export const RuleInfo = Type.Object({
  id: RuleId,
  category: Type.Enum(anomalyCategories),
  types: Type.Array(Type.Enum(anomalyTypes)),
  title: BilingualText,
  schema: Type.Unknown({ description: 'JSON Schema of the parameters' }),
  defaults: RuleParameters,
  version: Type.Integer({ minimum: 1, description: '1 are the defaults as shipped' }),
  enabled: Type.Boolean(),
  parameters: RuleParameters
})
export type RuleInfo = Static<typeof RuleInfo>
export const RuleList = Type.Object({ items: Type.Array(RuleInfo) })

const Why = Type.String({ minLength: 1, maxLength: 2_000 })
const ExpectedVersion = Type.Optional(Type.Integer({ minimum: 0, description: 'Version that the caller has seen' }))

export const RuleChange = Type.Object(
  { parameters: RuleParameters, enabled: Type.Boolean(), why: Why, expectedVersion: ExpectedVersion },
  { additionalProperties: false }
)
export const RuleVersions = Type.Object({ items: Type.Array(RuleVersion) })
export const VersionDiff = Type.Object({ from: Type.Integer(), to: Type.Integer(), differences: Type.Array(Difference) })
export const DiffQuery = Type.Object({ from: Type.Integer({ minimum: 1 }), to: Type.Integer({ minimum: 1 }) })

const { id: _id, version: _version, ...profileMembers } = ProductProfile.properties
export const ProfileContent = Type.Object(profileMembers, { additionalProperties: false })
export type ProfileContent = Static<typeof ProfileContent>
export const ProfileChange = Type.Object(
  { profile: ProfileContent, why: Why, expectedVersion: ExpectedVersion },
  { additionalProperties: false }
)
export const ProfileVersion = Type.Object({ profile: ProductProfile, atMs: TimeMs, by: Type.String(), why: Type.String() })
export type ProfileVersion = Static<typeof ProfileVersion>
export const ProfileVersions = Type.Object({ items: Type.Array(ProfileVersion) })
export const ProfileList = Type.Object({ items: Type.Array(ProductProfile) })

const Span = {
  fromMs: TimeMs,
  toMs: TimeMs,
  point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Only series of this monitoring point' }))
}
export const RuleBackTest = Type.Object({ parameters: RuleParameters, ...Span }, { additionalProperties: false })
export const ProfileBackTest = Type.Object({ profile: ProfileContent, ...Span }, { additionalProperties: false })

export const backTestStates = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const

const Examples = Type.Object({ count: Type.Integer(), examples: Type.Array(Anomaly, { maxItems: 20 }) })
const Changed = Type.Object({
  count: Type.Integer(),
  examples: Type.Array(Type.Object({ before: Anomaly, after: Anomaly }), { maxItems: 20 })
})

/** What the setting would have raised, against what the one in effect raises of the same history. */
export const BackTestResult = Type.Object({
  /** Would open, and does not now. */
  new: Examples,
  /** Would not open any more. */
  gone: Examples,
  /** Would open or close at another time. */
  changed: Changed,
  same: Type.Integer(),
  /** Anomalies of the rule that are on record from this time: as it was set then, and with what was known then. */
  raised: Type.Integer(),
  perDay: Type.Array(Type.Object({ day: Type.String(), before: Type.Integer(), after: Type.Integer() })),
  readings: Type.Integer(),
  events: Type.Integer(),
  reports: Type.Integer(),
  series: Type.Integer(),
  /** Where it ended when there was more history than one test takes. */
  truncatedAtMs: Type.Optional(TimeMs),
  tookMs: Type.Number()
})
export type BackTestResult = Static<typeof BackTestResult>

export const BackTestJob = Type.Object({
  id: Type.String(),
  rule: Type.String({ description: 'Id of the rule, or `profile:` and that of the profile' }),
  state: Type.Enum(backTestStates),
  by: Type.String(),
  fromMs: TimeMs,
  toMs: TimeMs,
  createdAtMs: TimeMs,
  finishedAtMs: Type.Optional(TimeMs),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  detail: Type.Optional(Type.String()),
  result: Type.Optional(BackTestResult)
})
export type BackTestJob = Static<typeof BackTestJob>
export const BackTestList = Type.Object({ items: Type.Array(BackTestJob) })
