/**
 * Keeps what no store will ever take as dead letters: a whole message, one of its readings, or one of its events, each in a form that can be
 * handed in again. Kept once, however often the process ends before the offset has moved.
 */
import type { DatabaseSync } from 'node:sqlite'
import { decodePayload, encodeMessage } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { topicRoot } from '@tracegate/model/topics'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { inTransaction } from '@tracegate/store/embedded-sqlite'
import type { DeadLetters } from './dead-letter/dead-letters.ts'
import { nameOf } from './decode.ts'
import type { Lane } from './lanes.ts'
import type { LogEntry, LogLane } from './log-lane.ts'

export interface Poison {
  readonly lane: Lane
  readonly entry: LogEntry
  readonly reason: Reason
  /** Which reading or event of the message; the whole message without it. */
  readonly part?: { readonly index: number; readonly of: number; readonly event?: TraceEvent }
}

export interface Unstorable {
  /** Throws where the file cannot be written; nothing of these is kept then. */
  bury(poisons: readonly Poison[]): void
}

export interface UnstorableOptions {
  readonly database: DatabaseSync
  readonly dead: DeadLetters
  readonly logLanes: Readonly<Record<Lane, LogLane>>
}

export function createUnstorable({ database, dead, logLanes }: UnstorableOptions): Unstorable {
  const known = database.prepare('SELECT 1 FROM dead_letter WHERE origin = ?')
  const mark = database.prepare('UPDATE dead_letter SET origin = ? WHERE id = last_insert_rowid()')

  function buryOne({ lane, entry, reason, part }: Poison): void {
    const origin = `${lane}:${entry.offset}:${part?.event === undefined ? 'reading' : 'event'}:${part?.index ?? 'all'}`
    if (known.get(origin) !== undefined) return
    const message = logLanes[lane].messageAt(entry.offset)
    if (message === undefined) return
    const device = nameOf(entry.intake)
    const { receivedAtMs } = message
    // What a scan became goes in again as the event that it is.
    const topic = part?.event === undefined || part.of === 1 ? message.topic : `${topicRoot}/${device}/event`
    const payload = part === undefined || part.of === 1 ? message.payload : payloadOf(message.payload, part)
    const pointer = part === undefined ? reason.pointer : `/${part.event === undefined ? 'readings' : 'events'}/${part.index}`
    dead.insert({ topic, receivedAtMs, payload, reason: { ...reason, pointer }, ...(device === undefined ? {} : { device }) })
    mark.run(origin)
  }

  return {
    bury(poisons) {
      try {
        inTransaction(database, () => {
          for (const poison of poisons) buryOne(poison)
        })
      } catch (error) {
        dead.reload()
        throw error
      }
    }
  }
}

/** The message with this part alone, so that it can be mended and handed in again without the others. */
function payloadOf(payload: Uint8Array, { index, event }: NonNullable<Poison['part']>): Uint8Array {
  if (event !== undefined) return Buffer.from(event.json)
  const decoded = decodePayload(payload)
  if (!decoded.ok || typeof decoded.value !== 'object' || decoded.value === null || !('readings' in decoded.value)) return payload
  const { readings } = decoded.value
  return Array.isArray(readings) ? encodeMessage({ ...decoded.value, readings: [readings[index]] }) : payload
}
