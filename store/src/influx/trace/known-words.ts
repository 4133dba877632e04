/** Words of the vocabulary that this process wrote already: most events use words that are long known. Bounded. */
import type { TraceEvent } from '@tracegate/model/trace-event'
import { wordsOf, type WordKind } from './points.ts'

interface Word {
  readonly kind: WordKind
  readonly word: string
}

export interface KnownWords {
  /** Those that are not known yet, each once. */
  newOf(events: readonly TraceEvent[]): Word[]
  /** They are stored. */
  know(words: readonly Word[]): void
}

/** Past so many all are forgotten: writing a word again does no harm. */
const wordsMax = 50_000

export function createKnownWords(): KnownWords {
  const known = new Set<string>()
  const keyOfWord = ({ kind, word }: Word): string => `${kind} ${word}`
  return {
    newOf(events) {
      const found = new Map<string, Word>()
      for (const event of events) for (const word of wordsOf(event)) if (!known.has(keyOfWord(word))) found.set(keyOfWord(word), word)
      return [...found.values()]
    },
    know(words) {
      if (known.size + words.length > wordsMax) known.clear()
      for (const word of words) known.add(keyOfWord(word))
    }
  }
}
