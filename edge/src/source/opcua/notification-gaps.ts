/**
 * Finds notification messages of a subscription that never came, and asks the server for them again (Republish, OPC 10000-4 §5.14.6). The client library asks from the last
 * one it saw; a message that comes live between two answers makes it leave out those before. It judges sequence numbers only, never values.
 */
import {
  type ClientSession,
  type ClientSubscription,
  type NotificationMessage,
  RepublishRequest,
  type RepublishResponse
} from 'node-opcua-client'

export interface NotificationGaps {
  /** Resolves when all that is missing was asked for; what the server does not have any more is lost and counted. */
  repair(): Promise<{ readonly found: number; readonly lost: number }>
}

/** Most messages that are asked for again; a server keeps fewer. */
const missingMax = 1_000

export function watchNotificationGaps(session: ClientSession, subscription: ClientSubscription): NotificationGaps {
  const missing = new Set<number>()
  let next: number | undefined
  subscription.on('subscriptionId_changed', () => {
    missing.clear()
    next = undefined
  })
  subscription.on('raw_notification', ({ sequenceNumber, notificationData }: NotificationMessage) => {
    // A keep-alive carries the number of the message to come.
    if (notificationData === null || notificationData.length === 0) return
    missing.delete(sequenceNumber)
    const expected = next ?? sequenceNumber
    if (sequenceNumber < expected) return
    for (let number = expected; number < sequenceNumber && missing.size < missingMax; number += 1) missing.add(number)
    next = sequenceNumber + 1
  })
  return {
    async repair() {
      let found = 0
      let lost = 0
      for (const number of [...missing].toSorted((left, right) => left - right)) {
        const message = await republish(session, subscription, number)
        missing.delete(number)
        if (message === undefined) lost += 1
        else {
          found += 1
          handOver(subscription, message)
        }
      }
      return { found, lost }
    }
  }
}

/** Undefined when the server does not have it any more. */
async function republish(
  session: ClientSession,
  subscription: ClientSubscription,
  retransmitSequenceNumber: number
): Promise<NotificationMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<NotificationMessage | undefined>()
  const request = new RepublishRequest({ subscriptionId: subscription.subscriptionId, retransmitSequenceNumber })
  // The session has it, and its public type has not.
  const ask: unknown = Reflect.get(session, 'republish')
  if (typeof ask !== 'function') return undefined
  Reflect.apply(ask, session, [
    request,
    (error: Error | null, response?: RepublishResponse) => resolve(error === null ? response?.notificationMessage : undefined)
  ])
  return promise
}

/** To the items, as the library does it with its own; it has no public name for it. */
function handOver(subscription: ClientSubscription, message: NotificationMessage): void {
  const take: unknown = Reflect.get(subscription, 'onNotificationMessage')
  if (typeof take !== 'function') return
  const last: unknown = Reflect.get(subscription, 'lastSequenceNumber')
  Reflect.apply(take, subscription, [message])
  // It would ask again from here at the next cut.
  Reflect.set(subscription, 'lastSequenceNumber', last)
}
