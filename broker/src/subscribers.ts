/** Clients as receivers: their sessions and outlets, and the end of those that do not keep up or fall silent. */
import type { Clients, ClientState } from './clients.ts'
import type { BrokerEvents } from './events.ts'
import type { BrokerLimits } from './limits.ts'
import { createOutlet, type OutletParts, type SubscriberOutlet } from './outlet.ts'
import { createRouter, type Router } from './router.ts'
import type { Session } from './sessions/session.ts'
import type { SessionTable } from './sessions/session-table.ts'

export interface SubscribersOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly sessions: SessionTable
  readonly nowMs: () => number
}

export interface Subscribers {
  readonly router: Router
  /** Those that publishers wait for. */
  readonly blocked: ReadonlySet<SubscriberOutlet>
  /** The session of a client, made when it has none. */
  readonly sessionOf: (state: ClientState) => Session
  readonly outletFor: (state: ClientState, session: Session) => SubscriberOutlet
  dropBlocked(outlet: SubscriberOutlet, blockedMs: number): void
  dropSilent(state: ClientState, silentMs: number): void
}

export function createSubscribers(options: SubscribersOptions): Subscribers {
  const { limits, events, sessions, nowMs } = options
  const blocked = new Set<SubscriberOutlet>()
  const parts: OutletParts = { limits, nowMs, blocked, onBlocked: () => events.subscriberWaitedFor() }

  function drop(state: ClientState | undefined, detail: string): void {
    if (state === undefined || state.connection.isClosed) return
    events.connectionDropped('slowSubscriber', { clientId: state.clientId, detail })
    state.connection.end('slow subscriber', 'discard')
  }

  return {
    blocked,
    router: createRouter({
      sessions,
      drop: (session, detail) => drop(session.outlet?.state, detail)
    }),
    sessionOf(state) {
      state.session ??= sessions.open({ id: state.clientId, owner: state.username, persistent: !state.clean })
      return state.session
    },
    outletFor(state, session) {
      return createOutlet({ state, session, shared: parts })
    },
    dropBlocked(outlet, blockedMs) {
      drop(outlet.state, `did not keep up for ${Math.round(blockedMs)} ms`)
      outlet.close()
    },
    dropSilent(state, silentMs) {
      if (state.connection.isClosed) return
      events.connectionDropped('keepAlive', { clientId: state.clientId, detail: `silent for ${Math.round(silentMs)} ms` })
      state.connection.end('keep-alive')
    }
  }
}
