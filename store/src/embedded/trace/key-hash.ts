/** Keys as 53-bit numbers: the ledger's clustering key. Hits are checked against the key itself, so a collision costs time only. */

/** What a ledger row says about the event; the first five are the roles of subjects. */
export const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16, eventID: 32, place: 64, transformation: 128 } as const
export const subjectBits = 31

/** Two 32-bit multiply-xor lanes over the UTF-16 units, joined to 53 bits (after cyrb53, public domain). */
export function hashKey(key: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}

export function eventIDKey(eventID: string): string {
  return `event:${eventID}`
}

export function placeKey(place: string): string {
  return `place:${place}`
}
