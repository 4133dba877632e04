/** Requests and answers about measures, control orders and tasks; beside `http.ts`. */
import { Type, type Static } from 'typebox'
import {
  MeasureAddressee,
  MeasureCase,
  measureDirections,
  MeasureFigures,
  measureGoodsMax,
  MeasureProofs,
  measureStatuses,
  MeasureText,
  measureTypes,
  measureVerdicts
} from './measure.ts'
import { ControlCase } from './control-case.ts'
import { ControlList } from './control.ts'
import { TraceKey } from './registers.ts'
import { taskKinds } from './task.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

const strict = { additionalProperties: false } as const
export const measureAddresseesMax = 200

const why = Type.String({ minLength: 1, maxLength: 1_024, description: 'Why; kept in the journal' })
const expectedLength = Type.Optional(
  Type.Integer({ minimum: 0, description: 'Length of the journal that was seen; 409 CASE_CHANGED for another one' })
)
const Keys = Type.Array(TraceKey, { minItems: 1, maxItems: measureGoodsMax })

export const MeasureRequest = Type.Object(
  {
    type: Type.Enum(measureTypes),
    warning: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'A published warning; it or `recall` must be given' })),
    recall: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    addressees: Type.Array(MeasureAddressee, { minItems: 1, maxItems: measureAddresseesMax, description: 'One measure each' }),
    direction: Type.Optional(Type.Enum(measureDirections, { description: 'Of restrictTrade; both when left out' })),
    goods: Type.Optional({ ...Keys, description: 'Left out: the lots of the warning or recall, else its products; they follow its scope' }),
    instruction: BilingualText,
    deadlines: Type.Optional(
      Type.Object({ acknowledgeMs: TimeMs, executeMs: TimeMs }, { ...strict, description: 'Left out: by the policy for the level' })
    ),
    why
  },
  strict
)
export type MeasureRequest = Static<typeof MeasureRequest>

const steps = { why: Type.Optional(why), expectedLength } as const

/** What may be done to a measure, told apart by `type`. */
export const MeasureAction = Type.Union([
  Type.Object({ type: Type.Literal('acknowledge'), note: Type.Optional(MeasureText), ...steps }, strict),
  Type.Object({ type: Type.Literal('start'), note: Type.Optional(MeasureText), ...steps }, strict),
  Type.Object(
    {
      type: Type.Literal('feedBack'),
      text: MeasureText,
      proof: Type.Optional(MeasureProofs),
      figures: Type.Optional(MeasureFigures),
      ...steps
    },
    strict
  ),
  Type.Object({ type: Type.Literal('done'), text: MeasureText, proof: Type.Optional(MeasureProofs), ...steps }, strict),
  Type.Object({ type: Type.Literal('failed'), text: MeasureText, proof: Type.Optional(MeasureProofs), ...steps }, strict)
])
export type MeasureAction = Static<typeof MeasureAction>

export const MeasureDecision = Type.Union([
  Type.Object(
    {
      type: Type.Literal('evaluate'),
      verdict: Type.Enum(measureVerdicts),
      text: MeasureText,
      figures: Type.Optional(MeasureFigures),
      evaluation: Type.Optional(Type.String({ maxLength: 64 })),
      ...steps
    },
    strict
  ),
  Type.Object({ type: Type.Literal('withdraw'), why, expectedLength }, strict),
  Type.Object(
    { type: Type.Literal('extend'), deadlines: Type.Object({ acknowledgeMs: TimeMs, executeMs: TimeMs }, strict), why, expectedLength },
    strict
  ),
  Type.Object(
    {
      type: Type.Literal('exempt'),
      keys: { ...Keys, description: 'Goods that its control orders let pass from now on' },
      why,
      expectedLength
    },
    strict
  )
])
export type MeasureDecision = Static<typeof MeasureDecision>

export const MeasureAnswer = Type.Object(
  { ...MeasureCase.properties, length: Type.Integer({ minimum: 1 }) },
  { title: 'measure with its length' }
)
export const MeasuresOrdered = Type.Object({ items: Type.Array(MeasureAnswer) })

export const MeasureStepSigned = Type.Object({
  index: Type.Integer(),
  atMs: TimeMs,
  by: Type.String(),
  action: Type.String(),
  why: Type.String(),
  data: Type.Unknown(),
  hash: Type.String()
})
export const MeasureDetail = Type.Object({ ...MeasureAnswer.properties, journal: Type.Array(MeasureStepSigned) })

export const MeasureQuery = Type.Object({
  state: Type.Optional(Type.Enum(['open', 'closed'])),
  status: Type.Optional(Type.Enum(measureStatuses)),
  type: Type.Optional(Type.Enum(measureTypes)),
  warning: Type.Optional(Type.String({ maxLength: 64 })),
  recall: Type.Optional(Type.String({ maxLength: 64 })),
  point: Type.Optional(Type.String({ maxLength: 64, description: 'Addressed to this point' })),
  company: Type.Optional(Type.String({ pattern: '^\\d{13}$', description: 'Addressed to this GLN' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 }))
})
export const MeasurePage = Type.Object({ items: Type.Array(MeasureCase), next: Type.Optional(Type.String()) })

/** How many stand where, by type and status, and how many of them are late. */
export const MeasureBoard = Type.Object({
  items: Type.Array(
    Type.Object({
      type: Type.Enum(measureTypes),
      name: BilingualText,
      counts: Type.Array(Type.Object({ status: Type.Enum(measureStatuses), count: Type.Integer({ minimum: 0 }) })),
      overdue: Type.Integer({ minimum: 0 })
    })
  ),
  truncated: Type.Boolean()
})

/** The control orders of a point without their goods, and who has applied them. */
export const ControlSummary = Type.Object({
  point: Type.String(),
  revision: Type.Integer(),
  issuedAtMs: TimeMs,
  parts: Type.Integer(),
  leftOut: Type.Integer(),
  orders: Type.Array(
    Type.Object({ ...ControlCase.properties.orders.items.properties.head.properties, keys: Type.Integer({ minimum: 0 }) })
  ),
  applied: ControlCase.properties.applied,
  isApplied: Type.Boolean(),
  dueMs: Type.Optional(TimeMs),
  escalations: ControlCase.properties.escalations
})
export type ControlSummary = Static<typeof ControlSummary>
export const ControlSummaries = Type.Object({ items: Type.Array(ControlSummary) })
/** As `controlKeys` of an agent's configuration wants them. */
export const ControlKeys = Type.Object({
  items: Type.Array(
    Type.Object({ id: Type.String(), publicKey: Type.String({ description: 'Ed25519, base64url' }), retired: Type.Boolean() })
  )
})
export const ControlLists = Type.Object({ lists: Type.Array(ControlList) })

export const TaskQuery = Type.Object({
  right: Type.Optional(Type.String({ pattern: '^[A-Za-z]{1,32}$' })),
  kind: Type.Optional(Type.Enum(taskKinds)),
  point: Type.Optional(Type.String({ maxLength: 64 })),
  overdue: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 }))
})
