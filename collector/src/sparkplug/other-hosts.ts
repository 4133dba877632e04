/** Which other host applications say that they are there; told when it changes. Bounded, and of no consequence for what is taken in. */
import type { SparkplugEvents } from './sparkplug-events.ts'

export interface OtherHosts {
  seen(host: string, payload: Uint8Array): void
}

const hostsMax = 100

export function createOtherHosts(events: Pick<SparkplugEvents, 'hostSeen'>): OtherHosts {
  const hosts = new Map<string, boolean>()
  return {
    seen(host, payload) {
      const online = /"online"\s*:\s*true/.test(Buffer.from(payload.subarray(0, 1_024)).toString())
      if (hosts.get(host) === online || (!hosts.has(host) && hosts.size >= hostsMax)) return
      hosts.set(host, online)
      events.hostSeen(host, online)
    }
  }
}
