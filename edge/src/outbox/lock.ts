/** One agent for one outbox: a lock that the kernel takes back when the process ends, however it ends. */
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Throws when another process holds it. The file is an empty SQLite database: Node has no other lock that ends with the process. */
export function lockFile(path: string): Disposable {
  try {
    return lock(path)
  } catch (error) {
    // SQLITE_BUSY 5: somebody has it. Anything else is a file that is no database, which holds nothing of worth.
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) throw new Error('another agent has it open', { cause: error })
    rmSync(path, { force: true })
    return lock(path)
  }
}

function lock(path: string): Disposable {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw error
  }
  return { [Symbol.dispose]: () => database.close() }
}
