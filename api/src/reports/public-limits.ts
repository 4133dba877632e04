/**
 * How many reports the public may hand in: so many an hour from one place on the network and from everybody together. It lives in memory,
 * keeps no address beyond the hour, writes none anywhere, and is bounded.
 */
import { networkOf } from '@tracegate/service/throttle'
import { intakeError } from './errors.ts'

export interface PublicLimits {
  /** Throws `REPORTS_BUSY` past a limit. */
  take(address: string, limits: { readonly perNetwork: number; readonly all: number }): void
}

const hourMs = 3_600_000
/** Places counted; of more the one that asked longest ago is forgotten, and the common limit holds. */
const networksMax = 20_000

export function createPublicLimits(nowMs: () => number): PublicLimits {
  let counts = new Map<string, number>()
  let all = 0
  let sinceMs = 0
  return {
    take(address, limits) {
      const now = nowMs()
      if (now - sinceMs >= hourMs) {
        counts = new Map()
        all = 0
        sinceMs = now
      }
      const network = networkOf(address)
      const count = counts.get(network) ?? 0
      if (count >= limits.perNetwork || all >= limits.all)
        throw intakeError('REPORTS_BUSY', { waitS: Math.ceil((sinceMs + hourMs - now) / 1_000) })
      counts.delete(network)
      counts.set(network, count + 1)
      all += 1
      const oldest = counts.size > networksMax ? counts.keys().next().value : undefined
      if (oldest !== undefined) counts.delete(oldest)
    }
  }
}
