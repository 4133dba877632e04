/**
 * The replay source: a recording played as if its devices were here. It waits for the outbox rather than pushing other readings out, and
 * starts from the beginning with every start of the agent.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceReading } from '../../intake/intake.ts'
import type { ProbeFinding, ProbeOptions, Source, SourceDependencies, SourceRunner } from '../source.ts'
import { createPace, type Pace } from './pace.ts'
import { readRecording } from './recording.ts'
import { recordingOf, type ReplaySource } from './replay-config.ts'
import { type RecordingSurvey, surveyRecording } from './survey.ts'

export const replayRunner: SourceRunner<ReplaySource> = { start: startReplaySource, probe: probeReplay }

const chunkReadingsMax = 500
/** Wait before the outbox is asked again whether it has room. */
const roomCheckMs = 50
/** Wait before a chunk that the outbox refused is tried again. */
const refusedRetryMs = 1_000
const shownReadingsMax = 50

interface Progress {
  state: 'reading' | 'playing' | 'ended' | 'failed'
  round: number
  sent: number
  refusedRows: number
  detail: string
  lastDataAtMs: number | undefined
}

function startReplaySource(config: ReplaySource, dependencies: SourceDependencies): Source {
  const stop = new AbortController()
  const progress: Progress = { state: 'reading', round: 0, sent: 0, refusedRows: 0, detail: '', lastDataAtMs: undefined }
  const playing = play(config, { dependencies, signal: stop.signal, progress })
  return {
    status() {
      const { state, round, sent, refusedRows, detail, lastDataAtMs } = progress
      const figures = `${state}, round ${round}, ${sent} readings sent, ${refusedRows} rows refused`
      return {
        name: config.file,
        type: 'replay',
        connected: state !== 'failed',
        detail: detail === '' ? figures : detail,
        ...(lastDataAtMs === undefined ? {} : { lastDataAtMs })
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await playing
    }
  }
}

interface Player {
  readonly dependencies: SourceDependencies
  readonly signal: AbortSignal
  readonly progress: Progress
}

async function play(config: ReplaySource, player: Player): Promise<void> {
  const { dependencies, signal, progress } = player
  let survey: RecordingSurvey | undefined
  try {
    survey = await surveyRecording(config.file, recordingOf(config))
    for (const { id, ...declared } of survey.devices) dependencies.onDevice(id, true, '', declared)
    const rounds = config.rounds === 'endless' ? Infinity : (config.rounds ?? 1)
    for (let round = 0; round < rounds && !signal.aborted; round += 1) {
      progress.state = 'playing'
      progress.round = round + 1
      await playRound(config, { ...player, survey, round })
    }
    if (!signal.aborted) progress.state = 'ended'
  } catch (error) {
    // What is wrong with a file does not get better by itself.
    progress.state = 'failed'
    progress.detail = error instanceof Error ? error.message : String(error)
    dependencies.logger.error({ source: config.file, detail: progress.detail }, 'replay failed')
  }
  for (const { id } of survey?.devices ?? []) dependencies.onDevice(id, false, 'recording ended')
}

async function playRound(
  config: ReplaySource,
  player: Player & { readonly survey: RecordingSurvey; readonly round: number }
): Promise<void> {
  const { dependencies, signal, progress, survey, round } = player
  const pace = paceOf(config, survey, round)
  let chunk: SourceReading[] = []
  const hand = async () => {
    const readings = chunk
    chunk = []
    if (readings.length > 0) await give(readings, player, config.waitingMessagesMax ?? 2_000)
  }
  for await (const row of readRecording(config.file, recordingOf(config))) {
    if (signal.aborted) return
    if (row.type === 'refused') {
      progress.refusedRows += 1
      const reason = { ...row.reason, message: `line ${row.line}: ${row.reason.message}` }
      // Told once: a later round has the same rows.
      if (round === 0) dependencies.intake.refuse({ source: config.file, reason, payload: Buffer.from(row.text) })
      continue
    }
    for (const reading of row.readings) {
      const waitMs = pace.waitMs(reading.timeMs, Date.now())
      if (waitMs > 0) {
        await hand()
        await pause(waitMs, signal)
        if (signal.aborted) return
      }
      chunk.push({ ...reading, timeMs: pace.timeMs(reading.timeMs) })
      if (chunk.length >= chunkReadingsMax) await hand()
    }
  }
  await hand()
  if (config.speed !== 'max') await pause((config.intervalMs ?? 5_000) / (config.speed ?? 1), signal)
}

function paceOf(config: ReplaySource, survey: RecordingSurvey, round: number): Pace {
  const lengthMs = survey.lastMs - survey.firstMs + (config.intervalMs ?? 5_000)
  return createPace({
    speed: config.speed === 'max' ? Infinity : (config.speed ?? 1),
    time: config.time ?? 'now',
    firstMs: survey.firstMs,
    lastMs: survey.lastMs,
    startedMs: Date.now(),
    shiftMs: round * lengthMs
  })
}

async function give(readings: readonly SourceReading[], { dependencies, signal, progress }: Player, waitingMax: number): Promise<void> {
  while (!signal.aborted) {
    if (dependencies.waitingMessages() >= waitingMax) {
      await pause(roomCheckMs, signal)
      continue
    }
    try {
      await dependencies.intake.readingsDurably(readings)
      progress.sent += readings.length
      progress.lastDataAtMs = Date.now()
      return
    } catch {
      // Counted by the intake; the recording is still there and can wait.
      await pause(refusedRetryMs, signal)
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Reads the file to its end and shows the first reading of each series. */
async function* probeReplay(config: ReplaySource, options: ProbeOptions): AsyncGenerator<ProbeFinding> {
  const firsts = new Map<string, string>()
  const refused = { rows: 0, first: '' }
  let rows = 0
  try {
    for await (const row of readRecording(config.file, recordingOf(config))) {
      if (options.signal.aborted) break
      rows += 1
      if (row.type === 'refused') {
        refused.rows += 1
        if (refused.first === '') refused.first = `line ${row.line}: ${row.reason.message}`
        continue
      }
      for (const { device, metric, value, unit, timeMs } of row.readings) {
        const key = `${device} ${metric}`
        if (firsts.has(key) || firsts.size >= shownReadingsMax) continue
        firsts.set(key, `${Number.isNaN(value) ? 'no value' : `${value} ${unit}`} at ${new Date(timeMs).toISOString()}`)
      }
    }
  } catch (error) {
    yield { item: config.file, ok: false, detail: error instanceof Error ? error.message : String(error) }
    return
  }
  const wrong = refused.rows === 0 ? '' : `, ${refused.rows} of them refused, the first: ${refused.first}`
  yield { item: config.file, ok: refused.rows === 0 && firsts.size > 0, detail: `${rows} rows${wrong}` }
  for (const [item, detail] of firsts) yield { item, ok: true, detail }
}
