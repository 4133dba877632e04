/**
 * Plays a recording into a running agent: at a chosen speed, with its own times or shifted to now. It waits for the outbox
 * rather than filling memory, and counts everything it read, sent and refused.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '@tracegate/model/errors'
import { seriesKeyOf } from '@tracegate/model/telemetry'
import type { Edge } from '../edge.ts'
import type { SourceReading } from '../intake/intake.ts'
import { createPace } from '../source/replay/pace.ts'
import { readRecording, type RecordedRow, type RecordingOptions } from '../source/replay/recording.ts'
import { surveyRecording } from '../source/replay/survey.ts'

export interface ReplayOptions {
  readonly file: string
  readonly recording: RecordingOptions
  readonly point: string
  /** 1 plays in real time; `Infinity` as fast as the outbox takes it. */
  readonly speed: number
  readonly time: 'original' | 'now'
  readonly signal?: AbortSignal
  readonly onProgress?: (counts: Readonly<ReplayCounts>) => void
}

export interface ReplayCounts {
  rowsRead: number
  readingsSent: number
  /** Pairs of series and time among them: what a store that keeps one value each ends with. */
  distinctReadings: number
  rowsRefused: number
  readingsRefused: number
  /** Code of the reason to how often. */
  refusedFor: Record<string, number>
}

/** Readings that are handed to the outbox at once. */
const chunkReadingsMax = 1_000
/** Messages in the outbox at which the recording waits for the watermark. */
const outboxMessagesMax = 2_000
const reasonsMax = 50

export async function replayRecording(edge: Edge, options: ReplayOptions): Promise<ReplayCounts> {
  const survey = await surveyRecording(options.file, options.recording)
  for (const device of survey.devices) edge.announce(device)
  const counts: ReplayCounts = { rowsRead: 0, readingsSent: 0, distinctReadings: 0, rowsRefused: 0, readingsRefused: 0, refusedFor: {} }
  const times = new Map<string, Set<number>>()
  const startedMs = Date.now()
  const pace = createPace({ speed: options.speed, time: options.time, firstMs: survey.firstMs, lastMs: survey.lastMs, startedMs })
  let chunk: SourceReading[] = []

  const hand = async () => {
    const readings = chunk
    chunk = []
    if (readings.length === 0) return
    while (edge.status().outboxMessages > outboxMessagesMax && options.signal?.aborted !== true) await sleep(20)
    try {
      await edge.intake.readingsDurably(readings)
    } catch (error) {
      counts.readingsRefused += readings.length
      note(counts, error instanceof CodedError ? error.code : 'UNEXPECTED')
      return
    }
    counts.readingsSent += readings.length
    for (const reading of readings) {
      const key = seriesKeyOf({ ...reading, point: options.point })
      const known = times.get(key) ?? new Set()
      times.set(key, known)
      if (!known.has(reading.timeMs)) counts.distinctReadings += 1
      known.add(reading.timeMs)
    }
    options.onProgress?.(counts)
  }

  for await (const row of readRecording(options.file, options.recording)) {
    if (options.signal?.aborted === true) break
    counts.rowsRead += 1
    if (row.type === 'refused') {
      refuseRow(edge, options.file, row, counts)
      continue
    }
    for (const reading of row.readings) {
      const waitMs = pace.waitMs(reading.timeMs, Date.now())
      if (waitMs > 0) {
        await hand()
        await sleep(waitMs, undefined, { signal: options.signal }).catch(() => undefined)
      }
      chunk.push({ ...reading, timeMs: pace.timeMs(reading.timeMs) })
      if (chunk.length >= chunkReadingsMax) await hand()
    }
  }
  await hand()
  return counts
}

function refuseRow(edge: Edge, file: string, row: RecordedRow & { type: 'refused' }, counts: ReplayCounts): void {
  counts.rowsRefused += 1
  note(counts, row.reason.code)
  const reason = { ...row.reason, message: `line ${row.line}: ${row.reason.message}` }
  edge.intake.refuse({ source: file, reason, payload: Buffer.from(row.text) })
}

function note(counts: ReplayCounts, code: string): void {
  if (code in counts.refusedFor || Object.keys(counts.refusedFor).length < reasonsMax)
    counts.refusedFor[code] = (counts.refusedFor[code] ?? 0) + 1
}
