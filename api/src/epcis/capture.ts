/**
 * Capture of EPCIS documents as jobs, and of single events at once. A document is stored by one transaction: with `rollback` it is there
 * as a whole or not at all, and nobody reads of it before it is committed; the bus hears of it afterwards. A document that comes again
 * is no error: events that are there with the same content count as captured.
 */
import type { Reason } from '@tracegate/model/errors'
import type { CaptureBehaviour, CaptureError, CaptureJob } from '@tracegate/model/http-epcis'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { TraceStore } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import type { ApiEvents } from '../events.ts'
import { sortCandidates } from './capture-conflicts.ts'
import { errorsMax, prepareDocument, prepareEvent, type Candidate, type Prepared } from './capture-document.ts'
import type { CaptureJobs } from './capture-jobs.ts'
import { createHolds } from './in-flight.ts'

/** Documents between the 202 and their end. */
const runningMax = 64

export interface CaptureRequest {
  /** An EPCIS document, or a bare event for `one`, as JSON. */
  readonly body: unknown
  readonly extensions: Readonly<Record<string, string>>
  /** Account or key that captures; master data of the header is known as its word. */
  readonly by?: string
  /** Of a body that came as XML: the path of a pointer into its JSON form. */
  readonly pathOf?: (pointer: string) => string
}

type CaptureSource = Pick<CaptureRequest, 'pathOf' | 'by'>

export interface Captures {
  /** Checks the document and begins to store it; rejects at once when nothing of it can be stored. `onEnd` hears of the job's end. */
  begin(request: CaptureRequest & { readonly behaviour: CaptureBehaviour }, onEnd?: () => void): Promise<CaptureJob>
  /** Stores one event and waits for it. */
  one(request: CaptureRequest): Promise<TraceEvent>
}

export interface CaptureOptions {
  readonly trace: TraceStore
  readonly bus: Bus
  readonly events: ApiEvents
  readonly jobs: CaptureJobs
  readonly nowMs: () => number
  /** Takes company prefixes from identifiers that were captured. */
  readonly learnPrefixes?: (json: readonly string[]) => void
  /** Takes the vocabulary list of a header; gives what of it was not taken. */
  readonly takeMasterData?: (
    vocabularyList: unknown,
    source: { readonly capture: string; readonly by?: string }
  ) => Promise<readonly Reason[]>
}

export function createCaptures(options: CaptureOptions): Captures {
  const { jobs, nowMs } = options
  const holds = createHolds()
  let running = 0
  let recordedMs = 0

  /** Each capture has a record time of its own, by which a restart finds out whether it was committed. */
  function recordTime(): number {
    recordedMs = Math.max(nowMs(), recordedMs + 1)
    return recordedMs
  }

  async function settle(job: CaptureJob, prepared: Prepared, from: CaptureSource): Promise<CaptureJob> {
    const { pathOf } = from
    const errors: CaptureError[] = [...job.errors]
    const warnings: CaptureError[] = []
    let { progress } = job
    try {
      const release = await holds.hold(prepared.candidates.map(({ event }) => event.eventID))
      try {
        const { fresh, duplicates, conflicts } = await sortCandidates(options.trace, prepared.candidates)
        errors.push(...conflicts.map((finding) => captureError('ResourceAlreadyExistsException', finding, pathOf)))
        progress = { ...progress, duplicates, refused: progress.refused + conflicts.length }
        const goesOn = job.captureErrorBehaviour === 'proceed' || errors.length === 0
        // A restart must know of them.
        if (goesOn && conflicts.length > 0) await jobs.note({ ...job, progress, errors: errors.slice(0, errorsMax) })
        const stored = goesOn ? await store(options, fresh) : 0
        if (goesOn) warnings.push(...(await takeHeader(options, prepared.vocabularyList, { job, from })))
        else progress = { ...progress, duplicates: 0, refused: progress.events }
        progress = { ...progress, stored }
        options.events.captured('duplicate', progress.duplicates)
        options.events.captured('refused', progress.refused)
      } finally {
        release()
      }
    } catch (error) {
      options.events.captureFailed({ capture: job.captureID, error })
      const message = 'the events could not be stored; send the document again'
      errors.push(captureError('ImplementationException', { code: 'CAPTURE_FAILED', pointer: '', message }, pathOf))
    }
    const finishedAt = new Date(nowMs()).toISOString()
    const ended = { ...job, running: false, success: errors.length === 0, finishedAt, progress, errors: errors.slice(0, errorsMax) }
    return warnings.length === 0 ? ended : { ...ended, warnings }
  }

  /** Never rejects: what went wrong is in the job. */
  async function run(job: CaptureJob, prepared: Prepared, from: CaptureSource): Promise<void> {
    jobs.end(await settle(job, prepared, from))
  }

  return {
    async begin(request, onEnd) {
      const { body, extensions, behaviour, pathOf } = request
      if (running >= runningMax) throw apiError('EPCIS_CAPTURE_BUSY', { running, max: runningMax })
      running += 1
      const end = () => {
        running -= 1
        onEnd?.()
      }
      try {
        const recordTimeMs = recordTime()
        const prepared = await prepareDocument(body, { behaviour, recordTimeMs, extensions, origin: pathOf === undefined ? 'json' : 'xml' })
        const job = await jobs.begin({
          behaviour,
          recordTimeMs,
          eventIDs: prepared.candidates.map(({ event }) => event.eventID),
          events: prepared.count,
          refused: prepared.refused,
          head: prepared.head,
          errors: prepared.findings.map((finding) => captureError('ValidationException', finding, pathOf))
        })
        void run(job, prepared, request).finally(end)
        return job
      } catch (error) {
        end()
        throw error
      }
    },
    async one({ body, extensions, pathOf }) {
      const candidate = prepareEvent(body, { recordTimeMs: recordTime(), extensions, origin: pathOf === undefined ? 'json' : 'xml' })
      const { event } = candidate
      const release = await holds.hold([event.eventID])
      try {
        const { fresh } = await sortCandidates(options.trace, [candidate])
        const stored = await store(options, fresh)
        if (stored !== 1) {
          options.events.captured('duplicate', 1)
          throw apiError('EPCIS_EVENT_EXISTS', { eventID: event.eventID })
        }
      } finally {
        release()
      }
      return event
    }
  }
}

/** One transaction. Gives how many were stored. */
async function store(options: CaptureOptions, candidates: readonly Candidate[]): Promise<number> {
  if (candidates.length === 0) return 0
  const events = candidates.map(({ event }) => event)
  const outcomes = await options.trace.capture(events)
  const stored = events.filter((_event, index) => outcomes[index]?.outcome === 'stored')
  options.events.captured('stored', stored.length)
  options.learnPrefixes?.(stored.map(({ json }) => json))
  if (stored.length > 0) options.bus.publish('events', { events: stored, receivedAtMs: options.nowMs() })
  return stored.length
}

async function takeHeader(
  options: CaptureOptions,
  vocabularyList: unknown,
  { job, from }: { readonly job: CaptureJob; readonly from: CaptureSource }
): Promise<readonly CaptureError[]> {
  if (vocabularyList === undefined || options.takeMasterData === undefined) return []
  const findings = await options.takeMasterData(vocabularyList, {
    capture: job.captureID,
    ...(from.by === undefined ? {} : { by: from.by })
  })
  return findings.map((finding) => captureError('ValidationException', finding, from.pathOf))
}

function captureError(type: string, finding: Reason, pathOf: CaptureRequest['pathOf']): CaptureError {
  const { code, pointer, message } = finding
  return {
    type: `epcisException:${type}`,
    title: message,
    code,
    pointer,
    ...(pathOf === undefined ? {} : { path: pathOf(pointer) })
  }
}
