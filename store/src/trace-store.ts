/** The port for trace events. Adapters: `memory-trace.ts`, `embedded-trace.ts`, `influx-trace.ts`. Its suite: `trace-suite.ts`. */
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { Knowledge, TraceEvent, TraceFact } from '@tracegate/model/trace-event'
import type { TraceQuestion, TraceQuestions } from '@tracegate/model/trace-graph'
import type { BatchSource } from './telemetry-store.ts'

/** stored: new; duplicate: an event with this id is there and this one declares no error. */
export type CaptureOutcome = { readonly eventID: string; readonly outcome: 'stored' | 'duplicate' }

export interface LedgerEntry {
  readonly event: TraceEvent
}

export const traceDirections = ['back', 'forward'] as const
export type TraceDirection = (typeof traceDirections)[number]

/**
 * An EPCIS 2.0 query as a store answers it. Members of the filter are for its indexes; `conditions` may need a scan, which is bounded:
 * a page may hold fewer than `limit` events, or none, and still give `next`.
 */
export interface EventQuery extends EventFilter {
  readonly order: 'ascending' | 'descending'
  readonly orderBy: 'eventTime' | 'recordTime'
  readonly limit: number
  /** Keyset cursor from the page before; stable under inserts. */
  readonly cursor?: string
}

export interface EventPage {
  /** Each event as JSON text, ready to be joined into an answer. */
  readonly json: readonly string[]
  readonly next?: string
}

/** The top-level resources of the EPCIS REST binding; `epc` is every key that any event names in any role. */
export const vocabularyNames = ['eventType', 'epc', 'bizStep', 'bizLocation', 'readPoint', 'disposition'] as const
export type VocabularyName = (typeof vocabularyNames)[number]

export interface VocabularyQuery {
  readonly name: VocabularyName
  readonly after?: string
  readonly limit: number
}

export interface VocabularyPage {
  /** Each once, in an order that stays the same under inserts. */
  readonly values: readonly string[]
  readonly next?: string
}

/** `after` is the `next` of the page before; without it the feed begins at the first event recorded at or after `fromRecordMs`. */
export interface FeedQuery {
  readonly after?: string
  readonly fromRecordMs?: number
  readonly limit: number
  readonly filter?: EventFilter
}

export interface FeedPage {
  readonly json: readonly string[]
  /** Where to go on; given even when nothing matched, so that what was looked at is not looked at again. */
  readonly next: string
  /** Whether more was stored already. */
  readonly more: boolean
}

export interface TraceStore {
  /** Stores the events durably, all or none, before it resolves; outcomes in the order of the events. */
  capture(events: readonly TraceEvent[], source?: BatchSource): Promise<CaptureOutcome[]>
  capturedUpTo(log: string): Promise<number>
  /** Every stored version under this id, error declarations last; empty when unknown. */
  byId(eventID: string): Promise<string[]>
  events(query: EventQuery): Promise<EventPage>
  /** The events that name one key, oldest first, error-declared ones left out. */
  ledger(
    query: { readonly key: string; readonly fromMs?: number; readonly toMs?: number; readonly limit?: number } & Knowledge
  ): Promise<TraceEvent[]>
  /** What the newest events said of several keys at once, each oldest first, without JSON: the history that trace rules ask for. */
  histories(query: { readonly keys: readonly string[]; readonly newest: number }): Promise<ReadonlyMap<string, readonly TraceFact[]>>
  /** Any question of `TraceQuestions`, answered where the events are. */
  ask<Question extends TraceQuestion>(question: Question, ask: TraceQuestions[Question]['ask']): Promise<TraceQuestions[Question]['answer']>
  /** Distinct values of one kind, a page of them. */
  vocabulary(query: VocabularyQuery): Promise<VocabularyPage>
  /** Events in the order in which they were stored, each once: what subscriptions read. */
  feed(query: FeedQuery): Promise<FeedPage>
  counts(): Promise<{ readonly events: number; readonly keys: number }>
  close(): Promise<void>
}
