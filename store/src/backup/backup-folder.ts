/** Copies a data folder while the platform runs on it. The copy holds everything that was acknowledged before it began. */
import { copyFile, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { backupSqlite } from '../embedded-backup.ts'
import { storeError } from '../errors.ts'
import { requireDataFolder } from '../embedded/sqlite.ts'
import { dataFilesOf } from './data-files.ts'
import { digestOf, writeManifest, type Manifest } from './manifest.ts'

export interface FolderBackupOptions {
  readonly dataDir: string
  /** A folder that is empty or not there yet. */
  readonly target: string
  readonly nowMs?: () => number
  readonly onProgress?: (progress: { readonly file: string; readonly done: number; readonly of: number }) => void
  readonly signal?: AbortSignal
}

/** Rejects with `STORE_TARGET`, `STORE_BACKUP` when there is nothing to copy, `STORE_FULL`, `STORE_IO` or `STORE_CORRUPT`. */
export async function backupFolder({ dataDir, target, signal, ...options }: FolderBackupOptions): Promise<Manifest> {
  const to = resolve(target)
  const createdAtMs = (options.nowMs ?? Date.now)()
  if (!(await isFree(to))) throw storeError('STORE_TARGET', { action: 'back up', path: to })
  const files = await dataFilesOf(dataDir).catch((error: unknown) => {
    throw storeError('STORE_BACKUP', { folder: dataDir, detail: 'it is no folder that can be read' }, error)
  })
  if (!files.some(({ isDatabase }) => isDatabase)) throw storeError('STORE_BACKUP', { folder: dataDir, detail: 'it holds no store' })
  requireDataFolder(to)
  try {
    const copied: Manifest['files'][number][] = []
    for (const [at, { name, isDatabase }] of files.entries()) {
      signal?.throwIfAborted()
      const [path, copy] = [join(dataDir, name), join(to, name)]
      await mkdir(dirname(copy), { recursive: true, mode: 0o700 })
      if (isDatabase) await backupSqlite({ path, target: copy, ...(signal === undefined ? {} : { signal }) })
      else await copyPlain(path, copy)
      copied.push({ name, ...(await digestOf(copy)) })
      options.onProgress?.({ file: name, done: at + 1, of: files.length })
    }
    const manifest: Manifest = { version: 1, createdAtMs, files: copied }
    await writeManifest(to, manifest)
    return manifest
  } catch (error) {
    // Half a copy would take the room that the next one needs, and the name.
    await empty(to)
    throw error
  }
}

async function copyPlain(path: string, copy: string): Promise<void> {
  await copyFile(path, copy)
  const file = await open(copy, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name), { recursive: true, force: true })
  await rmdir(folder).catch(() => undefined)
}

/** A folder that cannot be read, or a file, is not free. */
export async function isFree(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (names) => names.length === 0,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'
  )
}
