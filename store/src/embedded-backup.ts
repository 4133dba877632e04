/**
 * Copies the file of an embedded store while it is written: one state of it, with readings and source offsets that belong together. It
 * reads within one transaction of its own connection, so that a busy writer never makes it begin anew; the writer is never stopped.
 */
import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { busyTimeoutMs, numberOf, textOf, toStoreError } from './embedded/sqlite.ts'
import { storeError } from './errors.ts'
import type { BatchSource } from './telemetry-store.ts'

export interface BackupOptions {
  /** Path of the copy; it must be free. Until the copy is whole and on disk it has the ending `.part`. */
  readonly target: string
  /** Pages of 4 KiB a step; between two steps other work has its turn. Default 1,000. */
  readonly pagesPerStep?: number
  readonly onProgress?: (progress: { readonly pages: number; readonly of: number }) => void
  readonly signal?: AbortSignal
}

export interface BackupResult {
  readonly path: string
  readonly bytes: number
  /** Up to where the copy has taken each log. */
  readonly sources: readonly BatchSource[]
}

/** Copies `telemetry.db` of a data folder. Rejects with `STORE_IO`, `STORE_FULL`, `STORE_CORRUPT` or `STORE_TARGET`, and then leaves no copy. */
export async function backupTelemetry(options: BackupOptions & { readonly dataDir: string }): Promise<BackupResult> {
  return backupSqlite({ ...options, path: join(resolve(options.dataDir), 'telemetry.db') })
}

/** The same for the file of any embedded store; `sources` is empty where it has none. */
export async function backupSqlite(options: BackupOptions & { readonly path: string }): Promise<BackupResult> {
  const { path, signal } = options
  const target = resolve(options.target)
  const part = `${target}.part`
  const action = 'back up store'
  if (!existsSync(path)) throw storeError('STORE_IO', { action, path, detail: 'no such file' })
  if (existsSync(target)) throw storeError('STORE_TARGET', { action, path: target })
  try {
    const sources = await copyInSnapshot(options, part)
    signal?.throwIfAborted()
    makeOneFile(part)
    const bytes = await synchronise(part)
    await rename(part, target)
    await synchronise(dirname(target))
    return { path: target, bytes, sources }
  } catch (error) {
    for (const ending of ['', '-wal', '-shm', '-journal']) await rm(`${part}${ending}`, { force: true })
    throw toStoreError({ action, path }, error)
  }
}

async function copyInSnapshot(options: BackupOptions & { readonly path: string }, part: string): Promise<BatchSource[]> {
  const database = new DatabaseSync(options.path, { readOnly: true, timeout: busyTimeoutMs })
  try {
    database.exec('BEGIN')
    const sources = sourcesOf(database)
    await rm(part, { force: true })
    await backup(database, part, {
      rate: options.pagesPerStep ?? 1_000,
      progress({ totalPages, remainingPages }) {
        options.signal?.throwIfAborted()
        options.onProgress?.({ pages: totalPages - remainingPages, of: totalPages })
      }
    })
    database.exec('COMMIT')
    return sources
  } finally {
    database.close()
  }
}

/** Without a write-ahead log a copy can be read where nothing can be written, and reading it leaves nothing beside it. */
function makeOneFile(path: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = DELETE')
  } finally {
    database.close()
  }
}

function sourcesOf(database: DatabaseSync): BatchSource[] {
  // This is also the read that fixes the state which the transaction sees.
  const has = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'source'").get()
  if (has === undefined) return []
  const rows = database.prepare('SELECT * FROM source').all()
  return rows.flatMap((row) => ('up_to' in row && 'log' in row ? [{ log: textOf(row, 'log'), upTo: numberOf(row, 'up_to') }] : []))
}

/** Gives its size. */
async function synchronise(path: string): Promise<number> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}
