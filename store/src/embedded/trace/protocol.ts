/** What the main thread and the worker of the trace store say to each other. */
import type { ErrorParameters } from '@tracegate/model/errors'
import type { TraceQuestions } from '@tracegate/model/trace-graph'
import type { Knowledge, TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import type { EventPage, EventQuery, FeedPage, FeedQuery, VocabularyPage, VocabularyQuery } from '../../trace-store.ts'

export interface QueryMap extends TraceQuestions {
  byId: { ask: string; answer: string[] }
  events: { ask: EventQuery; answer: EventPage }
  ledger: {
    ask: { readonly key: string; readonly fromMs?: number; readonly toMs?: number; readonly limit?: number } & Knowledge
    answer: TraceEvent[]
  }
  histories: { ask: { readonly keys: readonly string[]; readonly newest: number }; answer: ReadonlyMap<string, readonly TraceFact[]> }
  vocabulary: { ask: VocabularyQuery; answer: VocabularyPage }
  feed: { ask: FeedQuery; answer: FeedPage }
  counts: { ask: undefined; answer: { readonly events: number; readonly keys: number } }
  /** Folds for a while, until `done`; the bytes are those of `trace.db` in use. */
  settle: { ask: undefined; answer: { readonly bytes: number; readonly done: boolean } }
}
export type QueryKind = keyof QueryMap

export interface WorkerData {
  readonly dataDir: string
  readonly hotEventsMax: number
  readonly mergeRefsMax: number
  readonly indexPagesMax?: number
}

export interface QueryMessage<Kind extends QueryKind = QueryKind> {
  readonly id: number
  /** Events up to this one count, if they were committed. */
  readonly upTo: number
  readonly kind: Kind
  readonly ask: QueryMap[Kind]['ask']
}

export type ToWorker =
  /** Answered in order. Quick ones of one turn of the event loop come together: a message each would cost more than many an answer. */
  { readonly type: 'queries'; readonly queries: readonly QueryMessage[] } | { readonly type: 'appended' } | { readonly type: 'close' }

export interface WireError {
  readonly code?: string
  readonly status?: number
  readonly message: string
  readonly parameters?: ErrorParameters
}

/** The answer has the type that belongs to the kind of the query with this id. */
interface Answer {
  readonly type: 'answer'
  readonly id: number
  readonly answer: never
}

interface Refusal {
  readonly type: 'refusal'
  readonly id: number
  readonly error: WireError
}

export type FromWorker =
  | { readonly type: 'answers'; readonly answers: readonly (Answer | Refusal)[] }
  | { readonly type: 'progress'; readonly indexed: number; readonly merged: number; readonly cold: number }
  /** Indexing, merging or compacting cannot go on for now; tried again later. */
  | { readonly type: 'stuck'; readonly error: WireError }

/** An answer as the worker makes it. */
export type AnswerSent = { readonly type: 'answer'; readonly id: number; readonly answer: unknown } | Refusal

/** Answers as the worker sends them. */
export interface AnswersSent {
  readonly type: 'answers'
  readonly answers: readonly AnswerSent[]
}
