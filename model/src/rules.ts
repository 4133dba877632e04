/**
 * Rules of detection as versioned data: what a rule may be set to, how it is set now and how it was set before. It knows no detector: each
 * detector states its own definition, and the engine takes the setting of that id or the defaults.
 */
import { Type, type Static, type TSchema } from 'typebox'
import type { AnomalyCategory, AnomalyType } from './anomaly.ts'
import type { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

export const RuleId = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9._:-]{0,63}$', description: 'Id of a rule, e.g. `trace:dwell`' })

/** What a detector says of itself. Its parameters are one schema of an object, so that a form and a check can be made of it. */
export interface RuleDefinition {
  readonly id: string
  readonly category: AnomalyCategory
  /** What it raises. */
  readonly types: readonly AnomalyType[]
  readonly title: BilingualText
  /** Schema of the parameters: an object that takes no further members. */
  readonly parameters: TSchema
  /** In effect where nobody set anything; valid by the schema. */
  readonly defaults: Readonly<Record<string, unknown>>
}

export const RuleParameters = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 64 })
export type RuleParameters = Static<typeof RuleParameters>

/** How a rule is set: version 1 is what is shipped, the first edit makes version 2. */
export const RuleSetting = Type.Object(
  { id: RuleId, version: Type.Integer({ minimum: 1 }), enabled: Type.Boolean(), parameters: RuleParameters },
  { title: 'ruleSetting' }
)
export type RuleSetting = Static<typeof RuleSetting>

/** A setting with who made it, when and why. Versions count without a gap and are never changed. */
export const RuleVersion = Type.Object(
  { ...RuleSetting.properties, atMs: TimeMs, by: Type.String(), why: Type.String() },
  { title: 'ruleVersion' }
)
export type RuleVersion = Static<typeof RuleVersion>

/** Version of the defaults, in effect where nobody set anything. */
export const shippedRuleVersion = 1
