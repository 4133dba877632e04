/** Pages of the distinct values that events have: words and places from memory, EPCs in the order of their hashes. Runs in the worker. */
import { storeError } from '../../errors.ts'
import type { VocabularyName, VocabularyPage, VocabularyQuery } from '../../trace-store.ts'
import type { EventReader } from './event-reader.ts'
import { hashKey } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { Terms, WordKind } from './terms.ts'

const valuesMax = 1_000

interface VocabularyOptions {
  readonly ledger: Ledger
  readonly events: EventReader
  readonly terms: Terms
}

const kindOf: Readonly<Record<Exclude<VocabularyName, 'epc'>, WordKind>> = {
  eventType: 'type',
  bizStep: 'bizStep',
  disposition: 'disposition',
  readPoint: 'readPoint',
  bizLocation: 'bizLocation'
}

export function createVocabulary({ ledger, events, terms }: VocabularyOptions): (query: VocabularyQuery) => VocabularyPage {
  return ({ name, after, limit }) => {
    const most = Math.min(limit, valuesMax)
    if (!(most >= 1)) throw storeError('STORE_QUERY', { member: 'limit', current: limit, wanted: 'a number from 1 on' })
    if (name === 'epc') return epcPage({ ledger, events }, after, most)
    const rest = terms
      .words(kindOf[name])
      .filter((word) => word > (after ?? ''))
      .sort()
    const values = rest.slice(0, most)
    const next = rest.length > most ? values.at(-1) : undefined
    return next === undefined ? { values } : { values, next }
  }
}

/** By hash, keys of one hash by their text: an order that no event changes. `after` is the last key of the page before. */
function epcPage({ ledger, events }: Omit<VocabularyOptions, 'terms'>, after: string | undefined, limit: number): VocabularyPage {
  const afterHash = after === undefined ? -1 : hashKey(after)
  const values: string[] = []
  // The hash of `after` is looked at again for keys that share it.
  for (const [hash, seqs] of ledger.subjects(Math.max(0, afterHash))) {
    const keys = new Set<string>()
    for (const seq of seqs) for (const { key } of events.fact(seq)?.subjects ?? []) if (hashKey(key) === hash) keys.add(key)
    for (const key of [...keys].sort()) {
      if (hash === afterHash && after !== undefined && key <= after) continue
      if (values.length === limit) return { values, next: values.at(-1) ?? '' }
      values.push(key)
    }
  }
  return { values }
}
