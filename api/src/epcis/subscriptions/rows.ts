/** What is kept of subscriptions: the rows of the registers `subscriptions` and `deliveries`. Types and their validators only. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { Schedule } from '@tracegate/model/epcis/subscription'

const Ms = Type.Integer({ minimum: 0 })
const Count = Type.Integer({ minimum: 0 })

/** A batch that was put together and not yet taken; written before the first attempt, so that a repeat bears the same id. */
export const Pending = Type.Object({
  /** Stable over every attempt, restarts included. */
  id: Type.String(),
  after: Type.Optional(Type.String()),
  next: Type.Optional(Type.String()),
  /** 0: a report that there is nothing. */
  count: Count,
  madeAtMs: Ms,
  /** Record times of the first and the last event. */
  firstRecordMs: Type.Optional(Ms),
  lastRecordMs: Type.Optional(Ms)
})
export type Pending = Static<typeof Pending>

export const Progress = Type.Object({
  /** Place in the feed behind the last event that was taken; none before the first look. */
  cursor: Type.Optional(Type.String()),
  minRecordMs: Ms,
  /** Where to begin again when the place was lost. */
  fromRecordMs: Type.Optional(Ms),
  lastNotifiedAtMs: Type.Optional(Ms),
  /** Up to when a schedule was served. */
  servedMs: Type.Optional(Ms),
  /** Events of a batch, learnt from what the receiver calls too large. */
  batchMax: Type.Integer({ minimum: 1 }),
  delivered: Count,
  attempts: Count,
  failingSinceMs: Type.Optional(Ms),
  retryAtMs: Type.Optional(Ms),
  lastFailure: Type.Optional(Type.String()),
  pending: Type.Optional(Pending),
  stopped: Type.Optional(Type.Object({ atMs: Ms, code: Type.String(), message: Type.String() }))
})
export type Progress = Static<typeof Progress>

export const SubscriptionRow = Type.Object({
  id: Type.String(),
  queryName: Type.String(),
  dest: Type.String(),
  signatureToken: Type.Optional(Type.String()),
  /** Without it the subscription is a stream. */
  schedule: Type.Optional(Schedule),
  reportIfEmpty: Type.Boolean(),
  epcFormat: Type.String(),
  extensions: Type.String(),
  createdAtMs: Ms,
  createdBy: Type.String(),
  initialRecordMs: Ms,
  progress: Progress
})
export type SubscriptionRow = Static<typeof SubscriptionRow>
export const subscriptionRows = compileValidator(SubscriptionRow)

export const DeadRow = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['stopped', 'event'] as const),
  subscriptionID: Type.String(),
  queryName: Type.String(),
  /** Where the event stands in the feed; for `event` only. */
  after: Type.Optional(Type.String()),
  eventIDs: Type.Array(Type.String()),
  code: Type.String(),
  message: Type.String(),
  attempts: Count,
  firstAttemptAtMs: Ms,
  diedAtMs: Ms
})
export type DeadRow = Static<typeof DeadRow>
export const deadRows = compileValidator(DeadRow)
