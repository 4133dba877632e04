/** Parts of a recall: what the company knew, the scope as it was frozen, its holders and the plan. Schemas only. */
import { Type, type Static } from 'typebox'
import { effectivenessLevels, recallDepths, remedies } from './policy/recalls.ts'
import { TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { Quantity } from './trace.ts'
import { ScopeHolder, ScopeTotal, scopeStates } from './trace-scope.ts'
import { TimeMs } from './wire.ts'

const strict = { additionalProperties: false }
const Line = Type.String({ minLength: 1, maxLength: 256 })
const Count = Type.Integer({ minimum: 0 })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Key = Type.String({ minLength: 1, maxLength: 2_048 })
/** A text that must be there in both languages. */
export const Said = Type.Object(
  { zh: Type.String({ minLength: 1, maxLength: 4_096 }), en: Type.String({ minLength: 1, maxLength: 4_096 }) },
  strict
)

/** A time stamp that proves since when the company knew: its own report or event, a result of a laboratory, or what it stated itself. */
export const knowledgeKinds = ['report', 'event', 'laboratory', 'statement'] as const
export const Knowledge = Type.Object({ kind: Type.Enum(knowledgeKinds), ref: Key, atMs: TimeMs, what: BilingualText }, strict)
export type Knowledge = Static<typeof Knowledge>
export const knowledgeMax = 200

/** Set when the first knowledge lies before the report by more than the policy allows: hiding a defect is pursued (task 12). */
export const Concealment = Type.Object({
  knewAtMs: TimeMs,
  first: Knowledge,
  /** Of the company; of the authority where the company has never reported. */
  reportedAtMs: TimeMs,
  limitMs: Type.Integer({ minimum: 0 }),
  lateByMs: Type.Integer({ minimum: 1 }),
  byCompany: Type.Boolean({ description: 'False: the company never reported; somebody else did' })
})
export type Concealment = Static<typeof Concealment>

export const RecallCompany = Type.Object({ key: TraceKey, name: Said }, strict)

export const ScopeAsked = Type.Object(
  {
    of: Type.Array(Key, { maxItems: 10_000, description: 'Items, lots, products or units by key' }),
    place: Type.Optional(Type.Object({ key: Key, fromMs: TimeMs, toMs: TimeMs }, strict)),
    /** The warning or anomaly whose goods they are. */
    origin: Type.Optional(Type.String({ maxLength: 256 }))
  },
  strict
)
export type ScopeAsked = Static<typeof ScopeAsked>

const { goods: _goods, state: _state, to: _to, shipments: _shipments, ...heldMembers } = ScopeHolder.properties

/** Everything that one party, or one place where no party is known, held at the moment of the scope. */
export const RecallHolder = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  key: Type.String({ description: 'Key of the party, else of the place, else `unknown`' }),
  ...heldMembers,
  states: Type.Array(Type.Enum(scopeStates)),
  products: Type.Array(Key, { maxItems: 50 }),
  lots: Type.Array(Key, { maxItems: 200, description: 'The first ones' })
})
export type RecallHolder = Static<typeof RecallHolder>
export const recallHoldersMax = 2_000
export const unknownHolder = 'unknown'

export const changeCauses = ['newKnowledge', 'lateEvent', 'declaredWrong', 'moved'] as const
export const ScopeChange = Type.Object({
  fromVersion: Type.Integer({ minimum: 1 }),
  added: Count,
  gone: Count,
  moved: Count,
  causes: Type.Array(Type.Object({ cause: Type.Enum(changeCauses), goods: Count })),
  /** The first ones of each. */
  listed: Type.Object({
    added: Type.Array(Key, { maxItems: 100 }),
    gone: Type.Array(Key, { maxItems: 100 }),
    moved: Type.Array(Key, { maxItems: 100 })
  })
})
export type ScopeChange = Static<typeof ScopeChange>

/** A scope as it was frozen. The goods themselves are in the step of the journal; here are the figures and the hash that prove them. */
export const FrozenScope = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  frozenAtMs: TimeMs,
  by: Type.String(),
  reason: Type.String(),
  asked: ScopeAsked,
  /** Events recorded up to then count. */
  knownAtMs: TimeMs,
  goods: Count,
  serials: Count,
  quantities: Type.Array(Quantity),
  totals: Type.Array(ScopeTotal),
  products: Type.Array(Key, { maxItems: 1_000 }),
  lots: Type.Array(Key, { maxItems: 1_000 }),
  lotsFound: Count,
  holders: Type.Array(RecallHolder, { maxItems: recallHoldersMax }),
  holdersFound: Count,
  /** Of the manifest (`recall-manifest.ts`). */
  sha256: Sha256,
  truncated: Type.Boolean(),
  change: Type.Optional(ScopeChange)
})
export type FrozenScope = Static<typeof FrozenScope>
export const scopeVersionsMax = 50

/** Elements of ISO 10393 and rules of task 12: what is asked of a plan. */
export const RecallPlan = Type.Object(
  {
    hazard: Said,
    instruction: Said,
    remedies: Type.Array(Type.Enum(remedies), { maxItems: 3, uniqueItems: true }),
    contact: Type.Object(
      { name: Line, phone: Type.Optional(Line), email: Type.Optional(Line), address: Type.Optional(Line), hours: Type.Optional(Line) },
      strict
    ),
    depth: Type.Enum(recallDepths),
    level: Type.Enum(effectivenessLevels),
    /** Asked for instead of the policy's share, where its level leaves a range. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    startByMs: TimeMs,
    completeByMs: TimeMs,
    /** Where goods are to go back to: parties or places. Goods that arrive there, or are sent there, count as returned. */
    returnTo: Type.Array(TraceKey, { maxItems: 100 }),
    quarantineAt: Type.Optional(Type.Array(TraceKey, { maxItems: 1_000 }))
  },
  strict
)
export type RecallPlan = Static<typeof RecallPlan>
