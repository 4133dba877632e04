/** Events by their sequence number, wherever they are now: still recent, or in a compressed block. Reads only; any thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { TraceFact } from '@tracegate/model/trace-graph/session'
import { bytesOf, textOf } from '../sqlite.ts'
import { decodeBlock, decodeFact, eventsPerBlock, type StoredEvent } from './fact-codec.ts'

/** A decoded event with the set of keys it names, to tell true hits from colliding hashes. */
export interface KnownFact {
  readonly seq: number
  readonly fact: TraceFact
  readonly keys: ReadonlySet<string>
}

export interface EventReader {
  stored(seq: number): StoredEvent | undefined
  fact(seq: number): KnownFact | undefined
  json(seq: number): string | undefined
}

export interface EventReaderOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  /** Subjects of decoded events kept in memory, about 300 bytes each. */
  readonly cachedSubjectsMax: number
  /** Unpacked blocks kept in memory, about 50 kB each. */
  readonly cachedBlocksMax: number
}

export function createEventReader(options: EventReaderOptions): EventReader {
  const recentRow = options.recent.prepare('SELECT facts, json FROM recent WHERE seq = ?')
  const blockRow = options.index.prepare('SELECT data FROM block WHERE number = ?')
  const facts = createCache<number, KnownFact>(options.cachedSubjectsMax, (known) => 1 + known.fact.subjects.length)
  const blocks = createCache<number, ReadonlyMap<number, StoredEvent>>(options.cachedBlocksMax, () => 1)

  const fromBlock = (seq: number): StoredEvent | undefined => {
    const number = Math.floor(seq / eventsPerBlock)
    let block = blocks.get(number)
    if (block === undefined) {
      const row = blockRow.get(number)
      if (row === undefined) return undefined
      block = new Map(decodeBlock(number, bytesOf(row, 'data')).map((event) => [event.seq, event]))
      blocks.set(number, block)
    }
    return block.get(seq)
  }
  const reader: EventReader = {
    stored(seq) {
      const row = recentRow.get(seq)
      return row === undefined ? fromBlock(seq) : { seq, facts: textOf(row, 'facts'), json: textOf(row, 'json') }
    },
    fact(seq) {
      const cached = facts.get(seq)
      if (cached !== undefined) return cached
      const stored = reader.stored(seq)
      if (stored === undefined) return undefined
      const fact = decodeFact(stored.facts)
      const known = { seq, fact, keys: new Set(fact.subjects.map((subject) => subject.key)) }
      facts.set(seq, known)
      return known
    },
    json: (seq) => reader.stored(seq)?.json
  }
  return reader
}

interface Cache<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
}

/** Least recently used goes first, by cost. */
function createCache<Key, Value>(costMax: number, costOf: (value: Value) => number): Cache<Key, Value> {
  const entries = new Map<Key, Value>()
  let cost = 0
  return {
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.set(key, value)
      cost += costOf(value)
      for (const [oldest, old] of entries) {
        if (cost <= costMax) break
        entries.delete(oldest)
        cost -= costOf(old)
      }
    }
  }
}
