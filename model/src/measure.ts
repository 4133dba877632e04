/** A measure: one of the nine of task 11 as an order to one addressee, with its deadlines, proof, feedback and escalations. */
import { Type, type Static } from 'typebox'
import { clockNames, measureTypes, type MeasureType } from './policy/measures.ts'
import { warningLevels } from './policy/grading.ts'
import { TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

export { measureTypes, type MeasureType } from './policy/measures.ts'

/** The words of Guofa [2017] No. 43, task 11. */
export const measureNames: Readonly<Record<MeasureType, BilingualText>> = {
  lowerCredit: { zh: '降低信用等级', en: 'lower the credit grade' },
  traceInvestigation: { zh: '追溯调查', en: 'trace investigation' },
  recall: { zh: '缺陷召回', en: 'recall for a defect' },
  tightenSupervision: { zh: '加严监管', en: 'tightened supervision' },
  restrictTrade: { zh: '限制或禁止进出口', en: 'restriction or ban of import and export' },
  sealDetain: { zh: '查封扣押', en: 'seal and detain' },
  returnShipment: { zh: '退运', en: 'return shipment' },
  suspendSale: { zh: '暂停销售', en: 'suspension of sale' },
  destroy: { zh: '销毁', en: 'destruction' }
}

/** `withdrawn` ends an order whose ground is gone, such as a lifted warning; the others are those of `regulation/rules.md` §3. */
export const measureStatuses = ['ordered', 'acknowledged', 'executing', 'done', 'failed', 'evaluated', 'withdrawn'] as const
export type MeasureStatus = (typeof measureStatuses)[number]

/** Most goods that one measure names; what is known of them in the trace is looked up and not listed here. */
export const measureGoodsMax = 1_000
export const measureFeedbackMax = 200
export const measureProofMax = 50
export const measureExemptionsMax = 100
const textMax = 4_096

export const MeasureText = Type.String({ minLength: 1, maxLength: textMax })
const Name = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const Who = { atMs: TimeMs, by: Type.String() } as const
export const measureDirections = ['import', 'export', 'both'] as const

/** goods: nobody in particular, the goods wherever they are; every monitoring point is to watch for them. */
export const MeasureAddressee = Type.Union([
  Type.Object({ type: Type.Literal('point'), point: Name }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('company'), gln: Type.String({ pattern: '^\\d{13}$' }) }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('goods') }, { additionalProperties: false })
])
export type MeasureAddressee = Static<typeof MeasureAddressee>

/** An attachment by reference: what was kept, with the hash that makes it evidence. */
export const MeasureProof = Type.Object(
  {
    attachment: Type.String({ minLength: 1, maxLength: 128 }),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    note: Type.Optional(MeasureText)
  },
  { additionalProperties: false }
)
export type MeasureProof = Static<typeof MeasureProof>
export const MeasureProofs = Type.Array(MeasureProof, { maxItems: measureProofMax })

/** Goods by count, as an addressee reports them. */
export const MeasureFigures = Type.Object(
  {
    found: Type.Optional(Type.Integer({ minimum: 0 })),
    held: Type.Optional(Type.Integer({ minimum: 0 })),
    returned: Type.Optional(Type.Integer({ minimum: 0 })),
    destroyed: Type.Optional(Type.Integer({ minimum: 0 }))
  },
  { additionalProperties: false }
)

export const MeasureFeedback = Type.Object({
  ...Who,
  text: MeasureText,
  proof: MeasureProofs,
  figures: Type.Optional(MeasureFigures)
})

export const measureVerdicts = ['effective', 'partlyEffective', 'ineffective'] as const

export const MeasureDeadlines = Type.Object(
  { acknowledgeMs: TimeMs, executeMs: TimeMs, evaluateMs: Type.Optional(TimeMs) },
  { additionalProperties: false }
)

/** A time-out that was passed on: once for each clock, deadline and step of the policy. */
export const EscalationRecord = Type.Object({
  clock: Type.Enum(clockNames),
  step: Type.Integer({ minimum: 0, maximum: 7 }),
  right: Type.String(),
  to: BilingualText,
  dueMs: TimeMs,
  atMs: TimeMs
})
export type EscalationRecord = Static<typeof EscalationRecord>

/** What the order says; it does not change but for deadlines and goods. */
export const MeasureOrder = Type.Object({
  type: Type.Enum(measureTypes),
  warning: Type.Optional(Type.String()),
  recall: Type.Optional(Type.String()),
  level: Type.Enum(warningLevels),
  drill: Type.Boolean(),
  addressee: MeasureAddressee,
  direction: Type.Optional(Type.Enum(measureDirections, { description: 'Of a restriction of trade' })),
  /** Products, lots, items and containers that it is about. */
  goods: Type.Array(TraceKey, { maxItems: measureGoodsMax }),
  /** Whether the goods follow the warning's scope when it grows. */
  followsScope: Type.Boolean(),
  instruction: BilingualText,
  reason: BilingualText,
  deadlines: MeasureDeadlines,
  policyVersion: Type.Integer({ minimum: 1 })
})
export type MeasureOrder = Static<typeof MeasureOrder>

export const MeasureCase = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(measureStatuses),
    ...MeasureOrder.properties,
    orderedAtMs: TimeMs,
    orderedBy: Type.String(),
    acknowledged: Type.Optional(Type.Object({ ...Who, note: Type.Optional(MeasureText) })),
    started: Type.Optional(Type.Object({ ...Who, note: Type.Optional(MeasureText) })),
    feedback: Type.Array(MeasureFeedback, { maxItems: measureFeedbackMax }),
    /** How it ended: done with its proof, or failed with the reason. */
    ended: Type.Optional(
      Type.Object({ ...Who, result: Type.Enum(['done', 'failed']), text: MeasureText, proof: MeasureProofs, late: Type.Boolean() })
    ),
    evaluated: Type.Optional(
      Type.Object({
        ...Who,
        verdict: Type.Enum(measureVerdicts),
        text: MeasureText,
        figures: Type.Optional(MeasureFigures),
        evaluation: Type.Optional(Type.String({ description: 'The evaluation case that it is part of' }))
      })
    ),
    withdrawn: Type.Optional(Type.Object({ ...Who, cause: Type.Enum(['lifted', 'order']), why: Type.String() })),
    exemptions: Type.Array(Type.Object({ ...Who, keys: Type.Array(TraceKey, { maxItems: measureGoodsMax }), why: Type.String() }), {
      maxItems: measureExemptionsMax
    }),
    escalations: Type.Array(EscalationRecord, { maxItems: 64 }),
    updatedAtMs: TimeMs
  },
  { title: 'measure' }
)
export type MeasureCase = Static<typeof MeasureCase>

/** Types whose control orders stand until the measure is withdrawn, whatever came of it. */
export const standingTypes: ReadonlySet<MeasureType> = new Set(['recall', 'restrictTrade', 'sealDetain', 'suspendSale'])

/** Whether the case still needs somebody, or still holds goods. */
export function isOpenMeasure({ status, type }: Pick<MeasureCase, 'status' | 'type'>): boolean {
  return status !== 'withdrawn' && (status !== 'evaluated' || standingTypes.has(type))
}
