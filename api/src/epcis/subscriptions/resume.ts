/** Tries a dead letter again: a stopped subscription goes on, a single event is sent once more. */
import type { ResumeAnswer } from '@tracegate/model/epcis/subscription'
import { queryError } from '../query-errors.ts'
import type { DeliveryOutcome } from './delivery-rules.ts'
import type { DeadRow, SubscriptionRow } from './rows.ts'
import type { Subscriptions } from './subscriptions.ts'

const resuming = new WeakMap<Subscriptions, Set<string>>()

/** Throws `NOT_FOUND`, `EPCIS_SUBSCRIPTION_BUSY` when another call does the same. */
export async function resumeDead(subscriptions: Subscriptions, id: string): Promise<ResumeAnswer> {
  const { office } = subscriptions
  const dead = office.dead.get(id)
  if (dead.kind === 'stopped') {
    await office.resume(dead.subscriptionID)
    return { id, outcome: 'resumed' }
  }
  const busy = resuming.get(subscriptions) ?? new Set()
  resuming.set(subscriptions, busy)
  if (busy.has(id)) throw queryError('EPCIS_SUBSCRIPTION_BUSY', { id })
  busy.add(id)
  try {
    const outcome = await sendAgain(subscriptions, office.get(dead.subscriptionID), dead)
    if (outcome.type === 'delivered') {
      await office.dead.remove(id)
      return { id, outcome: 'delivered' }
    }
    return { id, outcome: 'refused', message: messageOf(outcome) }
  } finally {
    busy.delete(id)
  }
}

/** Read anew from where it stands in the feed; the dead letter holds no copy of it. */
async function sendAgain(
  { queries, reader, send, settings }: Subscriptions,
  row: SubscriptionRow,
  dead: DeadRow
): Promise<DeliveryOutcome> {
  const signal = AbortSignal.timeout(2 * settings.timeoutMs)
  const { filter } = await queries.read(row.queryName)
  const fromRecordMs = row.initialRecordMs
  const batch = await reader.read({ filter, after: dead.after, fromRecordMs, eventsMax: 1, bytesMax: Infinity, signal })
  if (batch.json.length === 0) return { type: 'failed', code: 'EVENT_ABSENT', message: 'the event matches the query no longer' }
  const pending = { id: dead.id, count: 1, madeAtMs: dead.firstAttemptAtMs }
  return send({ row, pending, events: batch.json, signal })
}

function messageOf(outcome: DeliveryOutcome): string {
  switch (outcome.type) {
    case 'failed':
      return outcome.message
    case 'tooLarge':
      return 'the receiver answered 413'
    case 'gone':
      return 'the receiver answered 410'
    case 'delivered':
      return ''
    default:
      return outcome satisfies never
  }
}
