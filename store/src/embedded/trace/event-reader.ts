/** Events by their sequence number, wherever they are now: still recent, or in a pack. Reads only; any thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { TraceFact } from '@tracegate/model/trace-graph/session'
import { bytesOf, numberOf, textOf } from '../sqlite.ts'
import { createCache } from './cache.ts'
import { decodeFact } from './fact-codec.ts'
import { openPack, type Pack } from './pack.ts'
import { createTextReader } from './texts.ts'

export interface EventReader {
  fact(seq: number): TraceFact | undefined
  json(seq: number): string | undefined
  /** An event that was decoded elsewhere already. */
  keep(seq: number, fact: TraceFact): void
}

export interface EventReaderOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  /** Subjects of decoded events kept in memory, about 200 bytes each. */
  readonly cachedSubjectsMax: number
  /** Packs kept in memory, about 5 kB each. */
  readonly cachedPacksMax: number
}

export function createEventReader(options: EventReaderOptions): EventReader {
  const { recent, index } = options
  const recentFact = recent.prepare('SELECT facts FROM recent WHERE seq = ?')
  const recentJson = recent.prepare('SELECT json FROM recent WHERE seq = ?')
  const packRow = index.prepare('SELECT first, data FROM pack WHERE first <= ? ORDER BY first DESC LIMIT 1')
  const texts = createTextReader(index)
  const facts = createCache<TraceFact>(options.cachedSubjectsMax, (fact) => 1 + fact.subjects.length)
  const packs = createCache<Pack>(options.cachedPacksMax, () => 1)
  // The packs of events that were asked for lately: their JSON is often asked for right after their facts.
  const packsBySeq = createCache<Pack>(options.cachedPacksMax, () => 1)

  const packOf = (seq: number): Pack | undefined => {
    const near = packsBySeq.get(seq)
    if (near !== undefined) return near
    const row = packRow.get(seq)
    if (row === undefined) return undefined
    const first = numberOf(row, 'first')
    const cached = packs.get(first)
    const pack = cached ?? openPack(first, bytesOf(row, 'data'), (id) => texts.textOf(id))
    if (!pack.seqs.includes(seq)) return undefined
    if (cached === undefined) packs.set(first, pack)
    packsBySeq.set(seq, pack)
    return pack
  }
  return {
    fact(seq) {
      const cached = facts.get(seq)
      if (cached !== undefined) return cached
      // Most are in packs. One that is not may go from the recent events to a pack between two looks.
      const pack = packOf(seq)
      const row = pack === undefined ? recentFact.get(seq) : undefined
      const fact = row === undefined ? (pack ?? packOf(seq))?.fact(seq) : decodeFact(textOf(row, 'facts'))
      if (fact !== undefined) facts.set(seq, fact)
      return fact
    },
    json(seq) {
      const pack = packOf(seq)
      if (pack !== undefined) return pack.json(seq, facts.get(seq))
      const row = recentJson.get(seq)
      return row === undefined ? packOf(seq)?.json(seq) : textOf(row, 'json')
    },
    keep: (seq, fact) => facts.set(seq, fact)
  }
}
