/** Requests and answers about messages that could not be taken; beside `http.ts`. */
import { Type, type Static } from 'typebox'
import { page, pageLimitMax, QueryTime } from './http.ts'
import { TimeMs } from './wire.ts'

/** open: nobody has dealt with it. replayed: handed in again, mended or as it was. discarded: let go by somebody. */
export const deadLetterStates = ['open', 'replayed', 'discarded'] as const

export const DeadLetter = Type.Object({
  id: Type.Integer(),
  receivedAtMs: TimeMs,
  topic: Type.String(),
  device: Type.Optional(Type.String({ description: '`point/device`, when the topic says so' })),
  code: Type.String(),
  pointer: Type.String(),
  message: Type.String(),
  payloadBytes: Type.Integer(),
  payloadBase64: Type.String(),
  state: Type.Enum(deadLetterStates),
  closedAtMs: Type.Optional(TimeMs),
  closedBy: Type.Optional(Type.String())
})
export type DeadLetter = Static<typeof DeadLetter>
export const DeadLetterPage = page(DeadLetter)

const code = Type.String({ minLength: 1, maxLength: 64, description: 'Code of the reason' })
const point = Type.String({ minLength: 1, maxLength: 64 })
const device = Type.String({ minLength: 1, maxLength: 129, description: '`point/device`' })
const text = Type.String({ minLength: 1, maxLength: 256, description: 'Part of topic, message or pointer, any case' })

export const DeadLetterQuery = Type.Object({
  state: Type.Optional(Type.Enum([...deadLetterStates, 'any'] as const, { default: 'open' })),
  code: Type.Optional(code),
  point: Type.Optional(point),
  device: Type.Optional(device),
  from: Type.Optional(QueryTime),
  to: Type.Optional(QueryTime),
  text: Type.Optional(text)
})

export const DeadLetterListQuery = Type.Object({
  ...DeadLetterQuery.properties,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimitMax })),
  cursor: Type.Optional(Type.String({ maxLength: 512 }))
})

/** Open letters that have reason and device in common. */
export const DeadLetterGroup = Type.Object({
  code: Type.String(),
  device: Type.Optional(Type.String()),
  count: Type.Integer(),
  payloadBytes: Type.Integer(),
  firstMs: TimeMs,
  lastMs: TimeMs
})
export type DeadLetterGroup = Static<typeof DeadLetterGroup>
export const DeadLetterSummary = Type.Object({
  open: Type.Integer(),
  kept: Type.Integer({ description: 'With those that somebody has dealt with' }),
  groups: Type.Array(DeadLetterGroup)
})
export type DeadLetterSummary = Static<typeof DeadLetterSummary>

/** Longest mended payload as Base64; a wire payload has at most 256 KiB. */
const payloadBase64Max = 360_000

export const ReplayRequest = Type.Object(
  {
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Instead of the one it came with' })),
    payload: Type.Optional(Type.Unknown({ description: 'JSON instead of the bytes it came with' })),
    payloadBase64: Type.Optional(
      Type.String({ maxLength: payloadBase64Max, pattern: '^[A-Za-z0-9+/]*={0,2}$', description: 'Bytes instead of those it came with' })
    )
  },
  { additionalProperties: false }
)
export type ReplayRequest = Static<typeof ReplayRequest>

/** replayed: committed. refused: it still cannot be taken, and stays as it was. gone: not there, or dealt with already. */
export const replayOutcomes = ['replayed', 'refused', 'gone'] as const
export const ReplayAnswer = Type.Object({
  id: Type.Integer(),
  outcome: Type.Enum(replayOutcomes),
  reason: Type.Optional(Type.Object({ code: Type.String(), pointer: Type.String(), message: Type.String() }))
})
export type ReplayAnswer = Static<typeof ReplayAnswer>

export const DeadLetterSelection = Type.Object(
  {
    code: Type.Optional(code),
    point: Type.Optional(point),
    device: Type.Optional(device),
    from: Type.Optional(QueryTime),
    to: Type.Optional(QueryTime),
    text: Type.Optional(text),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimitMax, default: pageLimitMax }))
  },
  { additionalProperties: false }
)
export const ReplayAllAnswer = Type.Object({
  replayed: Type.Integer(),
  refused: Type.Integer(),
  left: Type.Integer({ description: 'Open letters that still fit the selection, the refused among them' }),
  reasons: Type.Array(ReplayAnswer, { description: 'The first refusals' })
})
export type ReplayAllAnswer = Static<typeof ReplayAllAnswer>
export const DiscardAnswer = Type.Object({ discarded: Type.Integer() })
