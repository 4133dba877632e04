/**
 * QoS 2 from publishers (MQTT 3.1.1 §4.3.3): a packet id that came before is acknowledged again and not published again, on a later
 * connection of the same session too, until its PUBREL. It commits and delivers nothing.
 */
import type { ClientState } from './clients.ts'
import type { BrokerEvents, DropReason } from './events.ts'
import type { BrokerLimits } from './limits.ts'
import { acknowledgement, packetType } from './packets.ts'
import type { Session } from './sessions/session.ts'
import type { SessionTable } from './sessions/session-table.ts'

/** A message between its arrival and its PUBREC. */
export interface Receipt {
  readonly session: Session
  readonly packetId: number
  readonly from: ClientState
  /** A later connection that sent it again meanwhile: it is answered in place of the one that has gone. */
  again: ClientState | undefined
}

export interface ExactlyOnce {
  /** undefined: it came before, or is one too many; all is done that is owed. */
  begin(state: ClientState, packetId: number): Receipt | undefined
  /** Delivered: a part of the session until its PUBREL. */
  received(receipt: Receipt): void
  failed(receipt: Receipt, detail: string): void
  /** PUBREC is due: also on the connection that sent it again. */
  acknowledged(receipt: Receipt): void
  /** PUBREL. */
  release(state: ClientState, packetId: number): void
}

export interface ExactlyOnceOptions {
  readonly limits: Pick<BrokerLimits, 'unreleasedPerClientMax'>
  readonly events: Pick<BrokerEvents, 'failed'>
  readonly sessions: Pick<SessionTable, 'receive' | 'releaseReceived' | 'durable'>
  readonly sessionOf: (state: ClientState) => Session
  readonly drop: (state: ClientState, reason: DropReason, detail: string) => void
}

export function createExactlyOnce({ limits, events, sessions, sessionOf, drop }: ExactlyOnceOptions): ExactlyOnce {
  /** What is not delivered yet, of each session. */
  const open = new WeakMap<Session, Map<number, Receipt>>()

  /** No sooner than the first time: what was queued of it may still wait to be written. */
  function answerAgain(state: ClientState, packetId: number): void {
    const answer = () => state.connection.send(acknowledgement(packetType.pubrec, packetId))
    const durable = sessions.durable()
    if (durable === undefined) answer()
    else durable.then(answer, (error: unknown) => drop(state, 'commit', error instanceof Error ? error.message : String(error)))
  }

  return {
    begin(state, packetId) {
      const session = sessionOf(state)
      const receipts = open.get(session) ?? new Map<number, Receipt>()
      const before = receipts.get(packetId)
      if (before !== undefined) {
        if (before.from !== state) before.again = state
        return undefined
      }
      if (session.received.has(packetId)) {
        answerAgain(state, packetId)
        return undefined
      }
      const unreleased = session.received.size + receipts.size
      if (unreleased >= limits.unreleasedPerClientMax) {
        drop(state, 'unreleased', `${unreleased} messages await PUBREL`)
        return undefined
      }
      const receipt: Receipt = { session, packetId, from: state, again: undefined }
      open.set(session, receipts.set(packetId, receipt))
      return receipt
    },
    received({ session, packetId }) {
      open.get(session)?.delete(packetId)
      sessions.receive(session, packetId)
    },
    failed({ session, packetId, again }, detail) {
      open.get(session)?.delete(packetId)
      if (again !== undefined) drop(again, 'commit', detail)
    },
    acknowledged({ packetId, again }) {
      again?.connection.send(acknowledgement(packetType.pubrec, packetId))
    },
    release(state, packetId) {
      const session = sessionOf(state)
      sessions.releaseReceived(session, packetId)
      const answer = () => state.connection.send(acknowledgement(packetType.pubcomp, packetId))
      const durable = session.persistent ? sessions.durable() : undefined
      if (durable === undefined) answer()
      // Answered before it is on disk, the id could be used anew and be taken for the old one after a crash.
      else durable.then(answer, (error: unknown) => events.failed('release a message', error))
    }
  }
}
