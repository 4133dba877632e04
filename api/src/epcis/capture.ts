/**
 * Capture of EPCIS documents as jobs. A job is kept in memory, the newest thousand; the events themselves are durable when it says
 * success. A document that comes again is no error: events that are there with the same content count as captured.
 */
import { randomUUID } from 'node:crypto'
import { decodeJson } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { checkEvent, type EpcisEvent } from '@tracegate/model/epcis/event'
import { parseCapture } from '@tracegate/model/epcis/document'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { TraceStore } from '@tracegate/store/trace-store'
import { apiError } from '../errors.ts'
import type { ApiEvents } from '../events.ts'
import { FindingsError } from '../problem.ts'

export const captureBehaviours = ['rollback', 'proceed'] as const
export type CaptureBehaviour = (typeof captureBehaviours)[number]

export interface CaptureJob {
  readonly captureID: string
  readonly createdAt: string
  readonly finishedAt?: string
  readonly running: boolean
  readonly success: boolean
  readonly captureErrorBehaviour: CaptureBehaviour
  readonly errors: readonly CaptureError[]
}
interface CaptureError {
  readonly type: string
  readonly title: string
  readonly code: string
  /** JSON pointer into the document. */
  readonly pointer: string
}

const jobsMax = 1_000
const runningMax = 8
const errorsMax = 1_000
const lookupChunk = 500

export interface Captures {
  /** Checks the document and begins to store it; rejects at once what a rollback leaves nothing of. */
  begin(document: unknown, behaviour: CaptureBehaviour): CaptureJob
  /** Stores one event and waits for it. */
  one(event: unknown): Promise<TraceEvent>
  job(captureID: string): CaptureJob | undefined
  /** Newest first. */
  jobs(): readonly CaptureJob[]
}

export interface CaptureOptions {
  readonly trace: TraceStore
  readonly bus: Bus
  readonly events: ApiEvents
  readonly nowMs: () => number
}

interface Checked {
  readonly events: readonly { readonly event: EpcisEvent; readonly pointer: string }[]
  readonly context: unknown
  readonly findings: readonly Reason[]
}

export function createCaptures(options: CaptureOptions): Captures {
  const jobs = new Map<string, CaptureJob>()
  let running = 0

  function keep(job: CaptureJob): CaptureJob {
    jobs.set(job.captureID, job)
    for (const [id, old] of jobs) {
      if (jobs.size <= jobsMax) break
      if (!old.running) jobs.delete(id)
    }
    return job
  }

  return {
    begin(document, behaviour) {
      if (running >= runningMax) throw apiError('EPCIS_CAPTURE_BUSY', { running, max: runningMax })
      const checked = checkDocument(document, behaviour)
      const createdAt = new Date(options.nowMs()).toISOString()
      const captureID = randomUUID()
      const job = keep({ captureID, createdAt, running: true, success: false, captureErrorBehaviour: behaviour, errors: [] })
      running += 1
      void runJob(options, job, checked).then((ended) => {
        running -= 1
        keep(ended)
      })
      return job
    },
    async one(value) {
      const checked = checkEvent(value)
      if (!checked.ok) throw invalid(checked.findings)
      const event = toTraceEvent(checked.event, { recordTimeMs: options.nowMs(), context: checked.event['@context'] })
      const [stored] = await store(options, [event])
      if (stored !== 'stored') throw apiError('EPCIS_EVENT_EXISTS', { eventID: event.eventID })
      return event
    },
    job: (captureID) => jobs.get(captureID),
    jobs: () => [...jobs.values()].toReversed()
  }
}

/** Never rejects: what went wrong is in the job. */
async function runJob(options: CaptureOptions, job: CaptureJob, checked: Checked): Promise<CaptureJob> {
  const errors: CaptureError[] = checked.findings.map((finding) => captureError('ValidationException', finding))
  try {
    const candidates = checked.events.map(({ event, pointer }) => ({
      event: toTraceEvent(event, { recordTimeMs: options.nowMs(), context: checked.context }),
      hash: () => eventHashId(event, checked.context),
      pointer
    }))
    const conflicts = await findConflicts(options.trace, candidates)
    errors.push(...conflicts.map((finding) => captureError('ResourceAlreadyExistsException', finding)))
    const refused = new Set(conflicts.map((finding) => finding.pointer))
    const kept = candidates.filter(({ pointer }) => !refused.has(pointer)).map(({ event }) => event)
    options.events.captured('refused', refused.size + checked.findings.length)
    if (job.captureErrorBehaviour === 'proceed' || errors.length === 0) await store(options, kept)
  } catch (error) {
    options.events.captureFailed({ capture: job.captureID, error })
    const message = 'the events could not be stored; send the document again'
    errors.push(captureError('ImplementationException', { code: 'CAPTURE_FAILED', pointer: '', message }))
  }
  const finishedAt = new Date(options.nowMs()).toISOString()
  return { ...job, running: false, success: errors.length === 0, finishedAt, errors: errors.slice(0, errorsMax) }
}

/** With `rollback` a single finding refuses the document; with `proceed` the good events go on. */
function checkDocument(document: unknown, behaviour: CaptureBehaviour): Checked {
  const parsed = parseCapture(document)
  if (parsed.ok && parsed.form !== 'event') {
    const at = listPointer(parsed.form === 'queryDocument')
    return { events: parsed.events.map((event, index) => ({ event, pointer: `${at}/${index}` })), context: parsed.context, findings: [] }
  }
  if (parsed.ok)
    throw invalid([
      { code: 'EPCIS_DOCUMENT_TYPE', pointer: '/type', message: 'the body is an event, expected a document; POST it to /events' }
    ])
  const tooMany = parsed.findings.find((finding) => finding.code === 'EPCIS_TOO_MANY_EVENTS')
  if (tooMany !== undefined) throw new FindingsError(apiError('EPCIS_TOO_MANY_EVENTS', { count: 'too many', max: eventsMax }), [tooMany])
  if (behaviour === 'rollback') throw invalid(parsed.findings)
  return checkEach(document, parsed.findings)
}

function checkEach(document: unknown, findings: readonly Reason[]): Checked {
  const isQuery = memberOf(document, 'type') === 'EPCISQueryDocument'
  const at = listPointer(isQuery)
  const list = at
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => memberOf(value, name), document)
  // What is wrong outside of the events leaves nothing to go on with.
  if (!Array.isArray(list) || findings.some((finding) => !finding.pointer.startsWith(`${at}/`))) throw invalid(findings)
  const good: { event: EpcisEvent; pointer: string }[] = []
  const bad: Reason[] = []
  for (const [index, value] of list.entries()) {
    const pointer = `${at}/${index}`
    const checked = checkEvent(value, pointer)
    if (checked.ok) good.push({ event: checked.event, pointer })
    else if (bad.length < errorsMax) bad.push(...checked.findings)
  }
  return { events: good, context: memberOf(document, '@context'), findings: bad }
}

/** The limit of the model's parser, named in the headers. */
export const eventsMax = 10_000

function listPointer(query: boolean): string {
  return query ? '/epcisBody/queryResults/resultsBody/eventList' : '/epcisBody/eventList'
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
}

function invalid(findings: readonly Reason[]): FindingsError {
  return new FindingsError(apiError('EPCIS_INVALID', { count: findings.length }), findings)
}

interface Candidate {
  readonly event: TraceEvent
  readonly pointer: string
  /** The hash of the content; worked out only where two events share an eventID. */
  readonly hash: () => string
}

/** Events whose eventID stands on another content already. */
async function findConflicts(trace: TraceStore, candidates: readonly Candidate[]): Promise<Reason[]> {
  const conflicts: Reason[] = []
  const earlier = new Map<string, Candidate>()
  for (let start = 0; start < candidates.length; start += lookupChunk) {
    const chunk = candidates.slice(start, start + lookupChunk).filter(({ event }) => event.errorDeclaration === undefined)
    const known = await knownHashes(trace, [...new Set(chunk.map(({ event }) => event.eventID))])
    for (const candidate of chunk) {
      const { eventID } = candidate.event
      const before = earlier.get(eventID)
      const hashes = known.get(eventID) ?? (before === undefined ? [] : [before.hash()])
      if (before === undefined) earlier.set(eventID, candidate)
      if (hashes.length === 0 || hashes.includes(candidate.hash())) continue
      const message = `eventID "${eventID}" stands on another event already, expected a new one`
      conflicts.push({ code: 'EPCIS_EVENT_EXISTS', pointer: candidate.pointer, message })
    }
  }
  return conflicts
}

async function knownHashes(trace: TraceStore, eventIDs: readonly string[]): Promise<Map<string, string[]>> {
  const hashes = new Map<string, string[]>()
  if (eventIDs.length === 0) return hashes
  const page = await trace.events({ eventIDs, order: 'ascending', orderBy: 'recordTime', limit: eventsMax })
  for (const json of page.json) {
    const decoded = decodeJson(encoder.encode(json))
    const checked = decoded.ok ? checkEvent(decoded.value) : undefined
    const id = checked?.ok === true ? checked.event.eventID : undefined
    if (checked?.ok !== true || id === undefined) continue
    hashes.set(id, [...(hashes.get(id) ?? []), eventHashId(checked.event, checked.event['@context'])])
  }
  return hashes
}

const encoder = new TextEncoder()

async function store(options: CaptureOptions, events: readonly TraceEvent[]): Promise<string[]> {
  if (events.length === 0) return []
  const receivedAtMs = options.nowMs()
  const outcomes = await options.trace.capture(events)
  const stored = events.filter((_event, index) => outcomes[index]?.outcome === 'stored')
  if (stored.length > 0) options.bus.publish('events', { events: stored, receivedAtMs })
  options.events.captured('stored', stored.length)
  options.events.captured('duplicate', events.length - stored.length)
  return outcomes.map((outcome) => outcome.outcome)
}

function captureError(type: string, finding: Reason): CaptureError {
  return { type: `epcisException:${type}`, title: finding.message, code: finding.code, pointer: finding.pointer }
}
