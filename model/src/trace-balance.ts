/** The balance of a lot, product, transformation or shipment: what went in against what came out. Schemas only. */
import { Type, type Static } from 'typebox'
import { KeyCut, nodeKinds } from './trace.ts'
import { TimeMs } from './wire.ts'

/** gain: more came out than went in; notComparable: one side does not tell it in that unit. */
export const balanceVerdicts = ['balanced', 'loss', 'gain', 'notComparable'] as const
export type BalanceVerdict = (typeof balanceVerdicts)[number]

export const notComparedReasons = ['quantityUnknown', 'unitUnknown', 'noCounterpart'] as const

const Key = Type.String()
const Unit = Type.String({ description: 'UN/ECE Recommendation 20: KGM, LTR, MTR, MTK, C62 (pieces), or a unit that cannot be converted' })

export const BalanceSum = Type.Object({
  unit: Unit,
  product: Type.Optional(Type.String({ description: 'Pieces are compared within one product only' })),
  input: Type.Number(),
  output: Type.Number(),
  rest: Type.Number({ description: 'Input less output: the unexplained rest' }),
  restShare: Type.Optional(Type.Number({ description: 'Of the input' })),
  verdict: Type.Enum(balanceVerdicts)
})
export type BalanceSum = Static<typeof BalanceSum>

export const BalanceItem = Type.Object({
  key: Key,
  quantity: Type.Optional(Type.Number({ description: 'Missing where it was not told; 1 for a thing with a serial number' })),
  uom: Type.Optional(Type.String({ description: 'As the event spells it' })),
  serial: Type.Optional(Type.Boolean())
})
export type BalanceItem = Static<typeof BalanceItem>

export const NotCompared = Type.Object({
  key: Key,
  side: Type.Enum(['input', 'output'] as const),
  reason: Type.Enum(notComparedReasons),
  uom: Type.Optional(Type.String())
})
export type NotCompared = Static<typeof NotCompared>

/** A transformation, or a shipment with what was sent as input and what was received as output. */
export const BalanceStep = Type.Object({
  kind: Type.Enum(['transformation', 'shipment'] as const),
  id: Type.String({ description: 'transformationID or business transaction, else the eventID' }),
  events: Type.Array(Type.String()),
  timeMs: TimeMs,
  place: Type.Optional(Key),
  inputs: Type.Array(BalanceItem, { description: 'The first ones; the sums are exact' }),
  outputs: Type.Array(BalanceItem, { description: 'The first ones; the sums are exact' }),
  inputsFound: Type.Integer({ minimum: 0 }),
  outputsFound: Type.Integer({ minimum: 0 }),
  sums: Type.Array(BalanceSum),
  notCompared: Type.Array(NotCompared, { description: 'What is told without a quantity, or in a unit that the other side does not use' })
})
export type BalanceStep = Static<typeof BalanceStep>

/** Goods without serial numbers, from where they came to where they are; everything in one unit. */
export const BalanceAccount = Type.Object({
  unit: Unit,
  made: Type.Number({ description: 'Commissioned or made by transformations' }),
  cameIn: Type.Number({ description: 'Turned up without an event that says from where' }),
  shipped: Type.Number(),
  received: Type.Number(),
  consumed: Type.Number({ description: 'Went into transformations' }),
  sold: Type.Number(),
  destroyed: Type.Number(),
  present: Type.Number({ description: 'Lies where events say it is' }),
  underWay: Type.Number({ description: 'Sent and not received' }),
  foundLess: Type.Number({ description: 'Missing in stock counts' }),
  foundMore: Type.Number({ description: 'Too much in stock counts' }),
  unexplained: Type.Number({ description: 'Made (or, where nothing was made here, came in) less all that is accounted for' }),
  verdict: Type.Enum(balanceVerdicts)
})
export type BalanceAccount = Static<typeof BalanceAccount>

/** Things with serial numbers by what became of them; each is in one state. */
export const SerialAccount = Type.Object({
  total: Type.Integer({ minimum: 0 }),
  made: Type.Integer({ minimum: 0, description: 'Of these, with an event that made them' }),
  inStock: Type.Integer({ minimum: 0 }),
  inTransit: Type.Integer({ minimum: 0 }),
  sold: Type.Integer({ minimum: 0 }),
  consumed: Type.Integer({ minimum: 0 }),
  destroyed: Type.Integer({ minimum: 0 }),
  unexplained: Type.Integer({ minimum: 0, description: 'Nobody tells where they are' })
})
export type SerialAccount = Static<typeof SerialAccount>

export const BalanceAnswer = Type.Object({
  of: Type.String(),
  kind: Type.Enum(nodeKinds),
  toleranceShare: Type.Number(),
  accounts: Type.Array(BalanceAccount),
  serials: Type.Optional(SerialAccount),
  /** Events of the lot that told no quantity: its accounts stand without them. */
  quantityUnknown: Type.Array(Type.String({ description: 'eventID' })),
  /** Transformations it came from (the whole chain back) and went into, and the shipment asked about; oldest first. */
  steps: Type.Array(BalanceStep),
  /** First inputs of the chain back against its last outputs; what was made on the way and not used in it counts as output. */
  chain: Type.Array(BalanceSum),
  cuts: Type.Optional(Type.Array(KeyCut)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type BalanceAnswer = Static<typeof BalanceAnswer>
