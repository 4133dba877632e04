/** Every read of the trace store, over the worker's own connections. */
import type { DatabaseSync } from 'node:sqlite'
import { createTraceAnswers, traceBack, traceForward } from '@tracegate/model/trace-graph'
import { isReference, referenceKeysOf } from '@tracegate/model/trace-graph/references'
import { compareFacts, factsPerKeyMax, type TraceFact, type TraceReader } from '@tracegate/model/trace-graph/session'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { storeError } from '../../errors.ts'
import { ledgerLimitDefault } from '../../trace-rules.ts'
import type { EventReader, KnownFact } from './event-reader.ts'
import type { Indexer } from './indexer.ts'
import { eventIDKey, hashKey, roleBits, subjectBits } from './key-hash.ts'
import type { Ledger } from './ledger.ts'
import { createPageQuery } from './page-query.ts'
import { createPresence } from './presence.ts'
import type { Progress } from './progress.ts'
import type { QueryKind, QueryMap } from './protocol.ts'
import type { Terms } from './terms.ts'

export interface QueriesOptions {
  readonly index: DatabaseSync
  readonly ledger: Ledger
  readonly events: EventReader
  readonly indexer: Indexer
  readonly progress: Progress
  readonly terms: Terms
  readonly settle: () => { readonly bytes: number }
}

export type Queries = { readonly [Kind in QueryKind]: (ask: QueryMap[Kind]['ask']) => Promise<QueryMap[Kind]['answer']> }

export function createQueries(options: QueriesOptions): Queries {
  const { ledger, progress } = options
  const reader = createReader(options)
  const page = createPageQuery(options)
  return {
    ...createTraceAnswers(reader),
    byId: (eventID) => Promise.try(() => versionsOf(options, eventID)),
    events: (query) => Promise.try(() => page(query)),
    ledger: (query) => Promise.try(() => readLedger(options, query)),
    histories: async ({ keys, newest }) => {
      const facts = await reader.factsOf(keys)
      return new Map([...facts].map(([key, found]) => [key, [...found].sort(compareFacts).slice(-newest)]))
    },
    trace: (query) => (query.direction === 'back' ? traceBack(reader, query.of, query) : traceForward(reader, query.of, query)),
    vocabulary: () => Promise.reject(notYet('vocabulary')),
    feed: () => Promise.reject(notYet('feed')),
    counts: () => Promise.try(() => ({ events: progress.get('events'), keys: ledger.keys() })),
    settle: () => Promise.try(options.settle)
  }
}

const notYet = (what: string) => storeError('STORE_QUERY', { member: what, current: 'asked', wanted: 'another store' })

function createReader({ index, ledger, events, indexer }: QueriesOptions): TraceReader {
  const factsOf = (key: string, hash: number): TraceFact[] => {
    const rows = ledger.find({ hash, roles: subjectBits | roleBits.transformation, limit: factsPerKeyMax })
    const facts: TraceFact[] = []
    for (const { seq } of rows) {
      const known = events.fact(seq)
      if (known === undefined || indexer.isDeclared(known.fact.eventID) || !names(known, key)) continue
      facts.push(known.fact)
    }
    return facts
  }
  const factsOfAll: TraceReader['factsOf'] = (keys) =>
    Promise.try(() => {
      // In the order of the table, so that each of its pages is read once.
      const hashed = keys.map((key) => ({ key, hash: hashKey(key) })).sort((a, b) => a.hash - b.hash)
      return new Map(hashed.map(({ key, hash }) => [key, factsOf(key, hash)]))
    })
  const presence = createPresence({ index, ledger, events, factsOf: factsOfAll })
  return {
    factsOf: factsOfAll,
    keysAt: (query) => presence.keysAt(query)
  }
}

function names(known: KnownFact, key: string): boolean {
  return known.keys.has(key) || (isReference(key) && referenceKeysOf(known.fact).includes(key))
}

function versionsOf({ ledger, events }: QueriesOptions, eventID: string): string[] {
  const versions = ledger
    .find({ hash: hashKey(eventIDKey(eventID)), roles: roleBits.eventID, limit: factsPerKeyMax })
    .flatMap(({ seq }) => events.fact(seq) ?? [])
    .filter(({ fact }) => fact.eventID === eventID)
  const declaredMs = ({ fact }: KnownFact): number => fact.errorDeclaration?.declarationTimeMs ?? -Infinity
  const ordered = versions.sort((a, b) => (declaredMs(a) === declaredMs(b) ? a.seq - b.seq : declaredMs(a) - declaredMs(b)))
  return ordered.flatMap(({ seq }) => events.json(seq) ?? [])
}

function readLedger({ ledger, events, indexer }: QueriesOptions, query: QueryMap['ledger']['ask']): TraceEvent[] {
  const { key, fromMs, toMs, limit = ledgerLimitDefault } = query
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
  const found: KnownFact[] = []
  // Events of one time are put in order by more than the ledger knows: read all of the last time before cutting.
  let cutMs = Infinity
  for (const row of ledger.find({ hash: hashKey(key), roles: subjectBits, ...range, limit: ledgerRowsMax })) {
    if (row.timeMs > cutMs) break
    const known = events.fact(row.seq)
    if (known === undefined || indexer.isDeclared(known.fact.eventID) || !known.keys.has(key)) continue
    found.push(known)
    if (found.length === limit) cutMs = row.timeMs
  }
  const ordered = found.sort((a, b) => compareFacts(a.fact, b.fact)).slice(0, limit)
  return ordered.map(({ seq, fact }) => Object.assign({ json: events.json(seq) ?? '' }, fact))
}

const ledgerRowsMax = 100_000
