/**
 * A publication: one edition of a notice with every delivery of it, as a journal. Pure. Part 0 holds the notice, its CAP message and the
 * fixed channels; subscribers come in further parts, so that one case stays small however many there are.
 */
import { Type, type Static } from 'typebox'
import { channelNames } from './policy/channels.ts'
import { PublicNotice } from './notice.ts'
import { TimeMs } from './wire.ts'

export const deliveryStatuses = ['waiting', 'delivered', 'dead'] as const
/** Deliveries of one part. */
export const deliveriesMax = 100

export const Delivery = Type.Object({
  id: Type.String({ maxLength: 128 }),
  channel: Type.Enum(channelNames),
  /** Mail or web address; a subscriber is named by `subscription`. */
  to: Type.Optional(Type.String({ maxLength: 2_048 })),
  subscription: Type.Optional(Type.String()),
  status: Type.Enum(deliveryStatuses),
  attempts: Type.Integer({ minimum: 0 }),
  firstTriedAtMs: Type.Optional(TimeMs),
  nextAtMs: Type.Optional(TimeMs),
  doneAtMs: Type.Optional(TimeMs),
  lastFailure: Type.Optional(Type.String({ maxLength: 512 })),
  /** What the channel said: an address, a topic, an answer of a mail server. */
  receipt: Type.Optional(Type.String({ maxLength: 512 }))
})
export type Delivery = Static<typeof Delivery>

export const CapFile = Type.Object({
  identifier: Type.String(),
  sender: Type.String(),
  sent: Type.String(),
  sha256: Type.String(),
  bytes: Type.Integer()
})
export type CapFile = Static<typeof CapFile>

export const PublicationCase = Type.Object(
  {
    id: Type.String({ description: 'Number and edition; with `~n` a part with subscribers' }),
    of: Type.String({ description: 'Id of part 0' }),
    part: Type.Integer({ minimum: 0 }),
    parts: Type.Integer({ minimum: 1, description: 'Of part 0: how many there are with it' }),
    notice: Type.Optional(PublicNotice),
    cap: Type.Optional(CapFile),
    deliveries: Type.Array(Delivery, { maxItems: deliveriesMax }),
    policyVersion: Type.Integer({ minimum: 1 }),
    madeAtMs: TimeMs
  },
  { title: 'publication' }
)
export type PublicationCase = Static<typeof PublicationCase>

export const MadeStep = Type.Object({
  type: Type.Literal('made'),
  of: Type.String(),
  part: Type.Integer({ minimum: 0 }),
  parts: Type.Integer({ minimum: 1 }),
  notice: Type.Optional(PublicNotice),
  /** The message itself is kept here and never written again. */
  cap: Type.Optional(Type.Object({ ...CapFile.properties, xml: Type.String() })),
  deliveries: Type.Array(Delivery, { maxItems: deliveriesMax }),
  policyVersion: Type.Integer({ minimum: 1 })
})
export type MadeStep = Static<typeof MadeStep>

export const DeliveryOutcome = Type.Object({
  id: Type.String(),
  status: Type.Enum(deliveryStatuses),
  nextAtMs: Type.Optional(TimeMs),
  failure: Type.Optional(Type.String({ maxLength: 512 })),
  receipt: Type.Optional(Type.String({ maxLength: 512 }))
})
export type DeliveryOutcome = Static<typeof DeliveryOutcome>

export const AttemptedStep = Type.Object({
  type: Type.Literal('attempted'),
  outcomes: Type.Array(DeliveryOutcome, { maxItems: deliveriesMax })
})
/** Somebody has them tried again. */
export const ResumedStep = Type.Object({
  type: Type.Literal('resumed'),
  deliveries: Type.Array(Type.String(), { maxItems: deliveriesMax })
})

export const PublicationStep = Type.Union([MadeStep, AttemptedStep, ResumedStep])
export type PublicationStep = Static<typeof PublicationStep>

export interface PublicationContext {
  readonly id: string
  readonly atMs: number
}

export function reducePublication(
  before: PublicationCase | undefined,
  step: PublicationStep,
  { id, atMs }: PublicationContext
): PublicationCase {
  if (step.type === 'made') {
    if (before !== undefined) throw new TypeError(`Cannot make publication ${id}: there is one already, expected none`)
    const { type: _type, cap, ...rest } = step
    const { xml: _xml, ...file } = cap ?? { xml: '' }
    return { id, ...rest, ...('sha256' in file ? { cap: file } : {}), madeAtMs: atMs }
  }
  if (before === undefined) throw new TypeError(`Cannot change publication ${id}: there is none, expected one`)
  switch (step.type) {
    case 'attempted': {
      const outcomes = new Map(step.outcomes.map((outcome) => [outcome.id, outcome]))
      return { ...before, deliveries: before.deliveries.map((one) => afterAttempt(one, outcomes.get(one.id), atMs)) }
    }
    case 'resumed': {
      const ids = new Set(step.deliveries)
      return {
        ...before,
        deliveries: before.deliveries.map((one) => (ids.has(one.id) && one.status === 'dead' ? resumed(one, atMs) : one))
      }
    }
    default:
      return step satisfies never
  }
}

function afterAttempt(one: Delivery, outcome: DeliveryOutcome | undefined, atMs: number): Delivery {
  // What was delivered stays so, whatever a late answer says.
  if (outcome === undefined || one.status === 'delivered') return one
  const { nextAtMs: _nextAtMs, lastFailure: _lastFailure, doneAtMs: _doneAtMs, ...kept } = one
  return {
    ...kept,
    status: outcome.status,
    attempts: one.attempts + 1,
    firstTriedAtMs: one.firstTriedAtMs ?? atMs,
    ...(outcome.nextAtMs === undefined ? {} : { nextAtMs: outcome.nextAtMs }),
    ...(outcome.status === 'waiting' ? {} : { doneAtMs: atMs }),
    ...(outcome.failure === undefined ? {} : { lastFailure: outcome.failure }),
    ...(outcome.receipt === undefined ? {} : { receipt: outcome.receipt })
  }
}

function resumed(one: Delivery, atMs: number): Delivery {
  const { doneAtMs: _doneAtMs, firstTriedAtMs: _firstTriedAtMs, ...kept } = one
  return { ...kept, status: 'waiting', nextAtMs: atMs }
}

/** Whether a delivery still waits; a dead one waits for somebody. */
export function isOpenPublication({ deliveries }: PublicationCase): boolean {
  return deliveries.some(({ status }) => status !== 'delivered')
}
