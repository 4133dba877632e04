/** How far the worker got, kept beside what it made: a crash resumes exactly there. */
import type { DatabaseSync } from 'node:sqlite'
import { numberOf } from '../sqlite.ts'

/**
 * indexed: last event with its head and terms stored. merged: last event whose ledger rows are all in segments. cold: last event
 * that is in a pack. events: their count.
 */
type ProgressName = 'indexed' | 'merged' | 'cold' | 'events'

export interface Progress {
  get(name: ProgressName): number
  /** Inside of the caller's transaction. */
  set(name: ProgressName, value: number): void
}

export function createProgress(database: DatabaseSync): Progress {
  const select = database.prepare('SELECT value FROM progress WHERE name = ?')
  const upsert = database.prepare(
    'INSERT INTO progress (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
  )
  return {
    get(name) {
      const row = select.get(name)
      return row === undefined ? 0 : numberOf(row, 'value')
    },
    set: (name, value) => upsert.run(name, value)
  }
}
