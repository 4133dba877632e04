/** Words and places of event heads as small numbers. They are few; all are kept in memory. */
import type { DatabaseSync } from 'node:sqlite'
import { numberOf, textOf } from '../sqlite.ts'

export interface Terms {
  /** Gives a new number to a word not met before, in the caller's transaction. */
  idOf(text: string): number
  /** Undefined when no event has the word. */
  find(text: string): number | undefined
  /** Forgets what a transaction that failed had added. */
  reload(): void
}

export function createTerms(database: DatabaseSync): Terms {
  const insert = database.prepare('INSERT INTO term (text) VALUES (?)')
  const selectAll = database.prepare('SELECT id, text FROM term')
  const ids = new Map<string, number>()
  const terms: Terms = {
    idOf(text) {
      const known = ids.get(text)
      if (known !== undefined) return known
      const id = Number(insert.run(text).lastInsertRowid)
      ids.set(text, id)
      return id
    },
    find: (text) => ids.get(text),
    reload() {
      ids.clear()
      for (const row of selectAll.all()) ids.set(textOf(row, 'text'), numberOf(row, 'id'))
    }
  }
  terms.reload()
  return terms
}
