/**
 * Texts that many cold events share (words, places, the stems of keys, the shape of their JSON), as numbers. They are learned from the
 * packs that are written: a text joins when it was met in several of them, while there is room. Read anywhere, written by the worker.
 */
import type { DatabaseSync } from 'node:sqlite'
import { storeError } from '../../errors.ts'
import { textOf } from '../sqlite.ts'

export interface TextReader {
  /** Throws `STORE_CORRUPT` when there is none of this number. */
  textOf(id: number): string
}

export interface TextWriter {
  idOf(text: string): number | undefined
  /** In the transaction that stores a pack: the texts it holds by itself. */
  learn(texts: Iterable<string>): void
  /** Forgets what a transaction that failed had added. */
  reload(): void
}

/** Texts and their characters that are kept for good, and how often a text is met before it is. */
const textsMax = 65_536
const charactersMax = 16_777_216
const packsBefore = 3
const candidatesMax = 16_384

export function createTextReader(index: DatabaseSync): TextReader {
  const select = index.prepare('SELECT text FROM text WHERE id = ?')
  const known: string[] = []
  return {
    textOf(id) {
      const text = known[id]
      if (text !== undefined) return text
      const row = select.get(id)
      if (row === undefined)
        throw storeError('STORE_CORRUPT', { action: 'read event', path: 'trace.db', detail: `no text has number ${id}` })
      const found = textOf(row, 'text')
      known[id] = found
      return found
    }
  }
}

export function createTextWriter(index: DatabaseSync): TextWriter {
  const insert = index.prepare('INSERT INTO text (id, text) VALUES (?, ?)')
  const selectAll = index.prepare('SELECT id, text FROM text ORDER BY id')
  const ids = new Map<string, number>()
  let characters = 0
  let next = 0
  let candidates = new Map<string, number>()
  const writer: TextWriter = {
    idOf: (text) => ids.get(text),
    learn(texts) {
      for (const text of texts) {
        const met = (candidates.get(text) ?? 0) + 1
        if (met < packsBefore) candidates.set(text, met)
        else if (ids.size < textsMax && characters + text.length <= charactersMax) {
          candidates.delete(text)
          insert.run(next, text)
          ids.set(text, next)
          characters += text.length
          next += 1
        }
      }
      if (candidates.size > candidatesMax) candidates = new Map()
    },
    reload() {
      ids.clear()
      characters = 0
      next = 0
      for (const row of selectAll.iterate()) {
        const text = textOf(row, 'text')
        ids.set(text, next)
        characters += text.length
        next += 1
      }
    }
  }
  writer.reload()
  return writer
}
