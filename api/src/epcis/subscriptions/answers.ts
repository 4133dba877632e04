/** Subscriptions and dead letters as they are shown. The secret of a subscription is in none of them. */
import type { DeadDelivery, Subscription, SubscriptionStatus } from '@tracegate/model/epcis/subscription'
import type { DeadRow, SubscriptionRow } from './rows.ts'

export function subscriptionAnswer(row: SubscriptionRow): Subscription {
  const { progress, schedule } = row
  return {
    subscriptionID: row.id,
    queryName: row.queryName,
    createdAt: timeText(row.createdAtMs),
    dest: row.dest,
    ...(schedule === undefined ? { stream: true as const } : { schedule }),
    reportIfEmpty: row.reportIfEmpty,
    initialRecordTime: timeText(row.initialRecordMs),
    minRecordTime: timeText(progress.minRecordMs),
    ...(progress.lastNotifiedAtMs === undefined ? {} : { lastNotifiedAt: timeText(progress.lastNotifiedAtMs) })
  }
}

export function statusAnswer(row: SubscriptionRow, deadLetters: number): SubscriptionStatus {
  const { stopped, attempts, failingSinceMs, retryAtMs, lastFailure, delivered } = row.progress
  return {
    ...subscriptionAnswer(row),
    state: stopped !== undefined ? 'stopped' : attempts > 0 ? 'retrying' : 'active',
    attempts,
    ...(failingSinceMs === undefined ? {} : { failingSince: timeText(failingSinceMs) }),
    ...(retryAtMs === undefined || stopped !== undefined ? {} : { nextAttemptAt: timeText(retryAtMs) }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
    delivered,
    deadLetters
  }
}

export function deadAnswer(row: DeadRow): DeadDelivery {
  const { after: _, firstAttemptAtMs, diedAtMs, ...rest } = row
  return { ...rest, firstAttemptAt: timeText(firstAttemptAtMs), diedAt: timeText(diedAtMs) }
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
