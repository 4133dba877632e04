/** A guarded connection as the rest of the broker sees it, and what it tells of what its client sends. Types only. */
import type { Duplex } from 'node:stream'
import type { FrameFault } from './frames.ts'
import type { PacketPlace } from './packets.ts'
import type { ProtocolFault } from './protocol.ts'

export interface GuardedConnection {
  readonly stream: Duplex
  readonly address: string
  /** The client is known: what it sent after CONNECT may be read. */
  open(): void
  /** Gives back the room of one PUBLISH that was dealt with. */
  settle(bytes: number): void
  /** No further PUBLISH is read before as many calls of `unblock`: a subscriber of what it sent does not keep up. */
  block(): void
  unblock(): void
  /** Sends whole packets, with whatever else is sent in this turn. */
  send(bytes: Buffer): void
  /** Bytes that wait for the client to take them. */
  queuedBytes(): number
  /** The next CONNACK that accepts tells the client that its session was kept (MQTT 3.1.1 §3.2.2.2). */
  announceSession(): void
  /** Ends it; what waits to be sent may still go out, unless the client takes nothing. */
  end(detail: string, discard?: 'discard'): void
  readonly inFlight: number
  /** When the last whole packet came. */
  lastPacketMs: number
  /** It is not read because of our own bounds: its silence is ours. */
  readonly isHeld: boolean
  readonly isClosed: boolean
  /** CONNECT was accepted. */
  readonly isOpen: boolean
}

/** Which bound keeps a socket from being read. */
export type PauseReason = 'inFlightPerClient' | 'inFlight' | 'rate' | 'subscriber' | 'output'

export interface PacketHandler {
  publish(place: PacketPlace): void
  /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
  acknowledge(place: PacketPlace): void
  fault(fault: FrameFault): void
  violation(fault: ProtocolFault): void
  /** The client took what waited for it. */
  drained(): void
  /** How long the next PUBLISH must wait for the rate limit; 0 when it may come. */
  rateDelayMs(): number
  paused(reason: PauseReason): void
  closed(): void
}
