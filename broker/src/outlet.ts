/**
 * The way to one subscriber: knows when its client does not keep up, makes publishers wait for it, and for how long. Who waits
 * is let go when the client has caught up or is gone.
 */
import type { GuardedConnection } from './connection.ts'
import type { BrokerLimits } from './limits.ts'
import type { Session } from './sessions/session.ts'

export interface SubscriberOutlet {
  send(bytes: Buffer): void
  /** Bytes that the client has not taken yet. */
  queuedBytes(): number
  /** undefined: it keeps up. */
  readonly blockedSinceMs: number | undefined
  /** Whether a publisher should wait; past the hard bound the client is beyond hope. */
  congestion(): 'none' | 'wait' | 'hopeless'
  /** Calls once when the client has caught up or is gone. */
  wait(resume: () => void): void
  /** The client took something. */
  relieve(): void
  close(): void
}

export interface OutletOptions {
  readonly connection: GuardedConnection
  readonly session: Session
  readonly limits: BrokerLimits
  readonly nowMs: () => number
  /** Those that are waited for, to be looked at by the watch. */
  readonly blocked: Set<SubscriberOutlet>
  readonly onBlocked: () => void
}

export function createOutlet(options: OutletOptions): SubscriberOutlet {
  const { connection, session, limits, blocked } = options
  let waiting: (() => void)[] = []
  let blockedSinceMs: number | undefined

  const release = () => {
    blockedSinceMs = undefined
    blocked.delete(outlet)
    const all = waiting
    waiting = []
    for (const resume of all) resume()
  }

  const outlet: SubscriberOutlet = {
    get blockedSinceMs() {
      return blockedSinceMs
    },
    send: (bytes) => connection.send(bytes),
    queuedBytes: () => connection.queuedBytes(),
    congestion() {
      const queued = connection.queuedBytes()
      if (queued > limits.queuedBytesMax) return 'hopeless'
      if (queued <= limits.queuedBytesSoft && session.waitingBytes <= limits.queuedBytesSoft) return 'none'
      if (blockedSinceMs === undefined) {
        blockedSinceMs = options.nowMs()
        blocked.add(outlet)
        options.onBlocked()
      }
      return 'wait'
    },
    wait: (resume) => void waiting.push(resume),
    relieve() {
      if (blockedSinceMs === undefined) return
      const half = limits.queuedBytesSoft / 2
      if (connection.queuedBytes() <= half && session.waitingBytes <= half) release()
    },
    close: release
  }
  return outlet
}
