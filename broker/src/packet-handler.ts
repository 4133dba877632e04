/** What a connection tells of what its client sends; the library sees only the rest. */
import type { FrameFault } from './frames.ts'
import type { PacketPlace } from './packets.ts'
import type { ProtocolFault } from './protocol.ts'

/** Which bound keeps a socket from being read. */
export type PauseReason = 'inFlightPerClient' | 'inFlight' | 'rate' | 'output'

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
