/** Every bound of the broker in one place. What happens at each is written beside it; all of them are counted. */
import { payloadBytesMax } from '@tracegate/model/wire-limits'

export interface BrokerLimits {
  /** Past it a new connection is closed at once. */
  readonly connectionsMax: number
  /** The same for connections of one remote address. */
  readonly connectionsPerAddressMax: number
  /** A client that has not sent CONNECT by then is closed. */
  readonly connectTimeoutMs: number
  /** A connection whose TLS or WebSocket handshake is not done by then is closed. */
  readonly handshakeTimeoutMs: number
  /** How long the directory may take to tell who a client is; then CONNACK 3 (server unavailable). */
  readonly authenticateTimeoutMs: number
  /** A wrong credential is answered no sooner: how long it was worked on would tell which user names there are. */
  readonly refusalMinMs: number
  /** A longer CONNECT, its last will included, is not read and the connection is closed: anybody may send one. */
  readonly connectBytesMax: number
  /** A longer packet is not read: its head goes to the dead letter and the connection is closed. */
  readonly packetBytesMax: number
  /** A longer client id is refused with CONNACK 2. */
  readonly clientIdBytesMax: number
  /** Payload of a last will; a longer one is refused with CONNACK 5. */
  readonly willBytesMax: number
  /** Messages of one client between arrival and acknowledgement; past it the socket is not read. */
  readonly inFlightPerClientMax: number
  /** The same for the messages and bytes of all clients; past either no message is read. */
  readonly inFlightMax: number
  readonly inFlightBytesMax: number
  /** PUBLISH packets of one client a second; past it the socket is not read. 0 is no bound. */
  readonly publishesPerSecondMax: number
  /**
   * Bytes waiting for one subscriber; past it publishers wait for it, but no longer than `drainTimeoutMs`: then the subscriber is
   * dropped. Past the same bytes of acknowledgements that a client does not take, its socket is not read.
   */
  readonly queuedBytesSoft: number
  readonly drainTimeoutMs: number
  /**
   * Bytes waiting for one subscriber that is connected; past it the subscriber is dropped at once. Below what may be in flight
   * (`inFlightBytesMax`, and `inFlightMax` for `queuedMessagesMax`) one group commit could drop a subscriber that keeps up.
   */
  readonly queuedBytesMax: number
  /** Messages of QoS 1 and 2 that a subscriber has not acknowledged; a further one waits in its queue. */
  readonly sendWindowMax: number
  /** Levels and bytes of a topic; more close the connection, and refuse a subscription with SUBACK 0x80. */
  readonly topicLevelsMax: number
  readonly topicBytesMax: number
  /** Subscriptions of one client, of all, and the bytes of all filters; a further one is refused with SUBACK 0x80. */
  readonly subscriptionsPerClientMax: number
  readonly subscriptionsMax: number
  readonly filterBytesMax: number
  /** Sessions kept (clean=0); a further one is refused with CONNACK 3. */
  readonly sessionsMax: number
  /** A session whose client did not come for so long ends with its messages. */
  readonly sessionExpiryMs: number
  /** How often that is looked at. */
  readonly sessionLookMs: number
  /**
   * Messages queued for one session, and their bytes while its client is away; a further one is not kept. A client without a kept
   * session is dropped instead.
   */
  readonly queuedMessagesMax: number
  readonly sessionBytesMax: number
  /** Bytes queued for all sessions. */
  readonly sessionsBytesMax: number
  /** Retained messages and their bytes; a further topic is delivered, not retained. */
  readonly retainedMax: number
  readonly retainedBytesMax: number
  /** QoS 2 messages of one client that await PUBREL; more close the connection. */
  readonly unreleasedPerClientMax: number
}

const mebibyte = 1_048_576
const dayMs = 86_400_000

export const defaultBrokerLimits: BrokerLimits = {
  connectionsMax: 12_000,
  connectionsPerAddressMax: 2_500,
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  authenticateTimeoutMs: 5_000,
  refusalMinMs: 500,
  connectBytesMax: 16_384,
  packetBytesMax: payloadBytesMax + 1_024,
  clientIdBytesMax: 256,
  willBytesMax: 4_096,
  inFlightPerClientMax: 512,
  inFlightMax: 20_000,
  inFlightBytesMax: 64 * mebibyte,
  publishesPerSecondMax: 0,
  queuedBytesSoft: mebibyte,
  drainTimeoutMs: 2_000,
  queuedBytesMax: 72 * mebibyte,
  sendWindowMax: 512,
  topicLevelsMax: 8,
  topicBytesMax: 512,
  subscriptionsPerClientMax: 256,
  subscriptionsMax: 200_000,
  filterBytesMax: 16 * mebibyte,
  sessionsMax: 10_000,
  sessionExpiryMs: 14 * dayMs,
  sessionLookMs: 60_000,
  queuedMessagesMax: 25_000,
  sessionBytesMax: 16 * mebibyte,
  sessionsBytesMax: 256 * mebibyte,
  retainedMax: 50_000,
  retainedBytesMax: 64 * mebibyte,
  unreleasedPerClientMax: 128
}
