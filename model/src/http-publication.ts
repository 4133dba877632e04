/** Requests and answers of publication: receipts, enquiry and subscriptions. */
import { Type, type Static } from 'typebox'
import { AlertFilter, alertChannels, alertStatuses } from './alert-subscription.ts'
import { page } from './http.ts'
import { PublicNotice } from './notice.ts'
import { audienceNames } from './policy/channels.ts'
import { CapFile, Delivery, deliveryStatuses } from './publication.ts'
import { TimeMs } from './wire.ts'

const Count = Type.Integer({ minimum: 0 })

/** One edition and what became of it on each channel. */
export const PublicationReceipts = Type.Object({
  id: Type.String(),
  edition: Type.Integer(),
  event: PublicNotice.properties.event,
  atMs: TimeMs,
  policyVersion: Type.Integer(),
  cap: Type.Optional(CapFile),
  counts: Type.Object(Object.fromEntries(deliveryStatuses.map((status) => [status, Count]))),
  /** Fixed channels first, then subscribers; the address is masked. */
  deliveries: Type.Array(Type.Object({ ...Delivery.properties, part: Type.String() })),
  truncated: Type.Boolean({ description: 'There are more deliveries than are listed; the counts are exact' })
})
export type PublicationReceipts = Static<typeof PublicationReceipts>
export const PublicationReceiptsList = Type.Object({ items: Type.Array(PublicationReceipts) })

export const DeadPublicationDelivery = Type.Object({ publication: Type.String(), part: Type.String(), ...Delivery.properties })
export const DeadPublicationPage = page(DeadPublicationDelivery)

export const ResumeBody = Type.Object(
  { deliveries: Type.Optional(Type.Array(Type.String(), { maxItems: 100, description: 'Ids; without them every dead one' })) },
  { additionalProperties: false }
)
export const ResumedAnswer = Type.Object({ resumed: Count })

/** To the public: whom it is addressed to stays between the issuer and them. */
const { ports: _ports, operators: _operators, ...told } = PublicNotice.properties
export const PublicNoticeAnswer = Type.Object({
  ...told,
  page: Type.String({ description: 'Path of its page' }),
  cap: Type.Optional(Type.String({ description: 'Path of the CAP message' })),
  status: Type.Union([Type.Literal('open'), Type.Literal('ended')])
})
export type PublicNoticeAnswer = Static<typeof PublicNoticeAnswer>
export const PublicNoticePage = Type.Object({
  ...page(PublicNoticeAnswer).properties,
  total: Count
})

export const AlertBody = Type.Object(
  {
    channel: Type.Enum(alertChannels),
    address: Type.String({ minLength: 3, maxLength: 2_048, description: 'Mail address, or http(s) address of a webhook' }),
    language: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')])),
    filter: Type.Optional(AlertFilter),
    rhythm: Type.Optional(Type.Union([Type.Literal('each'), Type.Literal('daily')])),
    audience: Type.Optional(Type.Enum(audienceNames, { description: 'More than public needs the right configure' })),
    drills: Type.Optional(Type.Boolean()),
    secret: Type.Optional(Type.String({ minLength: 16, maxLength: 1_024, description: 'Keys the signature of a webhook' }))
  },
  { additionalProperties: false }
)
export type AlertBody = Static<typeof AlertBody>

export const AlertAnswer = Type.Object({
  id: Type.String(),
  channel: Type.Enum(alertChannels),
  address: Type.String(),
  language: Type.String(),
  filter: AlertFilter,
  rhythm: Type.String(),
  audience: Type.Enum(audienceNames),
  drills: Type.Boolean(),
  status: Type.Enum(alertStatuses),
  createdAtMs: TimeMs,
  confirmedAtMs: Type.Optional(TimeMs),
  endedAtMs: Type.Optional(TimeMs)
})
export type AlertAnswer = Static<typeof AlertAnswer>
export const AlertPage = page(AlertAnswer)
/** The same whatever is known of an address, so that nobody learns by asking who has subscribed. */
export const AlertAsked = Type.Object({ status: Type.Literal('confirmationSent') })
