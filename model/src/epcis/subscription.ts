/** Named queries and subscriptions as they go over HTTP (EPCIS 2.0 REST binding, `/queries`), and their operation beyond the standard. */
import { Type, type Static } from 'typebox'
import { page } from '../http.ts'
import { scheduleFields } from './query-schedule.ts'

export const queryNameLengthMax = 256
const Parameters = Type.Record(Type.String(), Type.Unknown())
const Time = Type.String({ format: 'date-time' })

export const NamedQuery = Type.Object({
  name: Type.String({ minLength: 1, maxLength: queryNameLengthMax }),
  query: Parameters
})
export type NamedQuery = Static<typeof NamedQuery>

export const Schedule = Type.Object(
  Object.fromEntries(
    scheduleFields.map((field) => [
      field,
      Type.Optional(Type.String({ description: 'Numbers and ranges in brackets separated by commas, e.g. "0,[10-20]"' }))
    ])
  ),
  { additionalProperties: false, description: 'UTC. What is finer than the finest field given has its lowest value' }
)

/** What a client may send; exactly one of `stream` and `schedule`. */
export const SubscriptionRequest = Type.Object(
  {
    dest: Type.String({ description: 'http or https address that the EPCISQueryDocument is POSTed to' }),
    signatureToken: Type.Optional(Type.String({ description: 'Secret that GS1-Signature is made with; never given back' })),
    stream: Type.Optional(Type.Boolean()),
    schedule: Type.Optional(Schedule),
    reportIfEmpty: Type.Optional(Type.Boolean({ default: false })),
    initialRecordTime: Type.Optional(Time)
  },
  { additionalProperties: false }
)

export const Subscription = Type.Object({
  subscriptionID: Type.String(),
  queryName: Type.String(),
  createdAt: Time,
  dest: Type.String(),
  stream: Type.Optional(Type.Literal(true)),
  schedule: Type.Optional(Schedule),
  reportIfEmpty: Type.Boolean(),
  initialRecordTime: Time,
  minRecordTime: Type.Optional(Type.String({ format: 'date-time', description: 'Everything recorded before was delivered' })),
  lastNotifiedAt: Type.Optional(Type.String({ format: 'date-time', description: 'When the receiver last answered with success' }))
})
export type Subscription = Static<typeof Subscription>

/** active: waits for events or delivers them; stopped: the receiver failed too long or is gone, its events wait in the store. */
export const subscriptionStates = ['active', 'retrying', 'stopped'] as const
export const SubscriptionStatus = Type.Object({
  ...Subscription.properties,
  state: Type.Enum(subscriptionStates),
  attempts: Type.Integer({ description: 'Failed attempts at the delivery under way' }),
  failingSince: Type.Optional(Time),
  nextAttemptAt: Type.Optional(Time),
  lastFailure: Type.Optional(Type.String()),
  delivered: Type.Integer({ description: 'Events delivered since the subscription was made' }),
  deadLetters: Type.Integer()
})
export type SubscriptionStatus = Static<typeof SubscriptionStatus>
export const SubscriptionStatusPage = page(SubscriptionStatus)

/** stopped: nothing more goes to this receiver until it is resumed; event: one event was left out, the rest went on. */
export const deadDeliveryKinds = ['stopped', 'event'] as const
export const DeadDelivery = Type.Object({
  id: Type.String({ description: 'The same as the Idempotency-Key of the delivery' }),
  kind: Type.Enum(deadDeliveryKinds),
  subscriptionID: Type.String(),
  queryName: Type.String(),
  eventIDs: Type.Array(Type.String()),
  code: Type.String(),
  message: Type.String(),
  attempts: Type.Integer(),
  firstAttemptAt: Time,
  diedAt: Time
})
export type DeadDelivery = Static<typeof DeadDelivery>
export const DeadDeliveryPage = page(DeadDelivery)

export const resumeOutcomes = ['resumed', 'delivered', 'refused'] as const
export const ResumeAnswer = Type.Object({
  id: Type.String(),
  outcome: Type.Enum(resumeOutcomes, {
    description: 'resumed: the subscription goes on where it stopped; delivered: the event was taken; refused: it stays, see message'
  }),
  message: Type.Optional(Type.String())
})
export type ResumeAnswer = Static<typeof ResumeAnswer>
