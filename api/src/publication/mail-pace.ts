/** How many mails one address gets in an hour: past it they wait and go together. In memory; after a restart the hour begins anew. */

interface PaceLimits {
  readonly mailsPerHourMax: number
  /** How long a digest gathers. */
  readonly digestMs: number
}

export interface MailPace {
  /** False: hold them back until `heldUntilMs`. */
  mayGo(address: string, limits: PaceLimits): boolean
  went(address: string): void
  heldUntilMs(address: string | undefined): number | undefined
}

const hourMs = 3_600_000
/** Addresses remembered; past it the longest silent one is forgotten. */
const addressesMax = 20_000

export function createMailPace(nowMs: () => number): MailPace {
  const sent = new Map<string, number[]>()
  const held = new Map<string, number>()
  const plain = (address: string) => address.toLowerCase()
  return {
    mayGo(given, { mailsPerHourMax, digestMs }) {
      const address = plain(given)
      const atMs = nowMs()
      const untilMs = held.get(address)
      if (untilMs !== undefined && untilMs > atMs) return false
      held.delete(address)
      // The mail that ends a digest may always go.
      if (untilMs !== undefined) return true
      const recent = (sent.get(address) ?? []).filter((oneMs) => atMs - oneMs < hourMs)
      if (recent.length < mailsPerHourMax) return true
      held.set(address, atMs + digestMs)
      return false
    },
    went(given) {
      const address = plain(given)
      const atMs = nowMs()
      const recent = (sent.get(address) ?? []).filter((oneMs) => atMs - oneMs < hourMs)
      sent.delete(address)
      sent.set(address, [...recent, atMs])
      const [oldest] = sent.keys()
      if (sent.size > addressesMax && oldest !== undefined) sent.delete(oldest)
    },
    heldUntilMs: (address) => (address === undefined ? undefined : held.get(plain(address)))
  }
}
