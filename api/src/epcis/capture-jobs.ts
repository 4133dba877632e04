/**
 * Capture jobs, durable in the register `captureJobs` from before the 202 on. The newest thousand are kept, fewer when their errors are
 * many. A job that ran when the process died is settled at the next start: its transaction was committed or it was not.
 */
import { randomUUID } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { CaptureJob, type CaptureBehaviour, type CaptureError } from '@tracegate/model/http-epcis'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'

export const jobsMax = 1_000
/** Longest head of a document that is kept with its job, in characters. */
const headLengthMax = 32_768
/** Of all jobs together. */
const keptErrorsMax = 20_000
/** Event ids of a job by which a restart tells whether it was committed. */
const witnessesMax = 32
/** How long the ends of jobs wait for each other before they are kept. */
const endsWaitMs = 200

const JobRow = Type.Object({
  job: CaptureJob,
  /** When its events were recorded; of this job alone. */
  recordTimeMs: Type.Integer(),
  witnesses: Type.Array(Type.String(), { maxItems: witnessesMax }),
  /** The document without its events, as JSON text. */
  head: Type.Optional(Type.String())
})
type JobRow = Static<typeof JobRow>
const jobRows = compileValidator(JobRow)

export interface CaptureJobs {
  /** Durable when it resolves. */
  begin(start: {
    readonly behaviour: CaptureBehaviour
    readonly recordTimeMs: number
    readonly eventIDs: readonly string[]
    readonly events: number
    readonly refused: number
    /** Of the events that are left out already. */
    readonly errors: readonly CaptureError[]
    /** The document without its events, as JSON text; a longer one than is kept is left out. */
    readonly head?: string
  }): Promise<CaptureJob>
  /** Durable when it resolves: what is known of a job that still runs. */
  note(job: CaptureJob): Promise<void>
  /**
   * What is known at once here and kept a little later, with the ends of other jobs: should the process die before, the next start finds
   * the same from the store.
   */
  end(job: CaptureJob): void
  /** Keeps the ends that are not kept yet. */
  flush(): Promise<void>
  get(captureID: string): CaptureJob | undefined
  /** The head of the document of a job, and the record time of its events. */
  document(captureID: string): { readonly head: string; readonly recordTimeMs: number } | undefined
  /** Newest first, those before `before`; a job stays where it is in this order. */
  page(query: { readonly before?: string; readonly limit: number }): { readonly jobs: readonly CaptureJob[]; readonly next?: string }
}

export interface CaptureJobsOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly nowMs: () => number
  /** Hears of ends that could not be kept. */
  readonly onFailed: (error: unknown) => void
}

export async function openCaptureJobs(options: CaptureJobsOptions): Promise<CaptureJobs> {
  const { cases } = options
  /** Oldest first. */
  const rows = new Map<string, JobRow>()
  for (const row of await readRows(options)) rows.set(row.job.captureID, row)
  let errors = [...rows.values()].reduce((sum, { job }) => sum + job.errors.length, 0)

  /** Puts the row among the others and gives the ids of those that have to go for it. */
  function place(row: JobRow): string[] {
    const { captureID } = row.job
    errors += row.job.errors.length - (rows.get(captureID)?.job.errors.length ?? 0)
    rows.set(captureID, row)
    const gone: string[] = []
    for (const [id, old] of rows) {
      if (rows.size <= jobsMax && errors <= keptErrorsMax) break
      if (old.job.running || id === captureID) continue
      rows.delete(id)
      errors -= old.job.errors.length
      gone.push(id)
    }
    return gone
  }

  async function keep(row: JobRow): Promise<void> {
    const gone = place(row)
    await Promise.all([cases.put('captureJobs', row.job.captureID, row), ...gone.map((id) => cases.remove('captureJobs', id))])
  }

  /** Ends that are known here and not kept yet, and rows that are still to be removed. */
  const ended = new Set<string>()
  const removed = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const [ends, ids] = [[...ended], [...removed]]
    ended.clear()
    removed.clear()
    await Promise.all([
      ...ends.flatMap((id) => {
        const row = rows.get(id)
        return row === undefined ? [] : [cases.put('captureJobs', id, row)]
      }),
      ...ids.map((id) => cases.remove('captureJobs', id))
    ])
  }

  return {
    async begin({ behaviour, recordTimeMs, eventIDs, events, refused, errors: found, head }) {
      const job: CaptureJob = {
        captureID: randomUUID(),
        createdAt: new Date(recordTimeMs).toISOString(),
        running: true,
        success: false,
        captureErrorBehaviour: behaviour,
        progress: { events, stored: 0, duplicates: 0, refused },
        errors: [...found]
      }
      const isKept = head !== undefined && head.length <= headLengthMax
      await keep({ job, recordTimeMs, witnesses: eventIDs.slice(0, witnessesMax), ...(isKept ? { head } : {}) })
      return job
    },
    async note(job) {
      const row = rows.get(job.captureID)
      if (row !== undefined) await keep({ ...row, job })
    },
    end(job) {
      const row = rows.get(job.captureID)
      if (row === undefined) return
      for (const id of place({ ...row, job })) removed.add(id)
      ended.add(job.captureID)
      timer ??= setTimeout(() => void flush().catch(options.onFailed), endsWaitMs).unref()
    },
    flush,
    get: (captureID) => rows.get(captureID)?.job,
    document(captureID) {
      const row = rows.get(captureID)
      return row?.head === undefined ? undefined : { head: row.head, recordTimeMs: row.recordTimeMs }
    },
    page({ before, limit }) {
      const all = [...rows.values()].map(({ job }) => job).sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
      // The place in the order is told by time and id, so that it outlives the job that it names.
      const rest = before === undefined ? all : all.filter((job) => placeOf(job) < before)
      const jobs = rest.slice(0, limit)
      const last = jobs.at(-1)
      return { jobs, ...(rest.length > limit && last !== undefined ? { next: placeOf(last) } : {}) }
    }
  }
}

function placeOf(job: CaptureJob): string {
  return `${job.createdAt}/${job.captureID}`
}

async function readRows(options: CaptureJobsOptions): Promise<JobRow[]> {
  const read: JobRow[] = []
  for (const { id, document } of await options.cases.list('captureJobs')) {
    const checked = jobRows.check(document)
    if (!checked.ok) {
      await options.cases.remove('captureJobs', id)
      continue
    }
    read.push(checked.value.job.running ? await settle(options, checked.value) : checked.value)
  }
  return read.toSorted((a, b) => (placeOf(a.job) < placeOf(b.job) ? -1 : 1))
}

/** The events of a job are one transaction with a record time of their own: one of them there tells of all. */
async function settle({ trace, cases, nowMs }: CaptureJobsOptions, row: JobRow): Promise<JobRow> {
  const { job, recordTimeMs, witnesses } = row
  const found =
    witnesses.length === 0
      ? []
      : (
          await trace.events({
            eventIDs: witnesses,
            recordFromMs: recordTimeMs,
            recordToMs: recordTimeMs + 1,
            order: 'ascending',
            orderBy: 'recordTime',
            limit: 1
          })
        ).json
  const committed = found.length > 0
  const { progress } = job
  const left = 'the process ended before the events were stored, none of them is there; send the document again'
  const settled: JobRow = {
    ...row,
    job: {
      ...job,
      running: false,
      success: committed && progress.refused === 0,
      finishedAt: new Date(nowMs()).toISOString(),
      progress: { ...progress, stored: committed ? progress.events - progress.refused : 0 },
      errors: committed
        ? job.errors
        : [...job.errors, { type: 'epcisException:ImplementationException', title: left, code: 'CAPTURE_INTERRUPTED', pointer: '' }]
    }
  }
  await cases.put('captureJobs', job.captureID, settled)
  return settled
}
