/** Looks for damage in all stores of a data folder or a backup. It repairs nothing, and may run while the platform does. */
import { DatabaseSync } from 'node:sqlite'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from '@tracegate/model/errors'
import { verifyTelemetry, type Finding } from '../embedded-verify.ts'
import { verifyTrace } from '../embedded-verify-trace.ts'
import { busyTimeoutMs, textOf, withStoreErrors } from '../embedded/sqlite.ts'
import { storeError } from '../errors.ts'
import { dataFilesOf } from './data-files.ts'
import { digestOf, manifestName, readManifest } from './manifest.ts'
import { verifyJournals } from './verify-journals.ts'

export interface FileVerdict {
  readonly file: string
  /** What was looked at, for people. */
  readonly looked: string
  readonly findings: readonly Finding[]
  readonly findingsTotal: number
}

export interface FolderVerifyOptions {
  readonly folder: string
  readonly onFile?: (verdict: FileVerdict) => void
  /** Ends it before the next file. */
  readonly signal?: AbortSignal
}

/** Rejects with `STORE_BACKUP` when the folder holds no store; what cannot be opened is a finding. */
export async function verifyFolder({ folder, onFile, signal }: FolderVerifyOptions): Promise<FileVerdict[]> {
  const path = resolve(folder)
  const files = await dataFilesOf(path).catch(() => [])
  const databases = files.filter(({ isDatabase }) => isDatabase)
  if (databases.length === 0) throw storeError('STORE_BACKUP', { folder: path, detail: 'it holds no store' })
  const verdicts: FileVerdict[] = []
  const add = (verdict: FileVerdict) => {
    verdicts.push(verdict)
    onFile?.(verdict)
  }
  if (existsSync(join(path, manifestName))) add(await verifyManifest(path))
  for (const { name } of databases) {
    signal?.throwIfAborted()
    add(await verifyFile(join(path, name), name))
  }
  return verdicts
}

async function verifyFile(path: string, name: string): Promise<FileVerdict> {
  try {
    if (name === 'telemetry.db') {
      const { findings, findingsTotal, series, blocks, readings, batches } = await verifyTelemetry({ path })
      return {
        file: name,
        looked: `${series} series, ${readings} readings in ${blocks} blocks, ${batches} batches not folded yet`,
        findings,
        findingsTotal
      }
    }
    if (name === 'trace.db') {
      const { findings, findingsTotal, events, references } = await verifyTrace({ folder: dirname(path) })
      return { file: name, looked: `${events} events, ${references} references to them`, findings, findingsTotal }
    }
    const problems = quickCheck(path)
    if (problems.length > 0 || name !== 'cases.db')
      return { file: name, looked: 'every page', findings: problems, findingsTotal: problems.length }
    const { findings, journals, steps } = verifyJournals(path)
    return { file: name, looked: `every page, ${steps} steps of ${journals} journals`, findings, findingsTotal: findings.length }
  } catch (error) {
    if (isOlder(error)) {
      const problems = quickCheck(path)
      const looked = 'every page; of an earlier schema, the rest can be checked once the platform has opened it'
      return { file: name, looked, findings: problems, findingsTotal: problems.length }
    }
    const problem = error instanceof Error ? error.message : String(error)
    return { file: name, looked: 'nothing', findings: [{ place: 'file', problem }], findingsTotal: 1 }
  }
}

/** A file that the platform will bring to its schema when it opens it: not looked into, and not damaged. */
function isOlder(error: unknown): boolean {
  if (!(error instanceof CodedError) || error.code !== 'STORE_VERSION') return false
  const { current, wanted } = error.parameters
  return typeof current === 'number' && typeof wanted === 'number' && current < wanted
}

function quickCheck(path: string): Finding[] {
  return withStoreErrors({ action: 'verify store', path }, () => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
    try {
      return database
        .prepare('PRAGMA integrity_check(100)')
        .all()
        .map((row) => textOf(row, 'integrity_check'))
        .filter((problem) => problem !== 'ok')
        .map((problem) => ({ place: 'file', problem }))
    } finally {
      database.close()
    }
  })
}

async function verifyManifest(folder: string): Promise<FileVerdict> {
  const { files } = await readManifest(folder)
  const findings: Finding[] = []
  for (const { name, sha256 } of files) {
    const found = await digestOf(join(folder, name)).catch(() => undefined)
    if (found === undefined) findings.push({ place: name, problem: 'it is missing' })
    else if (found.sha256 !== sha256) findings.push({ place: name, problem: 'its checksum is another than when it was written' })
  }
  return { file: manifestName, looked: `checksums of ${files.length} files`, findings, findingsTotal: findings.length }
}
