/**
 * Evidence bundles as jobs: a bounded number is made at once and waits, what is ready is kept for a day within a limit of octets, and then
 * deleted. A job survives a restart when its bundle was ready; one that was not is told as failed. Every bundle is in the audit journal.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import type { EvidenceQuestion } from '@tracegate/model/evidence'
import { EvidenceJob } from '@tracegate/model/http-exports'
import type { Principal } from '../accounts.ts'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { writeBundle } from './evidence-bundle.ts'
import { createEvidenceKeys, type EvidenceKeys } from './evidence-keys.ts'
import type { EvidenceAsk, EvidenceSources } from './evidence-scope.ts'

export interface EvidenceOffice {
  readonly keys: EvidenceKeys
  /** Begins, or waits its turn. Rejects with `EXPORTS_FULL` past the limit. */
  order(request: { readonly question: EvidenceQuestion; readonly ask: EvidenceAsk; readonly by: Principal }): Promise<EvidenceJob>
  /** Resolves when the job has ended or the time is over, with what it is then. */
  settled(id: string, withinMs: number): Promise<EvidenceJob | undefined>
  job(id: string): Promise<EvidenceJob | undefined>
  /** Newest first. */
  jobs(): Promise<readonly EvidenceJob[]>
  /** Where the bundle of a ready job lies. */
  pathOf(id: string): string
  remove(id: string, by: string): Promise<boolean>
  close(): Promise<void>
}

export interface EvidenceOfficeOptions {
  /** Bundles and what is known of them. */
  readonly folder: string
  readonly keysPath: string
  readonly context: EvidenceSources & Pick<ApiContext, 'nowMs' | 'events'>
  readonly limits?: Partial<typeof officeLimits>
}

const officeLimits = { running: 2, waiting: 8, kept: 50, keptBytes: 2_147_483_648, keptMs: 86_400_000 }
const jobs = compileValidator(EvidenceJob)
const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createEvidenceOffice(options: EvidenceOfficeOptions): EvidenceOffice {
  const { folder, context } = options
  const limits = { ...officeLimits, ...options.limits }
  const keys = createEvidenceKeys({ path: options.keysPath, nowMs: context.nowMs })
  const trail = createAuditTrail(context.cases, context.nowMs)
  const known = new Map<string, EvidenceJob>()
  const ends = new Map<string, Promise<void>>()
  const waiting: (() => void)[] = []
  let running = 0
  let closed = false
  let opening: Promise<void> | undefined

  const audit = (action: string, by: string, state: unknown) =>
    trail.append(`exports:${new Date(context.nowMs()).toISOString().slice(0, 7)}`, { by, action, state })
  const opened = () => (opening ??= takeUp(folder, known))
  const pathOf = (id: string) => join(folder, `${id}.zip`)

  async function keep(job: EvidenceJob): Promise<void> {
    known.set(job.id, job)
    const path = join(folder, `${job.id}.json`)
    await writeFile(`${path}.new`, JSON.stringify(job), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }

  async function forget(id: string): Promise<void> {
    known.delete(id)
    await Promise.all([rm(pathOf(id), { force: true }), rm(join(folder, `${id}.json`), { force: true })])
  }

  /** The oldest go first, until all limits hold. */
  async function tidy(): Promise<void> {
    const ended = [...known.values()]
      .filter(({ finishedAtMs }) => finishedAtMs !== undefined)
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
    let bytes = 0
    for (const [index, job] of ended.entries()) {
      bytes += job.bytes ?? 0
      const isOver = (job.expiresAtMs ?? 0) <= context.nowMs() || index >= limits.kept || (bytes > limits.keptBytes && index > 0)
      if (isOver) await forget(job.id)
    }
  }

  async function turn(): Promise<void> {
    if (running < limits.running) running += 1
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      await promise
    }
  }

  function turnEnds(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  async function run(first: EvidenceJob, ask: EvidenceAsk, by: Principal): Promise<void> {
    let job = first
    await turn()
    try {
      if (closed) throw new Error('the process is ending')
      job = { ...job, state: 'running' }
      known.set(job.id, job)
      const seal = await keys.current()
      const askedBy = { name: by.name, kind: by.kind }
      const { id, question, createdAtMs } = job
      const progress = (step: string, counts: Readonly<Record<string, number>>) => {
        if (closed) throw new Error('the process is ending')
        job = { ...job, step, progress: { ...counts } }
        known.set(id, job)
      }
      const { manifest, ...file } = await writeBundle(context, {
        id,
        path: pathOf(id),
        ask,
        question,
        askedBy,
        createdAtMs,
        seal,
        progress
      })
      await audit('export evidence sealed', by.name, { id, question, ...file, keyId: seal.keyId })
      job = { ...job, state: 'ready', ...file, keyId: seal.keyId, cut: manifest.cut, download: `/api/v1/exports/evidence/${id}/bundle` }
    } catch (error) {
      context.events.exportFailed({ id: job.id, error })
      await rm(pathOf(job.id), { force: true })
      job = { ...job, state: 'failed', detail: error instanceof Error ? error.message : String(error) }
    } finally {
      turnEnds()
    }
    const finishedAtMs = context.nowMs()
    const { step: _step, ...ended } = job
    await keep({ ...ended, finishedAtMs, expiresAtMs: finishedAtMs + limits.keptMs })
    await tidy()
  }

  return {
    keys,
    pathOf,
    async order({ question, ask, by }) {
      await opened()
      await tidy()
      const busy = ends.size
      const waitingMax = limits.running + limits.waiting
      if (closed || busy >= waitingMax) throw apiError('EXPORTS_FULL', { waiting: busy, waitingMax })
      const job: EvidenceJob = { id: randomUUID(), state: 'waiting', question, by: by.name, createdAtMs: context.nowMs(), progress: {} }
      known.set(job.id, job)
      const asked = audit('export evidence asked', by.name, { id: job.id, question })
      const end = asked
        .then(() => run(job, ask, by))
        .catch((error: unknown) => {
          known.delete(job.id)
          context.events.exportFailed({ id: job.id, error })
        })
        .finally(() => ends.delete(job.id))
      ends.set(job.id, end)
      await asked
      return job
    },
    async settled(id, withinMs) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, withinMs)
      await Promise.race([ends.get(id), promise])
      clearTimeout(timer)
      return known.get(id)
    },
    async job(id) {
      await opened()
      await tidy()
      return known.get(id)
    },
    async jobs() {
      await opened()
      await tidy()
      return [...known.values()].toSorted((left, right) => right.createdAtMs - left.createdAtMs)
    },
    async remove(id, by) {
      await opened()
      if (known.get(id)?.finishedAtMs === undefined) return false
      await audit('export evidence removed', by, { id })
      await forget(id)
      return true
    },
    async close() {
      closed = true
      await Promise.all(ends.values())
    }
  }
}

/** Knows again what an earlier run left ready; what it left unfinished, and files of nobody, go. */
async function takeUp(folder: string, known: Map<string, EvidenceJob>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const decoded = decodeMessage(jobs, await readFile(join(folder, name)))
    const job = decoded.ok ? decoded.value : undefined
    const isWhole =
      job?.finishedAtMs !== undefined && `${job.id}.json` === name && (job.state !== 'ready' || names.includes(`${job.id}.zip`))
    if (job !== undefined && isWhole) known.set(job.id, job)
  }
  for (const name of names) {
    const [id = ''] = name.split('.')
    if (idPattern.test(id) && !known.has(id)) await rm(join(folder, name), { force: true })
  }
}
