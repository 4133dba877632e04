/** What lies in a data folder and belongs into a backup, in the order in which it must be copied. */
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/**
 * The log of the collector comes first: what it lets go while the copy is made is in the stores by then, and their offsets drop what
 * both have. Events move from the recent file to the other, so the recent one is copied before it.
 */
const order = ['collector.db', 'trace-recent.db', 'trace.db', 'telemetry.db', 'cases.db']

/**
 * What an agent has not sent yet is the agent's: sent again from an old copy its numbers would mean other messages. Exports are kept for a day
 * only and can be made again.
 */
const leftOutFolders = new Set(['edge', 'exports'])

const beside = /(-wal|-shm|-journal|\.claim|\.claim-journal|\.lock|\.part|\.tmp)$/

export interface DataFile {
  /** Relative to the data folder, with `/`. */
  readonly name: string
  readonly isDatabase: boolean
}

export async function dataFilesOf(dataDir: string): Promise<DataFile[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile() && !beside.test(entry.name))
    .map((entry) => relative(dataDir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !leftOutFolders.has(name.split('/')[0] ?? ''))
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return names
    .toSorted((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
    .map((name) => ({ name, isDatabase: name.endsWith('.db') }))
}
