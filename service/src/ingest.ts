/** How messages pass from a broker to a collector and back inside one process; the network does the same over MQTT. */

import type { Reason } from '@tracegate/model/errors'

/** A PUBLISH that arrived, as raw as it came. */
export interface IncomingMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly retain: boolean
  readonly receivedAtMs: number
  /** MQTT client id of the sender, for logs and dead letters. */
  readonly clientId: string
}

export interface IngestSink {
  /**
   * Resolves when the message is durable: stored, known as a duplicate, or kept in the dead letter. Only then may it be
   * acknowledged. Rejects when it could not be made durable (disk full, closing): do not acknowledge, the sender will come again.
   */
  commit(message: IncomingMessage): Promise<void>
  /**
   * Keeps a message that its broker does not take (topic of another device, too large) with the reason; it is not acknowledged.
   * A sink without it only has the broker's counters.
   */
  refuse?(message: IncomingMessage, reason: Reason): Promise<void>
}

export interface PublishOptions {
  readonly qos: 0 | 1
  readonly retain: boolean
}

export interface MessagePublisher {
  publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void>
}
