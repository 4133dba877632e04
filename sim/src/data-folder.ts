/** The data folder of the all-in-one: makes sure it can be used, and empties it of what Tracegate kept, never of anything else. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { serviceError } from '@tracegate/service/errors'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { isStoreError } from '@tracegate/store/errors'

/** Everything that a start makes in the data folder: databases with their side files, and the folders of keys, edges, exports, simulator and replay. */
const ours = /^(?:(?:cases|telemetry|trace|trace-recent|collector)\.db(?:[-.](?:wal|shm|journal|claim))?|access|edge|exports|sim|replay)$/

/** Gives the absolute path. Rejects with `DATA_FOLDER` when it cannot be written, with `STORE_IN_USE` when fresh data is asked for and a process uses it. */
export async function prepareDataFolder(path: string, options: { readonly fresh: boolean }): Promise<string> {
  const folder = resolve(path)
  const probe = join(folder, `.probe-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(probe, '')
    await rm(probe)
    if (!options.fresh) return folder
    await requireUnused(folder)
    for (const name of await readdir(folder)) if (ours.test(name)) await rm(join(folder, name), { recursive: true })
  } catch (error) {
    if (isStoreError(error, 'STORE_IN_USE')) throw error
    throw serviceError('DATA_FOLDER', { path: folder, detail: error instanceof Error ? error.message : String(error) }, error)
  }
  return folder
}

/** Opening a store claims the folder; one that cannot be opened for any other reason is thrown away all the same. */
async function requireUnused(folder: string): Promise<void> {
  try {
    const store = await createEmbeddedCaseStore({ dataDir: folder })
    await store.close()
  } catch (error) {
    if (isStoreError(error, 'STORE_IN_USE')) throw error
  }
}
