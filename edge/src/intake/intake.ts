/**
 * What every source hands to the agent: readings, scans and events. Normalises and checks them, makes telemetry batches per
 * device, and gives everything to the outbox. Sources know nothing of sequence numbers, the outbox or the broker.
 */
import { encodeMessage } from '@tracegate/model/codec'
import { CodedError, type Reason } from '@tracegate/model/errors'
import type { EventMessage } from '@tracegate/model/event-message'
import type { Scan, ScanMessage } from '@tracegate/model/scan'
import type { Reading, WireReading } from '@tracegate/model/telemetry'
import { type TimeQuality } from '@tracegate/model/wire'
import { payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import { createClockWatch } from '../clock/clock-watch.ts'
import type { DeadLetterFile } from './dead-letter.ts'
import type { EdgeEvents } from '../events.ts'
import type { Holds } from '../holds/holds.ts'
import { createSeriesBook, type SeriesRules } from './intake-series.ts'
import { type OutboxChannel, type StreamName, streamKeyOf } from '../outbox/message.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Judged } from '../sampling/sampling.ts'
import { createScanMemory, type ScanMemoryStore } from '../scans/scan-memory.ts'
import { createScanReader } from '../scans/scan-reader.ts'
import type { ScanContext, ScanRule } from '@tracegate/model/scan-event'

/** A reading as a source gives it: the point is the agent's. */
export type SourceReading = Omit<Reading, 'point'>

export interface Intake {
  /** Takes readings into the batch of their device. What the outbox refuses is counted. */
  readings(readings: readonly SourceReading[]): void
  /** The same at once; resolves when all that the sampling keeps is durable. For sources that acknowledge to their sender. */
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
  /** Hands all batches to the outbox, and what the sampling holds back. */
  flush(): void
}

export interface IntakeOptions {
  /** Judges scans by the control orders of the point, and learns what is packed into what. */
  readonly holds?: (() => Pick<Holds, 'refuse' | 'learn'> | undefined) | undefined
  /** What waits for a label; in memory only when left out. */
  readonly scanMemory?: ScanMemoryStore
  readonly point: string
  readonly outbox: Outbox
  readonly events: EdgeEvents
  readonly deadLetter: DeadLetterFile
  readonly timeQuality: TimeQuality
  readonly batchReadingsMax: number
  readonly batchAfterMs: number
  readonly check?: ((reading: Reading) => Reading) | undefined
  /** Alarm limits and sampling; asked again with each reading, so that a new configuration holds at once. */
  readonly rules?: (() => SeriesRules) | undefined
  readonly now?: () => number
  readonly steadyNow?: () => number
  /** When the time service of the machine last set the clock; that of systemd is asked when left out. */
  readonly disciplinedAtMs?: () => number | undefined
}

const noRules: SeriesRules = {}

interface Batch {
  readonly stream: StreamName
  readings: Reading[]
  timer: NodeJS.Timeout | undefined
}

/** An alarm waits no longer than this for others of its device. */
const urgentAfterMs = 10

/** The intake of an agent, which has its clock. */
export interface AgentIntake extends Intake {
  /** A reading of the agent's own that goes ahead of all telemetry, at once. */
  urgent(reading: SourceReading): void
  /** What the clock is worth now. */
  timeQuality(): TimeQuality
}

export function createIntake(options: IntakeOptions): AgentIntake {
  const { point, outbox, events, deadLetter } = options
  const memory = options.scanMemory ?? createScanMemory()
  const scanReader = createScanReader({ point, events, memory })
  const clock = createClockWatch(options)
  const series = createSeriesBook({
    rules: options.rules ?? (() => noRules),
    onThinned: (readings) => events.thinned(readings),
    onLate: ({ device, metric }) => events.seriesLate(device, metric)
  })
  /** By the key of their stream. */
  const batches = new Map<string, Batch>()
  let flushing: NodeJS.Immediate | undefined

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
    clock.compare(timeMs)
    return options.check === undefined ? own : options.check(own)
  }

  const sendTelemetry = async (stream: StreamName, readings: readonly Reading[]): Promise<void> => {
    const { device, urgent } = stream
    try {
      await outbox.appendReadings({ device, urgent, ...clock.present(), readings: readings.map(wireReadingOf) })
    } catch (error) {
      events.refusedReadings(readings.length, codeOf(error))
      throw error
    }
    events.kept('telemetry', readings.length)
  }

  const sendBatch = (stream: StreamName, batch: Batch) => {
    clearTimeout(batch.timer)
    batches.delete(streamKeyOf(stream))
    if (batch.readings.length === 0) return
    // Counted where it happened; there is nobody to tell.
    sendTelemetry(stream, batch.readings).catch(() => undefined)
  }

  const collect = ({ reading, isUrgent }: Judged<Reading>) => {
    const stream = { device: reading.device, urgent: isUrgent }
    const key = streamKeyOf(stream)
    let batch = batches.get(key)
    if (batch === undefined) {
      const opened: Batch = { stream, readings: [], timer: undefined }
      const waitMs = isUrgent ? Math.min(urgentAfterMs, options.batchAfterMs) : options.batchAfterMs
      opened.timer = setTimeout(() => sendBatch(stream, opened), waitMs)
      batches.set(key, opened)
      batch = opened
    }
    batch.readings.push(reading)
    if (batch.readings.length >= options.batchReadingsMax) sendBatch(stream, batch)
  }

  const sendDocument = async (channel: OutboxChannel, device: string, body: { epcis: object } | { scans: Scan[] }): Promise<void> => {
    const time = clock.present()
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
      for (const reading of readings) for (const judged of series.take(normalise(reading))) collect(judged)
    },
    async readingsDurably(readings) {
      events.readingsTaken(readings.length)
      const kept: Promise<void>[] = []
      const judged = readings.flatMap((reading) => series.take(normalise(reading)))
      const streams = Map.groupBy(judged, ({ reading, isUrgent }) => streamKeyOf({ device: reading.device, urgent: isUrgent }))
      for (const [key, own] of streams) {
        const [first] = own
        if (first === undefined) continue
        // The batch goes first, so that the order of one stream stays.
        const batch = batches.get(key)
        if (batch !== undefined) sendBatch(batch.stream, batch)
        const stream = { device: first.reading.device, urgent: first.isUrgent }
        for (const part of partsOf(own, options.batchReadingsMax)) kept.push(sendTelemetry(stream, part))
      }
      flushSoon()
      const results = await Promise.allSettled(kept)
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
    async scan(scan, { device, rule, details }) {
      const timeMs = scan.timeMs ?? clock.present().timeMs
      const timed = { ...scan, timeMs }
      const holds = options.holds?.()
      const waiting = memory.pending(device)
      const refusal = holds?.refuse(timed, { device, rule, pending: waiting.keys })
      const as = refusal?.rule ?? rule
      const read =
        as === undefined ? undefined : scanReader.read(timed, as, { device, timeMs, details: { ...details, ...refusal?.details } })
      if (read === undefined) await sendDocument('scan', device, { scans: [timed] })
      else {
        await sendDocument('event', device, { epcis: read.event })
        read.settle()
        if (refusal === undefined) holds?.learn(read.event)
      }
      // What waited for a label that was refused is not packed by the next one.
      if (refusal?.isLabel === true) memory.clear(device, waiting.upTo)
    },
    event: (epcis, { device }) => sendDocument('event', device, { epcis }),
    refuse: (entry) => deadLetter.keep(entry),
    urgent(reading) {
      events.readingsTaken(1)
      const stream = { device: reading.device, urgent: true }
      collect({ reading: normalise(reading), isUrgent: true })
      const batch = batches.get(streamKeyOf(stream))
      if (batch !== undefined) sendBatch(stream, batch)
      flushSoon()
    },
    timeQuality: () => clock.present().timeQuality,
    flush() {
      for (const judged of series.release()) collect(judged)
      for (const batch of batches.values()) sendBatch(batch.stream, batch)
      outbox.flush()
    }
  }
}

function* partsOf(judged: readonly Judged<Reading>[], readingsMax: number): Generator<Reading[]> {
  for (let start = 0; start < judged.length; start += readingsMax)
    yield judged.slice(start, start + readingsMax).map(({ reading }) => reading)
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
