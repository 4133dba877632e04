/**
 * What each reader saw since its last label or result, kept in the data folder: a label packs what was scanned before it, whatever became
 * of the agent meanwhile. Bounded; the oldest is forgotten. A damaged file is put aside, never in the way of a start.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface ScanMemoryStore extends Disposable {
  /** Oldest first; `upTo` is the mark of the newest. */
  pending(device: string): { readonly keys: readonly string[]; readonly upTo: number }
  /** Returns how many had to be forgotten. A key that waits already is not kept twice. */
  keep(device: string, keys: readonly string[]): number
  /** Those up to a mark: what was scanned since waits for the next label. */
  clear(device: string, upTo: number): void
}

/** Most keys that wait for one label. */
const keysPerDeviceMax = 1_000
const devicesMax = 1_000

const schema = `
  CREATE TABLE IF NOT EXISTS pending (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (device, key)
  ) STRICT;
`

/** In memory only without a path. */
export function createScanMemory(options: { readonly path?: string; readonly onDamage?: (detail: string) => void } = {}): ScanMemoryStore {
  const database = open(options)
  const select = database.prepare('SELECT id, key FROM pending WHERE device = ? ORDER BY id')
  const insert = database.prepare('INSERT OR IGNORE INTO pending (device, key) VALUES (?, ?)')
  const trim = database.prepare(
    'DELETE FROM pending WHERE device = ? AND id NOT IN (SELECT id FROM pending WHERE device = ? ORDER BY id DESC LIMIT ?)'
  )
  const remove = database.prepare('DELETE FROM pending WHERE device = ? AND id <= ?')
  const oldestDevices = database.prepare(
    'DELETE FROM pending WHERE device IN (SELECT device FROM pending GROUP BY device ORDER BY max(id) DESC LIMIT -1 OFFSET ?)'
  )
  return {
    pending(device) {
      const rows = select.all(device)
      return { keys: rows.map((row) => String(row['key'])), upTo: Number(rows.at(-1)?.['id'] ?? 0) }
    },
    keep(device, keys) {
      for (const key of keys) insert.run(device, key)
      const trimmed = Number(trim.run(device, device, keysPerDeviceMax).changes)
      return trimmed + Number(oldestDevices.run(devicesMax).changes)
    },
    clear(device, upTo) {
      remove.run(device, upTo)
    },
    [Symbol.dispose]: () => database.close()
  }
}

function open(options: { readonly path?: string; readonly onDamage?: (detail: string) => void }): DatabaseSync {
  const { path } = options
  if (path === undefined) return prepare(':memory:')
  mkdirSync(dirname(path), { recursive: true })
  try {
    return prepare(path)
  } catch (error) {
    options.onDamage?.(error instanceof Error ? error.message : String(error))
    renameSync(path, `${path}.damaged-${Date.now()}`)
    return prepare(path)
  }
}

function prepare(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1_000 })
  try {
    // Full: a scan is acknowledged to its reader only after it is kept, so it must outlive the loss of power.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
