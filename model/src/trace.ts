/** The questions asked of the trace and their answers, shared by store, api and web. */
import { Type, type Static } from 'typebox'
import { TimeMs } from './wire.ts'

/** Canonical Digital Link of a GS1 key; another URI is its own key. */
const Key = Type.String({ maxLength: 2_048 })

/** item: SGTIN, GDTI…; lot: LGTIN or GTIN + lot; product: GTIN; logistic: SSCC; asset: GRAI, GIAI; other: any other URI. */
export const nodeKinds = ['item', 'lot', 'product', 'logistic', 'asset', 'place', 'party', 'other'] as const
export type NodeKind = (typeof nodeKinds)[number]

/**
 * contains: parent holds child; becomes: input went into output; instanceOf: item or lot belongs to its lot or product; covers: the
 * shipment, transaction or place asked about names the goods.
 */
export const edgeKinds = ['contains', 'becomes', 'instanceOf', 'covers'] as const
export type EdgeKind = (typeof edgeKinds)[number]

/** depth: hops; breadth: neighbours of one node; nodes: all of them; events: of one key; time: of the question. */
export const cutLimits = ['depth', 'breadth', 'nodes', 'events', 'time'] as const
export type CutLimit = (typeof cutLimits)[number]

/** Here it was cut: by which limit, and how many neighbours were not followed, where that is known. */
export const TraceCut = Type.Object({
  limit: Type.Enum(cutLimits),
  notFollowed: Type.Optional(Type.Integer({ minimum: 1, description: 'Neighbours that were not followed; missing where unknown' }))
})
export type TraceCut = Static<typeof TraceCut>

/** A cut in an answer that lists no nodes. */
export const KeyCut = Type.Object({ key: Type.String(), ...TraceCut.properties })
export type KeyCut = Static<typeof KeyCut>

const DeclaredWrong = Type.Optional(Type.Boolean({ description: 'Made by an event that was declared wrong' }))

export const TraceNode = Type.Object({
  key: Type.String(),
  kind: Type.Enum(nodeKinds),
  /** Hops from the thing asked about. */
  depth: Type.Integer({ minimum: 0 }),
  firstMs: Type.Optional(TimeMs),
  lastMs: Type.Optional(TimeMs),
  place: Type.Optional(Type.String({ description: 'Where it was last known to be' })),
  disposition: Type.Optional(Type.String()),
  cuts: Type.Optional(Type.Array(TraceCut, { description: 'It goes on from here, past these limits' }))
})
export type TraceNode = Static<typeof TraceNode>

export const TraceEdge = Type.Object({
  from: Type.String(),
  to: Type.String(),
  kind: Type.Enum(edgeKinds),
  eventID: Type.String({ description: 'The event that made it' }),
  fromMs: Type.Optional(TimeMs),
  toMs: Type.Optional(TimeMs),
  declaredWrong: DeclaredWrong
})
export type TraceEdge = Static<typeof TraceEdge>

export const TraceAnswer = Type.Object({
  of: Type.String({ description: 'The thing, shipment, transaction or place asked about; the first one of several' }),
  asked: Type.Optional(Type.Array(Type.String(), { description: 'All that was asked about, where that is more' })),
  definition: Type.Literal('timeScoped', { description: 'What happened to an ingredient after its use, and to strangers, is left out' }),
  nodes: Type.Array(TraceNode),
  edges: Type.Array(TraceEdge),
  events: Type.Array(Type.String({ description: 'eventID, oldest first' })),
  declaredWrong: Type.Optional(Type.Array(Type.String(), { description: 'Those of the events that were declared wrong' })),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type TraceAnswer = Static<typeof TraceAnswer>

/** One stay of goods at a place; `toMs` is missing while they are still there. */
export const Stay = Type.Object({
  key: Key,
  kind: Type.Enum(nodeKinds),
  place: Key,
  fromMs: TimeMs,
  toMs: Type.Optional(TimeMs),
  /** The logistic unit or asset it was inside of, if it came that way. */
  within: Type.Optional(Key),
  eventID: Type.String({ description: 'The event that brought it there' }),
  quantity: Type.Optional(Type.Number()),
  uom: Type.Optional(Type.String())
})
export type Stay = Static<typeof Stay>

export const ExposureAnswer = Type.Object({
  place: Key,
  fromMs: TimeMs,
  toMs: TimeMs,
  goods: Type.Array(Stay),
  total: Type.Integer({ minimum: 0, description: 'Stays found, exact also when the list is cut' }),
  cuts: Type.Optional(Type.Array(KeyCut)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type ExposureAnswer = Static<typeof ExposureAnswer>

export const holderStates = ['inStock', 'inTransit', 'sold', 'destroyed', 'unknown'] as const
export type HolderState = (typeof holderStates)[number]

/** A quantity of goods without serial numbers; without a unit it counts pieces. */
export const Quantity = Type.Object({
  quantity: Type.Number(),
  uom: Type.Optional(Type.String({ description: 'UN/ECE Recommendation 20 common code' }))
})
export type Quantity = Static<typeof Quantity>

export const Holding = Type.Object({
  party: Type.Optional(Key),
  place: Type.Optional(Key),
  state: Type.Enum(holderStates),
  /** The goods held, as keys; at most the page limit, `count` is exact. */
  goods: Type.Array(Key),
  count: Type.Integer({ minimum: 0 }),
  /** Of those things with serial numbers, and of the others how much, per unit where told. */
  serials: Type.Optional(Type.Integer({ minimum: 0 })),
  quantities: Type.Optional(Type.Array(Quantity)),
  lastMs: TimeMs
})
export type Holding = Static<typeof Holding>

export const HoldersAnswer = Type.Object({
  of: Type.Array(Type.String()),
  holdings: Type.Array(Holding),
  total: Type.Integer({ minimum: 0 }),
  cuts: Type.Optional(Type.Array(KeyCut)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type HoldersAnswer = Static<typeof HoldersAnswer>

export const stages = ['production', 'inspection', 'logistics', 'sale', 'use', 'maintenance', 'end'] as const
export type Stage = (typeof stages)[number]

/** The readings of one watched quantity during one stay. */
export const LivedThrough = Type.Object({
  series: Type.String(),
  quantity: Type.String(),
  unit: Type.String(),
  min: Type.Number(),
  max: Type.Number(),
  mean: Type.Number(),
  count: Type.Integer({ minimum: 0 })
})
export type LivedThrough = Static<typeof LivedThrough>

export const JourneyStep = Type.Object({
  stage: Type.Enum(stages),
  timeMs: TimeMs,
  timeZoneOffset: Type.String(),
  eventID: Type.String(),
  type: Type.String(),
  bizStep: Type.Optional(Type.String({ description: 'Bare CBV word, e.g. shipping' })),
  disposition: Type.Optional(Type.String()),
  place: Type.Optional(Key),
  party: Type.Optional(Key),
  within: Type.Optional(Key),
  /** Until when the goods stayed at `place`, and what its sensors read meanwhile. */
  untilMs: Type.Optional(TimeMs),
  declaredWrong: DeclaredWrong,
  readings: Type.Array(LivedThrough)
})
export type JourneyStep = Static<typeof JourneyStep>

export const JourneyAnswer = Type.Object({
  of: Type.String(),
  product: Type.Optional(Key),
  steps: Type.Array(JourneyStep),
  /** Stages that the chain has evidence for. */
  stagesSeen: Type.Array(Type.Enum(stages)),
  cuts: Type.Optional(Type.Array(KeyCut)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type JourneyAnswer = Static<typeof JourneyAnswer>
