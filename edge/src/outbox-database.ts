/** Opens the SQLite file of the outbox. A damaged file is put aside, never deleted and never in the way of a start. */
import { mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { edgeError } from './errors.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    channel TEXT NOT NULL,
    readings INTEGER NOT NULL,
    dropped_readings INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS message_by_device ON message (device, id);
  CREATE INDEX IF NOT EXISTS message_to_drop ON message (id) WHERE channel = 'telemetry' AND dropped_readings = 0;
  CREATE INDEX IF NOT EXISTS message_marker ON message (id) WHERE dropped_readings > 0;
`

export function openOutboxDatabase(path: string, sync: 'full' | 'normal'): { database: DatabaseSync; damagedPath: string | undefined } {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw edgeError('OUTBOX_OPEN', { path }, error)
  }
  try {
    return { database: open(path, sync), damagedPath: undefined }
  } catch (error) {
    if (!isDamage(error)) throw edgeError('OUTBOX_OPEN', { path }, error)
  }
  const damagedPath = `${path}.damaged-${Date.now()}`
  try {
    renameSync(path, damagedPath)
    return { database: open(path, sync), damagedPath }
  } catch (error) {
    throw edgeError('OUTBOX_OPEN', { path }, error)
  }
}

function open(path: string, sync: 'full' | 'normal'): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1_000 })
  try {
    // One agent per file: the lock is held as long as the process lives, and the kernel takes it back after a kill.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(`PRAGMA synchronous = ${sync === 'full' ? 'FULL' : 'NORMAL'}`)
    database.exec('PRAGMA journal_size_limit = 16777216')
    database.exec(schema)
    const verdict = database.prepare('PRAGMA quick_check(1)').get()
    if (verdict?.['quick_check'] !== 'ok') throw new DamagedError()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamagedError extends Error {
  override readonly name = 'DamagedError'
}

/** SQLITE_CORRUPT 11, SQLITE_NOTADB 26. */
function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true
  return error instanceof Error && 'errcode' in error && (error.errcode === 11 || error.errcode === 26)
}
