/** How one delivery is carried: a signed POST, a mail, a retained message, an instruction to a port. Each says what became of it; none decides when to try again. */
import type { AlertSubscription } from '@tracegate/model/alert-subscription'
import { noticePath, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { Delivery, PublicationCase } from '@tracegate/model/publication'
import { signatureOf } from '../epcis/subscriptions/signature.ts'
import type { Sender } from '../epcis/subscriptions/sender.ts'

export type CarrierOutcome =
  | { readonly type: 'delivered'; readonly receipt?: string }
  | { readonly type: 'failed'; readonly message: string; readonly retryAfterMs?: number }
  /** No later attempt can do better. */
  | { readonly type: 'refused'; readonly message: string }

export interface CarriedNotice {
  readonly publication: Pick<PublicationCase, 'id' | 'cap'>
  readonly notice: PublicNotice
}

/** The body of a webhook. */
function webhookBody({ publication, notice }: CarriedNotice, base: string): string {
  const { ports: _ports, operators: _operators, ...told } = notice
  return JSON.stringify({
    type: 'tracegate.notice',
    version: '1.0',
    id: publication.id,
    page: `${base}${noticePath(notice)}`,
    ...(publication.cap === undefined ? {} : { cap: `${base}/cap/${encodeURIComponent(publicationId(notice))}.xml` }),
    notice: told
  })
}

export interface WebhookOptions {
  readonly sender: Sender
  readonly base: string
  /** Signs what goes to the fixed receivers of the policy. */
  readonly secret: string | undefined
  readonly nowMs: () => number
}

export async function carryWebhook(
  carried: CarriedNotice,
  {
    delivery,
    subscription,
    signal
  }: { readonly delivery: Delivery; readonly subscription: AlertSubscription | undefined; readonly signal: AbortSignal },
  { sender, base, secret, nowMs }: WebhookOptions
): Promise<CarrierOutcome> {
  const body = webhookBody(carried, base)
  const key = subscription === undefined ? secret : subscription.secret
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'tracegate',
    // The same for every attempt, so that a receiver can tell a repeat.
    'idempotency-key': `${carried.publication.id}/${delivery.id}`,
    ...(key === undefined ? {} : { 'tracegate-signature': signatureOf({ secret: key, body, atMs: nowMs() }) })
  }
  const outcome = await sender.send({ url: delivery.to ?? '', headers, body, signal })
  switch (outcome.type) {
    case 'delivered':
      return { type: 'delivered', receipt: 'the receiver answered 2xx' }
    case 'gone':
      return { type: 'refused', message: 'the receiver answered 410: it is gone for good' }
    case 'tooLarge':
      return { type: 'refused', message: 'the receiver answered 413: a notice cannot be made smaller' }
    case 'failed':
      return {
        type: 'failed',
        message: outcome.message,
        ...(outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs })
      }
    default:
      return outcome satisfies never
  }
}
