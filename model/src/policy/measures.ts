/** The policy of measures: which fit which level, how long who has, who is told when time runs out, and what reaches the scanners. */
import { Type, type Static, type TSchema } from 'typebox'
import { controlActions } from '../control-actions.ts'
import { BilingualText } from '../text.ts'

/** The nine of task 11, in the order of the text. */
export const measureTypes = [
  'lowerCredit',
  'traceInvestigation',
  'recall',
  'tightenSupervision',
  'restrictTrade',
  'sealDetain',
  'returnShipment',
  'suspendSale',
  'destroy'
] as const
export type MeasureType = (typeof measureTypes)[number]

/** Clocks of the office of deadlines: of a measure, a warning, a recall and a monitoring point. */
export const clockNames = [
  'measureAcknowledge',
  'measureExecute',
  'measureEvaluate',
  'warningDue',
  'recallPlanDue',
  'recallDue',
  'evaluationDue',
  'pointSilent'
] as const
export type ClockName = (typeof clockNames)[number]

const closed = { additionalProperties: false } as const
const Duration = Type.Integer({ minimum: 1_000, maximum: 366 * 86_400_000, description: 'Milliseconds' })
const perLevel = <const Schema extends TSchema>(schema: Schema) => Type.Object({ I: schema, II: schema, III: schema, IV: schema }, closed)

const Escalation = Type.Object(
  {
    afterMs: Type.Integer({ minimum: 0, maximum: 366 * 86_400_000, description: 'Milliseconds after the deadline' }),
    right: Type.String({ pattern: '^[A-Za-z]{1,32}$', description: 'Who is called: whoever has this right' }),
    to: BilingualText
  },
  closed
)

export const MeasuresPolicy = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    source: Type.String(),
    /** What may be ordered at a level; the set is the same everywhere. */
    allowed: perLevel(Type.Array(Type.Enum(measureTypes), { uniqueItems: true, maxItems: measureTypes.length })),
    /** From the order; evaluation from the report of done or failed. */
    clocks: perLevel(Type.Object({ acknowledgeMs: Duration, executeMs: Duration, evaluateMs: Duration }, closed)),
    /** Types that are done only with a proof on file. */
    proofRequired: Type.Array(Type.Enum(measureTypes), { uniqueItems: true, maxItems: measureTypes.length }),
    escalations: Type.Array(
      Type.Object(
        {
          clock: Type.Enum(clockNames),
          steps: Type.Array(Escalation, { minItems: 1, maxItems: 8, description: 'Ascending by `afterMs`' })
        },
        closed
      ),
      { maxItems: clockNames.length }
    ),
    control: Type.Object(
      {
        /** Which measures become control orders, of what action, and to whom: the points of the addressee, or all. */
        rules: Type.Array(
          Type.Object(
            {
              measure: Type.Enum(measureTypes),
              direction: Type.Optional(Type.Enum(['import', 'export'])),
              action: Type.Enum(controlActions),
              reach: Type.Enum(['addressee', 'all'])
            },
            closed
          ),
          { maxItems: 32 }
        ),
        /** How often the goods behind an order are looked up again. */
        refreshMs: Duration,
        /** How long a lifted order stays in the list as a release, so that people at the point see it. */
        releaseShownMs: Duration,
        /** How long a point may take to say that it applied a revision. */
        applyMs: Duration
      },
      closed
    )
  },
  closed
)
export type MeasuresPolicy = Static<typeof MeasuresPolicy>

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const duty = { zh: '值班负责人', en: 'duty officer' }
const head = { zh: '主管部门负责人', en: 'head of the competent department' }
const top = { zh: '国务院授权的发布机关', en: 'authority authorised by the State Council' }
const steps = (first: number, second: number, third: number) => [
  { afterMs: 0, right: 'order', to: duty },
  { afterMs: first, right: 'order', to: duty },
  { afterMs: second, right: 'approve', to: head },
  { afterMs: third, right: 'publishLevelI', to: top }
]

export const measuresDefaults: MeasuresPolicy = {
  id: 'tracegate-measures',
  version: 1,
  source: '[ours] Guofa [2017] No. 43, task 11 names nine measures that fit the level and leaves the sets and time limits to the authority',
  allowed: {
    I: [...measureTypes],
    II: [...measureTypes],
    III: ['lowerCredit', 'traceInvestigation', 'recall', 'tightenSupervision', 'restrictTrade', 'returnShipment', 'suspendSale'],
    IV: ['traceInvestigation', 'tightenSupervision', 'recall']
  },
  clocks: {
    I: { acknowledgeMs: 30 * minute, executeMs: 12 * hour, evaluateMs: 3 * day },
    II: { acknowledgeMs: 2 * hour, executeMs: day, evaluateMs: 7 * day },
    III: { acknowledgeMs: 8 * hour, executeMs: 3 * day, evaluateMs: 14 * day },
    IV: { acknowledgeMs: day, executeMs: 7 * day, evaluateMs: 30 * day }
  },
  proofRequired: [...measureTypes],
  escalations: [
    { clock: 'measureAcknowledge', steps: steps(30 * minute, 2 * hour, day) },
    { clock: 'measureExecute', steps: steps(2 * hour, 12 * hour, 2 * day) },
    { clock: 'measureEvaluate', steps: steps(day, 3 * day, 7 * day) },
    { clock: 'warningDue', steps: steps(30 * minute, 2 * hour, 12 * hour) },
    { clock: 'recallPlanDue', steps: steps(4 * hour, day, 3 * day) },
    { clock: 'recallDue', steps: steps(day, 3 * day, 7 * day) },
    { clock: 'evaluationDue', steps: steps(day, 3 * day, 7 * day) },
    { clock: 'pointSilent', steps: steps(10 * minute, hour, day) }
  ],
  control: {
    rules: [
      { measure: 'sealDetain', action: 'hold', reach: 'addressee' },
      { measure: 'suspendSale', action: 'refuseSale', reach: 'all' },
      { measure: 'recall', action: 'recall', reach: 'all' },
      { measure: 'restrictTrade', direction: 'import', action: 'refuseImport', reach: 'all' },
      { measure: 'restrictTrade', direction: 'export', action: 'refuseExport', reach: 'all' }
    ],
    refreshMs: 30_000,
    releaseShownMs: 7 * day,
    applyMs: 2 * minute
  }
}
