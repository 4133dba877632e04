/** The questions asked of the trace and their answers, shared by store, api and web. */
import { Type, type Static } from 'typebox'
import { TraceKey } from './registers.ts'
import { TimeMs } from './wire.ts'

/** item: SGTIN, GDTI…; lot: LGTIN or GTIN + lot; product: GTIN; logistic: SSCC; asset: GRAI, GIAI; other: any other URI. */
export const nodeKinds = ['item', 'lot', 'product', 'logistic', 'asset', 'place', 'party', 'other'] as const
export type NodeKind = (typeof nodeKinds)[number]

/** contains: parent holds child; becomes: input went into output; instanceOf: item or lot belongs to its lot or product. */
export const edgeKinds = ['contains', 'becomes', 'instanceOf'] as const
export type EdgeKind = (typeof edgeKinds)[number]

export const TraceNode = Type.Object({
  key: Type.String(),
  kind: Type.Enum(nodeKinds),
  /** Hops from the thing asked about. */
  depth: Type.Integer({ minimum: 0 }),
  firstMs: Type.Optional(TimeMs),
  lastMs: Type.Optional(TimeMs),
  place: Type.Optional(Type.String({ description: 'Where it was last known to be' })),
  disposition: Type.Optional(Type.String())
})
export type TraceNode = Static<typeof TraceNode>

export const TraceEdge = Type.Object({
  from: Type.String(),
  to: Type.String(),
  kind: Type.Enum(edgeKinds),
  eventID: Type.String({ description: 'The event that made it' }),
  fromMs: Type.Optional(TimeMs),
  toMs: Type.Optional(TimeMs)
})
export type TraceEdge = Static<typeof TraceEdge>

export const TraceAnswer = Type.Object({
  of: Type.String(),
  nodes: Type.Array(TraceNode),
  edges: Type.Array(TraceEdge),
  events: Type.Array(Type.String({ description: 'eventID, oldest first' })),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type TraceAnswer = Static<typeof TraceAnswer>

/** One stay of goods at a place; `toMs` is missing while they are still there. */
export const Stay = Type.Object({
  key: TraceKey,
  kind: Type.Enum(nodeKinds),
  place: TraceKey,
  fromMs: TimeMs,
  toMs: Type.Optional(TimeMs),
  /** The logistic unit or asset it was inside of, if it came that way. */
  within: Type.Optional(TraceKey),
  eventID: Type.String({ description: 'The event that brought it there' }),
  quantity: Type.Optional(Type.Number()),
  uom: Type.Optional(Type.String())
})
export type Stay = Static<typeof Stay>

export const ExposureAnswer = Type.Object({
  place: TraceKey,
  fromMs: TimeMs,
  toMs: TimeMs,
  goods: Type.Array(Stay),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type ExposureAnswer = Static<typeof ExposureAnswer>

export const holderStates = ['inStock', 'inTransit', 'sold', 'destroyed', 'unknown'] as const
export type HolderState = (typeof holderStates)[number]

export const Holding = Type.Object({
  party: Type.Optional(TraceKey),
  place: Type.Optional(TraceKey),
  state: Type.Enum(holderStates),
  /** The goods held, as keys; at most the page limit, `count` is exact. */
  goods: Type.Array(TraceKey),
  count: Type.Integer({ minimum: 0 }),
  lastMs: TimeMs
})
export type Holding = Static<typeof Holding>

export const HoldersAnswer = Type.Object({
  of: Type.Array(Type.String()),
  holdings: Type.Array(Holding),
  total: Type.Integer({ minimum: 0 }),
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
  place: Type.Optional(TraceKey),
  party: Type.Optional(TraceKey),
  within: Type.Optional(TraceKey),
  /** Until when the goods stayed at `place`, and what its sensors read meanwhile. */
  untilMs: Type.Optional(TimeMs),
  readings: Type.Array(LivedThrough)
})
export type JourneyStep = Static<typeof JourneyStep>

export const JourneyAnswer = Type.Object({
  of: Type.String(),
  product: Type.Optional(TraceKey),
  steps: Type.Array(JourneyStep),
  /** Stages that the chain has evidence for. */
  stagesSeen: Type.Array(Type.Enum(stages)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type JourneyAnswer = Static<typeof JourneyAnswer>
