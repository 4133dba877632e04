/** Words and places of event heads as small numbers, and as what they were used. They are few; all are kept in memory. */
import type { DatabaseSync } from 'node:sqlite'
import { numberOf, textOf } from '../sqlite.ts'

/** Columns of a head that hold words; bit n of `kinds` stands for the name n. */
export const wordKinds = ['type', 'action', 'bizStep', 'disposition', 'readPoint', 'bizLocation'] as const
export type WordKind = (typeof wordKinds)[number]

export interface Terms {
  /** Gives a new number to a word not met before, in the caller's transaction. */
  idOf(text: string, kind: WordKind): number
  /** Undefined when no event has the word. */
  find(text: string): number | undefined
  /** All words that were used so. */
  words(kind: WordKind): string[]
  /** Forgets what a transaction that failed had added. */
  reload(): void
}

interface Term {
  readonly id: number
  kinds: number
}

export function createTerms(database: DatabaseSync): Terms {
  const insert = database.prepare('INSERT INTO term (text, kinds) VALUES (?, ?)')
  const update = database.prepare('UPDATE term SET kinds = ? WHERE id = ?')
  const selectAll = database.prepare('SELECT id, text, kinds FROM term')
  const known = new Map<string, Term>()
  const bitOf = (kind: WordKind): number => 1 << wordKinds.indexOf(kind)
  const terms: Terms = {
    idOf(text, kind) {
      const bit = bitOf(kind)
      const term = known.get(text)
      if (term === undefined) {
        const id = Number(insert.run(text, bit).lastInsertRowid)
        known.set(text, { id, kinds: bit })
        return id
      }
      if ((term.kinds & bit) === 0) {
        term.kinds |= bit
        update.run(term.kinds, term.id)
      }
      return term.id
    },
    find: (text) => known.get(text)?.id,
    words: (kind) => [...known].filter(([, { kinds }]) => (kinds & bitOf(kind)) !== 0).map(([text]) => text),
    reload() {
      known.clear()
      for (const row of selectAll.all()) known.set(textOf(row, 'text'), { id: numberOf(row, 'id'), kinds: numberOf(row, 'kinds') })
    }
  }
  terms.reload()
  return terms
}
