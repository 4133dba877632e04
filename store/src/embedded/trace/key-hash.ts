/** Keys as 53-bit numbers: the ledger's clustering key. Hits are checked against the key itself, so a collision costs time only. */
import { hash53 } from '@tracegate/model/hash53'

/** What a ledger row says about the event; the first five are the roles of subjects. */
export const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16, eventID: 32, place: 64, transformation: 128 } as const
export const subjectBits = 31

export const hashKey = hash53

export function eventIDKey(eventID: string): string {
  return `event:${eventID}`
}

export function placeKey(place: string): string {
  return `place:${place}`
}
