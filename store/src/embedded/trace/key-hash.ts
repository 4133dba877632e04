/** Keys as 42-bit numbers: the order of the ledger. Hits are checked against the key itself, so a collision costs time only. */
import { hash53 } from '@tracegate/model/hash53'

/** What a ledger row says about the event; the first five are the roles of subjects. */
export const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16, eventID: 32, place: 64, reference: 128 } as const
export const subjectBits = 31

/** Of hash53: shorter ones lie closer together, which makes their differences shorter on disk. */
export const hashRange = 2 ** 42

export function hashKey(key: string): number {
  const hash = hash53(key)
  // The remainder; dividing numbers this large takes several times as long.
  return hash - Math.floor(hash / hashRange) * hashRange
}

export function eventIDKey(eventID: string): string {
  return `event:${eventID}`
}

export function placeKey(place: string): string {
  return `place:${place}`
}
