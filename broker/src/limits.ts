/** Every bound of the broker in one place. What happens at each is written beside it; all of them are counted. */
import { payloadBytesMax } from '@tracegate/model/wire'

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
  /** A longer CONNECT, its last will included, is not read and the connection is closed: anybody may send one. */
  readonly connectBytesMax: number
  /** A longer packet is not read: its head goes to the dead letter and the connection is closed. */
  readonly packetBytesMax: number
  /** Messages of one client between arrival and delivery; past it the socket is not read. */
  readonly inFlightPerClientMax: number
  /** Messages and bytes of all clients between arrival and delivery; past either no socket is read. */
  readonly inFlightMax: number
  readonly inFlightBytesMax: number
  /** Bytes waiting for one subscriber; past it publishers wait for at most `drainTimeoutMs`, then the subscriber is dropped. */
  readonly queuedBytesSoft: number
  readonly drainTimeoutMs: number
  /** Bytes waiting for one subscriber; past it the subscriber is dropped at once. */
  readonly queuedBytesMax: number
  /** Levels of a topic; more close the connection. */
  readonly topicLevelsMax: number
  /** Subscriptions of one client; a further one is refused with SUBACK 0x80. */
  readonly subscriptionsPerClientMax: number
  /** Sessions kept for clients that are away (clean=0); a further one is refused with CONNACK 3. */
  readonly sessionsMax: number
  /** Messages and bytes kept for one client that is away; a further one is not kept. */
  readonly offlineMessagesMax: number
  readonly offlineBytesMax: number
  /** Retained messages and their bytes; a further topic is delivered, not retained. */
  readonly retainedMax: number
  readonly retainedBytesMax: number
  /** QoS 2 messages of one client that await PUBREL; more close the connection. */
  readonly unreleasedPerClientMax: number
}

const mebibyte = 1_048_576

export const defaultBrokerLimits: BrokerLimits = {
  connectionsMax: 10_000,
  connectionsPerAddressMax: 2_000,
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  authenticateTimeoutMs: 5_000,
  connectBytesMax: 16_384,
  packetBytesMax: payloadBytesMax + 1_024,
  inFlightPerClientMax: 512,
  inFlightMax: 20_000,
  inFlightBytesMax: 64 * mebibyte,
  queuedBytesSoft: mebibyte,
  drainTimeoutMs: 2_000,
  queuedBytesMax: 8 * mebibyte,
  topicLevelsMax: 8,
  subscriptionsPerClientMax: 256,
  sessionsMax: 10_000,
  offlineMessagesMax: 1_000,
  offlineBytesMax: 4 * mebibyte,
  retainedMax: 50_000,
  retainedBytesMax: 64 * mebibyte,
  unreleasedPerClientMax: 128
}
