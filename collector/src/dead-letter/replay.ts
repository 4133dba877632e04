/**
 * Hands dead letters in again, as they are or mended, on the way that every message takes; and lets them go. It never loses one:
 * a letter is closed in the commit that takes its message, or not at all.
 */
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import type { Intake, RawMessage } from '../decode.ts'
import type { CollectorEvents } from '../events.ts'
import type { IngestLog } from '../ingest-log.ts'
import { countsOf } from '../sink.ts'

export interface ReplayOptions {
  readonly log: Pick<IngestLog, 'append' | 'deadLetters' | 'discard'>
  readonly events: CollectorEvents
  readonly nowMs: () => number
  readonly decode: (message: RawMessage) => Intake
}

export function createDeadLetterReader({ log, events, nowMs, decode }: ReplayOptions): DeadLetterReader {
  return {
    ...log.deadLetters,
    async replay(id, { by, fix }) {
      const letter = await log.deadLetters.get(id)
      if (letter?.state !== 'open') return { id, outcome: 'gone' }
      const row = {
        topic: fix?.topic ?? letter.topic,
        payload: fix?.payload ?? Buffer.from(letter.payloadBase64, 'base64'),
        receivedAtMs: letter.receivedAtMs,
        clientId: `dead-letter ${id}`
      }
      const intake = decode(row)
      const mended = fix !== undefined
      // Only an administrator may, and it shall be seen: the message counts as one of that device from now on.
      const moved = row.topic === letter.topic ? {} : { from: letter.topic, to: row.topic }
      const [reason] = intake.ok ? intake.partial : [intake.reason]
      if (!intake.ok || reason !== undefined) {
        events.deadLetterReplayed({ id, by, mended, outcome: 'refused', ...moved })
        return { id, outcome: 'refused', ...(reason === undefined ? {} : { reason }) }
      }
      events.received(countsOf(intake))
      const outcome = await log.append(row, intake, { id, by })
      events.deadLetterReplayed({ id, by, mended, outcome, ...moved })
      return { id, outcome: outcome === 'logged' ? 'replayed' : 'gone' }
    },
    async discard(id, by) {
      const gone = log.discard(id, { atMs: nowMs(), by })
      if (gone) events.deadLetterDiscarded({ id, by })
      return gone
    }
  }
}
