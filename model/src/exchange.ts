/** One message of the exchange with all that became of it, as a journal: what came in, what went out, receipts, feedback and replays. Pure. */
import { Type, type Static } from 'typebox'
import { FeedbackBody, ReceiptBody } from './exchange-messages.ts'
import { TimeMs } from './wire.ts'

/**
 * accepted, rejected: of a message that came in. waiting, sent, acknowledged, applied, refused, dead: of one that goes out; `sent` waits for
 * the receipt of the partner.
 */
export const exchangeStatuses = ['accepted', 'rejected', 'waiting', 'sent', 'acknowledged', 'applied', 'refused', 'dead'] as const
export type ExchangeStatus = (typeof exchangeStatuses)[number]

const Finding = Type.Object({ code: Type.String(), pointer: Type.String(), message: Type.String() })
const listMax = 200

export const ExchangeMessage = Type.Object(
  {
    id: Type.String(),
    direction: Type.Union([Type.Literal('in'), Type.Literal('out')]),
    partner: Type.String(),
    type: Type.Union([Type.Literal('declaration'), Type.Literal('instruction')]),
    schemaVersion: Type.String(),
    messageId: Type.String(),
    sha256: Type.String({ description: 'Of the content as JSON' }),
    /** As it came, or as it goes out. */
    content: Type.Unknown(),
    status: Type.Enum(exchangeStatuses),
    atMs: TimeMs,
    updatedAtMs: TimeMs,
    attempts: Type.Integer({ minimum: 0 }),
    firstTriedAtMs: Type.Optional(TimeMs),
    nextAtMs: Type.Optional(TimeMs),
    sentAtMs: Type.Optional(TimeMs),
    lastFailure: Type.Optional(Type.String({ maxLength: 512 })),
    findings: Type.Optional(Type.Array(Finding, { maxItems: 100 })),
    consignment: Type.Optional(Type.String()),
    publication: Type.Optional(Type.String()),
    receipts: Type.Array(Type.Object({ ...ReceiptBody.properties, receivedAtMs: TimeMs }), { maxItems: listMax }),
    feedback: Type.Array(Type.Object({ ...FeedbackBody.properties, receivedAtMs: TimeMs }), { maxItems: listMax }),
    repeats: Type.Integer({ minimum: 0, description: 'How often the same message came again' }),
    replays: Type.Integer({ minimum: 0 })
  },
  { title: 'exchange' }
)
export type ExchangeMessage = Static<typeof ExchangeMessage>

const Judged = {
  status: Type.Union([Type.Literal('accepted'), Type.Literal('rejected')]),
  findings: Type.Optional(Type.Array(Finding, { maxItems: 100 })),
  consignment: Type.Optional(Type.String())
} as const
const { partner, schemaVersion, messageId, sha256, content } = ExchangeMessage.properties
const head = { partner, schemaVersion, messageId, sha256, content } as const

export const ExchangeStep = Type.Union([
  Type.Object({ type: Type.Literal('received'), ...head, ...Judged }),
  Type.Object({ type: Type.Literal('repeated') }),
  Type.Object({ type: Type.Literal('judgedAgain'), ...Judged }),
  Type.Object({ type: Type.Literal('queued'), ...head, publication: Type.String() }),
  Type.Object({
    type: Type.Literal('attempted'),
    status: Type.Union([Type.Literal('waiting'), Type.Literal('sent'), Type.Literal('dead')]),
    nextAtMs: Type.Optional(TimeMs),
    failure: Type.Optional(Type.String({ maxLength: 512 }))
  }),
  Type.Object({ type: Type.Literal('receipt'), receipt: ReceiptBody }),
  Type.Object({ type: Type.Literal('feedback'), feedback: FeedbackBody }),
  /** Somebody has it sent again. */
  Type.Object({ type: Type.Literal('replayed') })
])
export type ExchangeStep = Static<typeof ExchangeStep>

export interface ExchangeContext {
  readonly id: string
  readonly atMs: number
}

const byReceipt = { received: 'acknowledged', applied: 'applied', refused: 'refused' } as const

export function reduceExchange(before: ExchangeMessage | undefined, step: ExchangeStep, { id, atMs }: ExchangeContext): ExchangeMessage {
  if (step.type === 'received' || step.type === 'queued') {
    if (before !== undefined) throw new TypeError(`Cannot take message ${id}: there is one already, expected none`)
    const { type, ...rest } = step
    const common = { id, ...rest, atMs, updatedAtMs: atMs, attempts: 0, receipts: [], feedback: [], repeats: 0, replays: 0 }
    if (type === 'received') return { ...common, direction: 'in', type: 'declaration', status: step.status }
    return { ...common, direction: 'out', type: 'instruction', status: 'waiting', publication: step.publication }
  }
  if (before === undefined) throw new TypeError(`Cannot change message ${id}: there is none, expected one`)
  return { ...after(before, step, atMs), updatedAtMs: atMs }
}

function after(before: ExchangeMessage, step: Exclude<ExchangeStep, { type: 'received' | 'queued' }>, atMs: number): ExchangeMessage {
  switch (step.type) {
    case 'repeated':
      return { ...before, repeats: before.repeats + 1 }
    case 'judgedAgain': {
      const { findings: _findings, consignment: _consignment, ...rest } = before
      const { type: _type, ...judged } = step
      return { ...rest, ...judged, replays: before.replays + 1 }
    }
    case 'attempted': {
      const { nextAtMs: _nextAtMs, lastFailure: _lastFailure, ...rest } = before
      // A receipt may come before the answer to the POST: it tells more.
      const status = before.status === 'waiting' ? step.status : before.status
      return {
        ...rest,
        status,
        attempts: before.attempts + 1,
        firstTriedAtMs: before.firstTriedAtMs ?? atMs,
        ...(step.nextAtMs === undefined ? {} : { nextAtMs: step.nextAtMs }),
        ...(step.failure === undefined ? {} : { lastFailure: step.failure }),
        ...(step.status === 'sent' ? { sentAtMs: atMs } : {})
      }
    }
    case 'receipt': {
      const receipts = [...before.receipts, { ...step.receipt, receivedAtMs: atMs }].slice(-listMax)
      // What is applied is not merely received again because a receipt comes late.
      const status = before.status === 'applied' && step.receipt.status === 'received' ? 'applied' : byReceipt[step.receipt.status]
      return { ...before, status, receipts }
    }
    case 'feedback':
      return { ...before, feedback: [...before.feedback, { ...step.feedback, receivedAtMs: atMs }].slice(-listMax) }
    case 'replayed': {
      const { nextAtMs: _nextAtMs, firstTriedAtMs: _firstTriedAtMs, ...rest } = before
      return { ...rest, status: 'waiting', replays: before.replays + 1 }
    }
    default:
      return step satisfies never
  }
}

/** Whether somebody or something still has to act. */
export function isOpenExchange({ status }: Pick<ExchangeMessage, 'status'>): boolean {
  return status !== 'accepted' && status !== 'applied'
}
