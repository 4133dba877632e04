/** The recall scope: where what came of suspect goods is now, per holder. Shared by store, api and web; schemas only. */
import { Type, type Static } from 'typebox'
import { BilingualText } from './text.ts'
import { holderStates, KeyCut, Quantity } from './trace.ts'
import { TimeMs } from './wire.ts'

/** consumed: went into something else, which is in the scope by itself. */
export const scopeStates = [...holderStates, 'consumed'] as const
export type ScopeState = (typeof scopeStates)[number]

const Key = Type.String()
const Count = Type.Integer({ minimum: 0 })

export const ScopeHolder = Type.Object({
  state: Type.Enum(scopeStates),
  party: Type.Optional(Key),
  partyName: Type.Optional(BilingualText),
  contact: Type.Optional(
    Type.Object({
      contact: Type.Optional(Type.String()),
      phone: Type.Optional(Type.String()),
      email: Type.Optional(Type.String()),
      address: Type.Optional(Type.String())
    })
  ),
  place: Type.Optional(Key),
  placeName: Type.Optional(BilingualText),
  /** Of goods under way: where to, and the shipments and transactions under which they are expected. */
  to: Type.Optional(Type.Object({ party: Type.Optional(Key), place: Type.Optional(Key), placeName: Type.Optional(BilingualText) })),
  shipments: Type.Optional(Type.Array(Type.String(), { description: 'Despatch advice, bill of lading, GSIN, GINC or outermost unit' })),
  goods: Type.Array(Key, { description: 'The first ones in order of their keys; `count` is exact' }),
  count: Count,
  serials: Type.Integer({ minimum: 0, description: 'Of these, things with serial numbers' }),
  quantities: Type.Array(Quantity, { description: 'Of the others, how much, by unit' }),
  quantityUnknown: Type.Optional(Type.Boolean({ description: 'Some of it was told without a quantity' })),
  /** Since when they have been in that state: the first and the last of them. */
  sinceMs: TimeMs,
  untilMs: TimeMs,
  /** The last event that told of any of them. */
  lastMs: TimeMs
})
export type ScopeHolder = Static<typeof ScopeHolder>

export const ScopeTotal = Type.Object({
  state: Type.Enum(scopeStates),
  count: Count,
  serials: Count,
  quantities: Type.Array(Quantity)
})
export type ScopeTotal = Static<typeof ScopeTotal>

const scopePart = {
  holders: Type.Array(ScopeHolder, { description: 'Most goods first' }),
  holdersFound: Type.Integer({ minimum: 0, description: 'Exact, also when the list is cut' }),
  totals: Type.Array(ScopeTotal, { description: 'Exact sums by state, of all holders' }),
  products: Type.Array(Key),
  lots: Type.Array(Key)
}

export const ScopeAnswer = Type.Object({
  asked: Type.Array(Type.String()),
  ...scopePart,
  /** Other goods made of the same inputs, when asked for. */
  siblings: Type.Optional(
    Type.Object({
      inputs: Type.Array(Key, { description: 'What both were made of, the first ones' }),
      inputsFound: Count,
      ...scopePart
    })
  ),
  nodesFound: Type.Integer({ minimum: 0, description: 'Things looked at' }),
  eventsFound: Type.Integer({ minimum: 0, description: 'Events that it stands on' }),
  declaredWrong: Type.Optional(Type.Integer({ minimum: 0, description: 'Of these, events that were declared wrong' })),
  cuts: Type.Optional(Type.Array(KeyCut)),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type ScopeAnswer = Static<typeof ScopeAnswer>
