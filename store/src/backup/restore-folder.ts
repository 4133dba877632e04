/** Makes a data folder from a backup. It changes nothing of the backup, and writes over nothing. */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { storeError } from '../errors.ts'
import { isFree } from './backup-folder.ts'
import { digestOf, readManifest, type Manifest } from './manifest.ts'

export interface FolderRestoreOptions {
  readonly backup: string
  /** A folder that is empty or not there yet. */
  readonly dataDir: string
  readonly onProgress?: (progress: { readonly file: string; readonly done: number; readonly of: number }) => void
  readonly signal?: AbortSignal
}

/** Rejects with `STORE_TARGET`, or with `STORE_BACKUP` for a backup that is not whole; the data folder is then as it was. */
export async function restoreFolder({ backup, dataDir, onProgress, signal }: FolderRestoreOptions): Promise<Manifest> {
  const [from, to] = [resolve(backup), resolve(dataDir)]
  const manifest = await readManifest(from)
  if (!(await isFree(to))) throw storeError('STORE_TARGET', { action: 'restore', path: to })
  const isNew = !existsSync(to)
  // A folder that is there may be the root of a volume: it cannot be replaced, and what is beside it may be another disk.
  const part = isNew ? `${to}.restoring` : join(to, '.restoring')
  await rm(part, { recursive: true, force: true })
  try {
    for (const [at, { name, bytes, sha256 }] of manifest.files.entries()) {
      signal?.throwIfAborted()
      const copy = join(part, name)
      await mkdir(dirname(copy), { recursive: true, mode: 0o700 })
      await copyOf(from, name, copy)
      const found = await digestOf(copy)
      if (found.bytes !== bytes || found.sha256 !== sha256)
        throw storeError('STORE_BACKUP', {
          folder: from,
          detail: `${name} is not as it was written (${found.bytes} bytes, expected ${bytes})`
        })
      await synchronise(copy)
      onProgress?.({ file: name, done: at + 1, of: manifest.files.length })
    }
    if (isNew) await rename(part, to)
    else await moveUp(part, to)
    await synchronise(dirname(to))
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
  return manifest
}

async function moveUp(part: string, to: string): Promise<void> {
  for (const name of await readdir(part)) await rename(join(part, name), join(to, name))
  await rm(part, { recursive: true, force: true })
  await synchronise(to)
}

async function copyOf(folder: string, name: string, copy: string): Promise<void> {
  try {
    await copyFile(join(folder, name), copy)
  } catch (error) {
    // Of the backup or of the disk that it is copied to.
    const own = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'EISDIR')
    throw own ? storeError('STORE_BACKUP', { folder, detail: `${name} cannot be read` }, error) : toFileError(copy, error)
  }
}

function toFileError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const where = { action: 'restore', path }
  return error.code === 'ENOSPC'
    ? storeError('STORE_FULL', where, error)
    : storeError('STORE_IO', { ...where, detail: error.message }, error)
}

async function synchronise(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
