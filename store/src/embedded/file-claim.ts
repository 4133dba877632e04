/**
 * Claims a store's file for this one opener: two processes on one data folder would each trust their own memory. The claim is
 * a lock of the operating system on a file beside it, so it ends with the process, however that ends.
 */
import { DatabaseSync } from 'node:sqlite'
import { openSqlite, withStoreErrors, type OpenOptions } from './sqlite.ts'

export interface FileClaim {
  release(): void
}

/** Throws `STORE_IN_USE` when another has the claim. */
export function claimFile(path: string): FileClaim {
  return withStoreErrors({ action: 'open store', path }, () => {
    const database = new DatabaseSync(`${path}.claim`, { timeout: 0 })
    try {
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
    } catch (error) {
      database.close()
      throw error
    }
    return {
      release() {
        if (database.isOpen) database.close()
      }
    }
  })
}

/** Opens the claimed file; when that fails the claim is given back. */
export function openClaimed(claim: FileClaim, options: OpenOptions): DatabaseSync {
  try {
    return openSqlite(options)
  } catch (error) {
    claim.release()
    throw error
  }
}
