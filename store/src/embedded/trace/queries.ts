/** Every read of the trace store, over the worker's own connections. */
import type { DatabaseSync } from 'node:sqlite'
import { createTraceAnswers } from '@tracegate/model/trace-graph'
import { compareFacts, factsPerKeyMax, type TraceFact, type TraceReader } from '@tracegate/model/trace-graph/session'
import type { Knowledge, TraceEvent } from '@tracegate/model/trace-event'
import { isFoundUnder } from '@tracegate/model/trace-graph/references'
import { ledgerLimitDefault } from '../../trace-rules.ts'
import type { EventReader } from './event-reader.ts'
import { createFeed } from './feed.ts'
import type { Indexer } from './indexer.ts'
import { eventIDKey, hashKey, roleBits, subjectBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerRow } from './ledger-row.ts'
import { createPageQuery } from './page-query.ts'
import { createPresence } from './presence.ts'
import type { Progress } from './progress.ts'
import type { QueryKind, QueryMap } from './protocol.ts'
import type { Terms } from './terms.ts'
import { createVocabulary } from './vocabulary.ts'

export interface QueriesOptions {
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly events: EventReader
  readonly indexer: Indexer
  readonly progress: Progress
  readonly terms: Terms
  readonly settle: () => { readonly bytes: number; readonly done: boolean }
}

export type Queries = { readonly [Kind in QueryKind]: (ask: QueryMap[Kind]['ask']) => Promise<QueryMap[Kind]['answer']> }

export function createQueries(options: QueriesOptions): Queries {
  const { ledger, progress } = options
  const reader = createReader(options)
  const page = createPageQuery(options)
  const vocabulary = createVocabulary(options)
  const feed = createFeed(options)
  return {
    ...createTraceAnswers(reader),
    byId: (eventID) => Promise.try(() => versionsOf(options, eventID)),
    events: (query) => Promise.try(() => page(query)),
    ledger: (query) => Promise.try(() => readLedger(options, query)),
    histories: async ({ keys, newest }) => {
      const facts = await reader.factsOf(keys)
      return new Map([...facts].map(([key, found]) => [key, [...found].sort(compareFacts).slice(-newest)]))
    },
    vocabulary: (query) => Promise.try(() => vocabulary(query)),
    feed: (query) => Promise.try(() => feed(query)),
    counts: () => Promise.try(() => ({ events: progress.get('events'), keys: ledger.keys() })),
    settle: () => Promise.try(options.settle)
  }
}

function createReader(options: QueriesOptions): TraceReader {
  const { index, ledger, events, indexer } = options
  const factsOf = (key: string, hash: number, judge: Judge): TraceFact[] => {
    const facts: TraceFact[] = []
    for (const row of ledger.find({ hash, roles: subjectBits | roleBits.reference, limit: factsPerKeyMax })) {
      const fact = judge(row)
      if (fact !== undefined && isFoundUnder(fact, key)) facts.push(fact)
    }
    return facts
  }
  const factsOfAll: TraceReader['factsOf'] = (keys, knowledge) =>
    Promise.try(() => {
      const judge = createJudge({ events, indexer }, knowledge)
      const found = new Map<string, TraceFact[]>()
      for (const [hash, named] of inHashOrder(keys)) for (const key of named) found.set(key, factsOf(key, hash, judge))
      return found
    })
  const presence = createPresence({ index, ledger, events, factsOf: factsOfAll })
  return {
    factsOf: factsOfAll,
    keysAt: (query, knowledge) => presence.keysAt(query, knowledge)
  }
}

/** Keys by hash, in the order of the segments, so that each of their pages is read once. */
function* inHashOrder(keys: readonly string[]): Generator<readonly [hash: number, keys: readonly string[]]> {
  const byHash = new Map<number, string[]>()
  const hashes = new Float64Array(keys.length)
  let count = 0
  for (const key of keys) {
    const hash = hashKey(key)
    const same = byHash.get(hash)
    if (same !== undefined) same.push(key)
    else {
      byHash.set(hash, [key])
      hashes[count++] = hash
    }
  }
  for (const hash of hashes.subarray(0, count).sort()) yield [hash, byHash.get(hash) ?? []]
}

/** The event of a row as far as it counts under what was known: undefined when it does not, marked when it was declared wrong. */
type Judge = (row: LedgerRow) => TraceFact | undefined

function createJudge({ events, indexer }: Pick<QueriesOptions, 'events' | 'indexer'>, knowledge: Knowledge = {}): Judge {
  const { knownAtMs = Infinity, withDeclared = false } = knowledge
  // One object an event, as walks tell events apart by identity.
  const marked = new Map<number, TraceFact>()
  return ({ seq }) => {
    const fact = events.fact(seq)
    if (fact === undefined || fact.recordTimeMs > knownAtMs) return undefined
    const declaredMs = indexer.declaredAtMs(fact.eventID)
    if (declaredMs === undefined || declaredMs > knownAtMs) return fact
    if (!withDeclared) return undefined
    const mark = marked.get(seq) ?? { ...fact, declaredWrong: true }
    marked.set(seq, mark)
    return mark
  }
}

function versionsOf({ ledger, events }: QueriesOptions, eventID: string): string[] {
  const versions = ledger
    .find({ hash: hashKey(eventIDKey(eventID)), roles: roleBits.eventID, limit: factsPerKeyMax })
    .flatMap(({ seq }) => {
      const fact = events.fact(seq)
      return fact?.eventID === eventID ? [{ seq, declaredMs: fact.errorDeclaration?.declarationTimeMs ?? -Infinity }] : []
    })
  const ordered = versions.sort((a, b) => (a.declaredMs === b.declaredMs ? a.seq - b.seq : a.declaredMs - b.declaredMs))
  return ordered.flatMap(({ seq }) => events.json(seq) ?? [])
}

function readLedger({ ledger, events, indexer }: QueriesOptions, query: QueryMap['ledger']['ask']): TraceEvent[] {
  const { key, fromMs, toMs, limit = ledgerLimitDefault } = query
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
  const judge = createJudge({ events, indexer }, query)
  const found: { readonly seq: number; readonly fact: TraceFact }[] = []
  // Events of one time are put in order by more than the ledger knows: read all of the last time before cutting.
  let cutMs = Infinity
  for (const row of ledger.find({ hash: hashKey(key), roles: subjectBits, ...range, limit: ledgerRowsMax })) {
    if (row.timeMs > cutMs) break
    const fact = judge(row)
    if (fact === undefined || !isFoundUnder(fact, key)) continue
    found.push({ seq: row.seq, fact })
    if (found.length === limit) cutMs = row.timeMs
  }
  const ordered = found.sort((a, b) => compareFacts(a.fact, b.fact)).slice(0, limit)
  return ordered.map(({ seq, fact }) => Object.assign({ json: events.json(seq) ?? '' }, fact))
}

const ledgerRowsMax = 100_000
