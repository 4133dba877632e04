/** The data folder of the all-in-one: makes sure it can be used, and empties it of what Tracegate kept, never of anything else. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { serviceError } from '@tracegate/service/errors'

/** Everything that a start makes in the data folder: databases with their side files, and the folders of edges and simulator. */
const ours = /^(?:(?:cases|telemetry|trace|collector)\.db(?:-(?:wal|shm|journal|lock))?|edge|sim)$/

/** Gives the absolute path. Rejects with `DATA_FOLDER` when it cannot be written. */
export async function prepareDataFolder(path: string, options: { readonly fresh: boolean }): Promise<string> {
  const folder = resolve(path)
  const probe = join(folder, `.probe-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(probe, '')
    await rm(probe)
    if (options.fresh) for (const name of await readdir(folder)) if (ours.test(name)) await rm(join(folder, name), { recursive: true })
  } catch (error) {
    throw serviceError('DATA_FOLDER', { path: folder, detail: error instanceof Error ? error.message : String(error) }, error)
  }
  return folder
}
