/**
 * What every source hands to the agent: readings, scans and events. Normalises and checks them, makes telemetry batches per
 * device, and gives everything to the outbox. Sources know nothing of sequence numbers, the outbox or the broker.
 */
import { encodeMessage } from '@tracegate/model/codec'
import { CodedError, type Reason } from '@tracegate/model/errors'
import type { EventMessage } from '@tracegate/model/event-message'
import type { Scan, ScanMessage } from '@tracegate/model/scan'
import type { Reading, WireReading } from '@tracegate/model/telemetry'
import { payloadBytesMax, type TimeQuality, wireVersion } from '@tracegate/model/wire'
import { type ClockState, readClock } from './clock.ts'
import type { DeadLetterFile } from './dead-letter.ts'
import type { EdgeEvents } from './events.ts'
import type { OutboxChannel } from './outbox/message.ts'
import type { Outbox } from './outbox.ts'
import { createScanReader } from './scan-reader.ts'
import type { ScanContext, ScanRule } from '@tracegate/model/scan-event'

/** A reading as a source gives it: the point is the agent's. */
export type SourceReading = Omit<Reading, 'point'>

export interface Intake {
  /** Takes readings into the batch of their device. What the outbox refuses is counted. */
  readings(readings: readonly SourceReading[]): void
  /** As one message per device, at once; resolves when durable. For sources that acknowledge to their sender. */
  readingsDurably(readings: readonly SourceReading[]): Promise<void>
  /** Turned into an EPCIS event by the rule where the data is a GS1 key; otherwise, or without a rule, sent as it was read. */
  scan(
    scan: Scan,
    context: {
      readonly device: string
      readonly rule?: ScanRule | undefined
      /** What the reader said beyond a scan's own members; kept with the event as extension members. */
      readonly details?: ScanContext['details']
    }
  ): Promise<void>
  event(epcis: object, context: { readonly device: string }): Promise<void>
  /** An input that cannot be taken. */
  refuse(entry: {
    readonly source: string
    readonly device?: string
    readonly topic?: string
    readonly reason: Reason
    readonly payload: Uint8Array
  }): void
  /** Hands all batches to the outbox. */
  flush(): void
}

export interface IntakeOptions {
  readonly point: string
  readonly outbox: Outbox
  readonly events: EdgeEvents
  readonly deadLetter: DeadLetterFile
  readonly timeQuality: TimeQuality
  readonly batchReadingsMax: number
  readonly batchAfterMs: number
  readonly check?: ((reading: Reading) => Reading) | undefined
  readonly now?: () => number
  readonly steadyNow?: () => number
}

interface Batch {
  readings: Reading[]
  timer: NodeJS.Timeout | undefined
}

export function createIntake(options: IntakeOptions): Intake {
  const { point, outbox, events, deadLetter } = options
  const now = options.now ?? Date.now
  const steadyNow = options.steadyNow ?? (() => performance.now())
  const scanReader = createScanReader(point, events)
  const batches = new Map<string, Batch>()
  let clock: ClockState | undefined
  let flushing: NodeJS.Immediate | undefined

  const presentTime = (): { timeMs: number; timeQuality: TimeQuality } => {
    const reading = readClock(clock, now(), steadyNow())
    clock = reading.state
    if (reading.steppedMs !== 0) events.clockStepped(reading.steppedMs)
    return { timeMs: Math.max(0, Math.floor(reading.state.wallMs)), timeQuality: reading.trusted ? options.timeQuality : 'unsynchronized' }
  }

  /** Shared by all that is taken in this turn, so that a source with many messages at once pays for one commit. */
  const flushSoon = () => {
    flushing ??= setImmediate(() => {
      flushing = undefined
      outbox.flush()
    })
  }

  const normalise = (reading: SourceReading): Reading => {
    const missing = !Number.isFinite(reading.value) || reading.quality === 9
    const timeMs = Math.max(0, Math.round(reading.timeMs))
    const own: Reading = { ...reading, point, timeMs, ...(missing ? { value: Number.NaN, quality: 9 } : {}) }
    return options.check === undefined ? own : options.check(own)
  }

  const sendTelemetry = async (device: string, readings: readonly Reading[]): Promise<void> => {
    try {
      await outbox.appendReadings({ device, ...presentTime(), readings: readings.map(wireReadingOf) })
    } catch (error) {
      events.refusedReadings(readings.length, codeOf(error))
      throw error
    }
    events.kept('telemetry', readings.length)
  }

  const sendBatch = (device: string, batch: Batch) => {
    clearTimeout(batch.timer)
    batches.delete(device)
    if (batch.readings.length === 0) return
    // Counted where it happened; there is nobody to tell.
    sendTelemetry(device, batch.readings).catch(() => undefined)
  }

  const sendDocument = async (channel: OutboxChannel, device: string, body: { epcis: object } | { scans: Scan[] }): Promise<void> => {
    const time = presentTime()
    const encode = (origin: { boot: string; seq: number }) =>
      encodeMessage({ v: wireVersion, ...origin, ...time, ...body } satisfies EventMessage | ScanMessage)
    const bytes = encode({ boot: '0'.repeat(64), seq: Number.MAX_SAFE_INTEGER })
    const refuse = (reason: Reason) => deadLetter.keep({ source: channel, device, reason, payload: bytes })
    if (bytes.length > payloadBytesMax) {
      const message = `${channel} has ${bytes.length} bytes, expected at most ${payloadBytesMax}`
      refuse({ code: 'PAYLOAD_TOO_LARGE', pointer: '', message })
      return
    }
    try {
      await outbox.append({ device, channel, readings: 0, encode })
    } catch (error) {
      refuse({ code: codeOf(error), pointer: '', message: error instanceof Error ? error.message : String(error) })
      throw error
    }
    events.kept(channel, 0)
  }

  return {
    readings(readings) {
      events.readingsTaken(readings.length)
      for (const reading of readings) {
        const { device } = reading
        let batch = batches.get(device)
        if (batch === undefined) {
          const opened: Batch = { readings: [], timer: undefined }
          opened.timer = setTimeout(() => sendBatch(device, opened), options.batchAfterMs)
          batches.set(device, opened)
          batch = opened
        }
        batch.readings.push(normalise(reading))
        if (batch.readings.length >= options.batchReadingsMax) sendBatch(device, batch)
      }
    },
    async readingsDurably(readings) {
      events.readingsTaken(readings.length)
      const kept: Promise<void>[] = []
      for (const [device, own] of Map.groupBy(readings, (reading) => reading.device)) {
        // The batch goes first, so that the order of one device stays.
        const batch = batches.get(device)
        if (batch !== undefined) sendBatch(device, batch)
        for (let start = 0; start < own.length; start += options.batchReadingsMax)
          kept.push(sendTelemetry(device, own.slice(start, start + options.batchReadingsMax).map(normalise)))
      }
      flushSoon()
      const results = await Promise.allSettled(kept)
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
    async scan(scan, { device, rule, details }) {
      const timeMs = scan.timeMs ?? presentTime().timeMs
      const timed = { ...scan, timeMs }
      const epcis = rule === undefined ? undefined : scanReader.read(timed, rule, { device, timeMs, details })
      if (epcis === undefined) await sendDocument('scan', device, { scans: [timed] })
      else await sendDocument('event', device, { epcis })
    },
    event: (epcis, { device }) => sendDocument('event', device, { epcis }),
    refuse: (entry) => deadLetter.keep(entry),
    flush() {
      for (const [device, batch] of batches) sendBatch(device, batch)
      outbox.flush()
    }
  }
}

function wireReadingOf(reading: Reading): WireReading {
  const missing = Number.isNaN(reading.value) || reading.quality === 9
  return {
    metric: reading.metric,
    value: missing ? null : reading.value,
    unit: reading.unit,
    quality: missing ? 9 : reading.quality,
    timeMs: reading.timeMs
  }
}

function codeOf(error: unknown): string {
  return error instanceof CodedError ? error.code : 'UNEXPECTED'
}
