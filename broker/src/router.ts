/** Brings a message to everybody whose subscription matches, each within its own bounds. It asks nobody whether it may. */
import type { SubscriberOutlet } from './outlet.ts'
import { writePublish } from './packets.ts'
import type { Message } from './sessions/message.ts'
import type { Session } from './sessions/session.ts'
import type { SessionTable } from './sessions/session-table.ts'
import type { Match } from './topic-filter.ts'

interface Routed {
  /** It is for a kept session: what waits must be on disk before the message is acknowledged. */
  readonly isKept: boolean
  /** Subscribers that do not keep up: the next message of this publisher should wait for them. */
  readonly congested: readonly SubscriberOutlet[]
}

export interface Router {
  route(message: Message, matches?: readonly Match<Session>[]): Routed
}

export interface RouterOptions {
  readonly sessions: SessionTable
  /** Ends the connection of a subscriber that is beyond its hard bound. */
  readonly drop: (session: Session, detail: string) => void
}

const nothing: Routed = { isKept: false, congested: [] }

export function createRouter({ sessions, drop }: RouterOptions): Router {
  return {
    route(message, matches = sessions.match(message.topic)) {
      if (matches.length === 0) return nothing
      let isKept = false
      let frame: Buffer | undefined
      const congested: SubscriberOutlet[] = []
      for (const { subscriber, qos: granted } of matches) {
        const { outlet } = subscriber
        const qos = message.qos < granted ? message.qos : granted
        if (qos > 0) {
          const queued = sessions.enqueue(subscriber, message, qos === 2 ? 2 : 1)
          // Where there is no room, too: a file that cannot be written fills the queue with what comes again, unacknowledged.
          if (subscriber.persistent) isKept = true
          // A session that ends with its connection must not go on with a hole in it.
          else if (!queued) drop(subscriber, `${subscriber.messages} messages wait`)
        } else if (outlet !== undefined) {
          frame ??= writePublish({ ...message, qos: 0, dup: false, packetId: 0 })
          outlet.send(frame)
        }
        const congestion = outlet?.congestion()
        if (outlet !== undefined && congestion === 'wait') congested.push(outlet)
        else if (outlet !== undefined && congestion === 'hopeless') drop(subscriber, `${outlet.queuedBytes()} bytes wait`)
      }
      return isKept || congested.length > 0 ? { isKept, congested } : nothing
    }
  }
}
