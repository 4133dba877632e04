/** One clock for all connections: silent clients, subscribers that do not keep up, and sessions that nobody comes back to. */
import type { ClientState } from './clients.ts'
import type { BrokerLimits } from './limits.ts'
import type { SubscriberOutlet } from './outlet.ts'

export interface WatchOptions {
  readonly limits: BrokerLimits
  readonly states: () => Iterable<ClientState>
  readonly blocked: ReadonlySet<SubscriberOutlet>
  readonly onSilent: (state: ClientState, silentMs: number) => void
  readonly onBlocked: (outlet: SubscriberOutlet, blockedMs: number) => void
  readonly expireSessions: () => void
  readonly onLook: (nowMs: number) => void
}

export interface Watch {
  /** Milliseconds of a clock that never goes back, as of the last look: reading it costs nothing. */
  readonly nowMs: () => number
  stop(): void
}

const lookEveryMs = 100
const looksPerKeepAlive = 5
/** A client without keep-alive that does not even take its acknowledgements. */
const unreadTimeoutMs = 60_000

export function startWatch(options: WatchOptions): Watch {
  let nowMs = performance.now()
  let looks = 0
  const looksPerExpiry = Math.max(1, Math.round(options.limits.sessionLookMs / lookEveryMs))

  function lookForSilence(): void {
    for (const state of options.states()) {
      const { connection } = state
      // It is we who do not read.
      if (connection.isHeld) continue
      const takesNothing = connection.queuedBytes() >= options.limits.queuedBytesSoft
      const boundMs = state.keepAliveMs > 0 ? state.keepAliveMs : takesNothing ? unreadTimeoutMs : Infinity
      const silentMs = nowMs - connection.lastPacketMs
      if (silentMs > boundMs) options.onSilent(state, silentMs)
    }
  }

  const timer = setInterval(() => {
    nowMs = performance.now()
    looks += 1
    options.onLook(nowMs)
    for (const outlet of options.blocked) {
      const blockedMs = nowMs - (outlet.blockedSinceMs ?? nowMs)
      if (blockedMs >= options.limits.drainTimeoutMs) options.onBlocked(outlet, blockedMs)
    }
    if (looks % looksPerKeepAlive === 0) lookForSilence()
    if (looks % looksPerExpiry === 0) options.expireSessions()
  }, lookEveryMs)
  timer.unref()
  return { nowMs: () => nowMs, stop: () => clearInterval(timer) }
}
