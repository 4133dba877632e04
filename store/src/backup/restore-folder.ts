/** Makes a data folder from a backup. It changes nothing of the backup, and begins nothing that it cannot finish. */
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { storeError } from '../errors.ts'
import { isFree } from './backup-folder.ts'
import { digestOf, readManifest, type Manifest } from './manifest.ts'

export interface FolderRestoreOptions {
  readonly backup: string
  /** A folder that is empty or not there yet. */
  readonly dataDir: string
  readonly onProgress?: (progress: { readonly file: string; readonly done: number; readonly of: number }) => void
}

/** Rejects with `STORE_TARGET`, or with `STORE_BACKUP` for a backup that is not whole; the data folder is then as it was. */
export async function restoreFolder({ backup, dataDir, onProgress }: FolderRestoreOptions): Promise<Manifest> {
  const [from, to] = [resolve(backup), resolve(dataDir)]
  const manifest = await readManifest(from)
  if (!(await isFree(to))) throw storeError('STORE_TARGET', { action: 'restore', path: to })
  const part = `${to}.restoring`
  await rm(part, { recursive: true, force: true })
  try {
    for (const [at, { name, bytes, sha256 }] of manifest.files.entries()) {
      const copy = join(part, name)
      await mkdir(dirname(copy), { recursive: true, mode: 0o700 })
      await copyFile(join(from, name), copy).catch((error: unknown) => {
        throw storeError('STORE_BACKUP', { folder: from, detail: `${name} cannot be read` }, error)
      })
      const found = await digestOf(copy)
      if (found.bytes !== bytes || found.sha256 !== sha256)
        throw storeError('STORE_BACKUP', {
          folder: from,
          detail: `${name} is not as it was written (${found.bytes} bytes, expected ${bytes})`
        })
      await synchronise(copy)
      onProgress?.({ file: name, done: at + 1, of: manifest.files.length })
    }
    await rm(to, { recursive: true, force: true })
    await rename(part, to)
    await synchronise(dirname(to))
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
  return manifest
}

async function synchronise(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
