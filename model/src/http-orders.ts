/** Requests and answers about orders to devices and about what is missing of them; beside `http.ts`. */
import { Type, type Static } from 'typebox'
import { commandNames, commandStatuses } from './command.ts'
import { QueryTime } from './http.ts'
import { TimeMs } from './wire.ts'

export const GapQuery = Type.Object({
  from: Type.Optional(QueryTime),
  to: Type.Optional(QueryTime),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 }))
})

/** Longest time that an order may take, from request to deadline. */
export const orderWaitMaxMs = 60_000

export const OrderRequest = Type.Object(
  {
    name: Type.Enum(commandNames),
    args: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'As the schema `command` of the contract says' })),
    waitMs: Type.Optional(
      Type.Integer({ minimum: 100, maximum: orderWaitMaxMs, default: 10_000, description: 'Time until the deadline of the order' })
    )
  },
  { additionalProperties: false }
)
export type OrderRequest = Static<typeof OrderRequest>

export const OrderAnswer = Type.Object({
  id: Type.String(),
  status: Type.Union([Type.Enum(commandStatuses), Type.Literal('silent')], { description: 'silent: nothing came until the deadline' }),
  message: Type.Optional(Type.String()),
  issuedAtMs: TimeMs,
  answeredAtMs: Type.Optional(TimeMs)
})
export type OrderAnswer = Static<typeof OrderAnswer>
