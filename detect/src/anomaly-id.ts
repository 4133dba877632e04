/** Stable names for anomalies: the same cause seen again, after a restart or in backfill, gets the same id. */
import type { AnomalyType } from '@tracegate/model/anomaly'

export function anomalyIdOf(type: AnomalyType, ...cause: readonly (string | number)[]): string {
  return `${type}-${hash53(cause.join('\u001f')).toString(36)}`
}

/** A 53-bit hash, well mixed, not for secrets. */
function hash53(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2_654_435_761)
    low = Math.imul(low ^ code, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}
