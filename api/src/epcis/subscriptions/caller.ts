/** Who asks, as limits and log lines name them. */
import type { Principal } from '../../accounts.ts'

export function callerOf(principal: Principal | undefined): string {
  return `${principal?.kind ?? ''} ${principal?.name ?? ''}`.trim()
}
