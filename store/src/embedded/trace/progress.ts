/** How far the worker got, kept beside what it made: a crash resumes exactly there. */
import type { DatabaseSync } from 'node:sqlite'
import { numberOf } from '../sqlite.ts'

/**
 * indexed: last event with its head and terms stored. merged: last event whose ledger rows are all in segments. cold: last event
 * that is in a pack. durable: last event that is in a pack that a power loss leaves there. events: their count.
 */
type ProgressName = 'indexed' | 'merged' | 'cold' | 'durable' | 'events'

export interface Progress {
  get(name: ProgressName): number
  /** Inside of the caller's transaction, who calls `reload` when that fails. */
  set(name: ProgressName, value: number): void
  reload(): void
}

export function createProgress(database: DatabaseSync): Progress {
  const select = database.prepare('SELECT value FROM progress WHERE name = ?')
  const upsert = database.prepare(
    'INSERT INTO progress (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
  )
  const known = new Map<ProgressName, number>()
  return {
    get(name) {
      const value = known.get(name)
      if (value !== undefined) return value
      const row = select.get(name)
      const read = row === undefined ? 0 : numberOf(row, 'value')
      known.set(name, read)
      return read
    },
    set(name, value) {
      upsert.run(name, value)
      known.set(name, value)
    },
    reload: () => known.clear()
  }
}
