/**
 * Where messages come in: counted, decoded, handed to the log; and what follows from their commit: replies go on, whoever missed its
 * watermark is told again. It stores nothing and keeps nothing.
 */
import type { Reason } from '@tracegate/model/errors'
import type { Bus } from '@tracegate/service/bus'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import type { ItemCounts } from './counters.ts'
import { itemCountsOf, type Intake, type Taken } from './decode.ts'
import type { DeviceHealthBook } from './device-health.ts'
import type { CollectorEvents } from './events.ts'
import { conflictOf, type CommitOutcome, type LogMessage } from './group-writer.ts'
import type { IngestLog } from './ingest-log.ts'
import type { Watermarks } from './watermarks.ts'

export interface SinkOptions {
  readonly log: IngestLog
  readonly events: CollectorEvents
  readonly decode: (message: IncomingMessage) => Intake
}

export function createSink({ log, events, decode }: SinkOptions): IngestSink {
  function append(message: IncomingMessage, intake: Intake): Promise<void> {
    events.received(countsOf(intake))
    return log.commit(message, intake)
  }
  return {
    commit: (message) => append(message, decode(message)),
    refuse: (message, reason: Reason) => append(message, { ok: false, reason })
  }
}

export interface AftermathOptions {
  readonly log: Pick<IngestLog, 'watermark'>
  readonly events: CollectorEvents
  readonly watermarks: Watermarks
  readonly bus: Bus
  readonly health: Pick<DeviceHealthBook, 'note'>
}

/** What happens once a message is durable, before its sender is told. */
export function createAftermath({ log, events, watermarks, bus, health }: AftermathOptions) {
  function tellWatermark({ name, stream, work }: Taken, again: boolean): void {
    const boot = again ? stream?.boot : work.type === 'state' && work.state.online ? work.state.boot : undefined
    if (boot !== undefined) watermarks.risen([{ device: name, boot, upTo: log.watermark(name, boot) }])
  }

  return (outcome: CommitOutcome, message: LogMessage, intake: Intake): void => {
    events.committed(outcome, countsOf(intake))
    health.note(outcome, message, intake)
    if (!intake.ok) return events.refused(intake.reason, message)
    const { stream, work } = intake
    if (outcome === 'logged') events.oddTimes(intake)
    // Most messages end here.
    if (outcome === 'logged' && work.type === 'readings') return
    if (outcome === 'conflict' && stream !== undefined) events.refused(conflictOf(stream), message)
    if (work.type === 'reply') bus.publish('commandReply', { point: intake.point, device: intake.device, reply: work.reply })
    // Who is back, or sends again what is there, has missed its watermark.
    tellWatermark(intake, outcome === 'duplicate' || outcome === 'conflict')
  }
}

const oneMessage: ItemCounts = { messages: 1, readings: 0, events: 0 }

export function countsOf(intake: Intake): ItemCounts {
  return intake.ok ? { messages: 1, ...itemCountsOf(intake) } : oneMessage
}
