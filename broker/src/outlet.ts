/**
 * The way to one subscriber: knows when its client does not keep up, makes publishers wait for it, and for how long. Who waits
 * is let go when the client has caught up or is gone.
 */
import type { ClientState } from './clients.ts'
import type { BrokerLimits } from './limits.ts'
import type { Session } from './sessions/session.ts'

export interface SubscriberOutlet {
  readonly state: ClientState
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

/** The same for all outlets. */
export interface OutletParts {
  readonly limits: BrokerLimits
  readonly nowMs: () => number
  /** Those that are waited for, to be looked at by the watch. */
  readonly blocked: Set<SubscriberOutlet>
  readonly onBlocked: () => void
}

export interface OutletOptions {
  readonly state: ClientState
  readonly session: Session
  readonly shared: OutletParts
}

export function createOutlet(options: OutletOptions): SubscriberOutlet {
  return new Outlet(options)
}

/** A class for the sake of memory only: ten thousand of them share their functions. */
class Outlet implements SubscriberOutlet {
  blockedSinceMs: number | undefined
  readonly #options: OutletOptions
  #waiting: (() => void)[] | undefined

  constructor(options: OutletOptions) {
    this.#options = options
  }

  get state(): ClientState {
    return this.#options.state
  }

  send(bytes: Buffer): void {
    this.#options.state.connection.send(bytes)
  }

  queuedBytes(): number {
    return this.#options.state.connection.queuedBytes()
  }

  congestion(): 'none' | 'wait' | 'hopeless' {
    const { session, shared } = this.#options
    const { limits, blocked, nowMs, onBlocked } = shared
    const queued = this.queuedBytes()
    if (queued > limits.queuedBytesMax) return 'hopeless'
    if (queued <= limits.queuedBytesSoft && session.waitingBytes <= limits.queuedBytesSoft) return 'none'
    if (this.blockedSinceMs === undefined) {
      this.blockedSinceMs = nowMs()
      blocked.add(this)
      onBlocked()
    }
    return 'wait'
  }

  wait(resume: () => void): void {
    this.#waiting ??= []
    this.#waiting.push(resume)
  }

  relieve(): void {
    if (this.blockedSinceMs === undefined) return
    const { session, shared } = this.#options
    const half = shared.limits.queuedBytesSoft / 2
    if (this.queuedBytes() <= half && session.waitingBytes <= half) this.close()
  }

  close(): void {
    this.blockedSinceMs = undefined
    this.#options.shared.blocked.delete(this)
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resume of waiting ?? []) resume()
  }
}
