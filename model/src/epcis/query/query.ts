/** An EPCIS 2.0 query in full, read from the parameters of a URL or from the body of a named query alike. Pure: it asks nothing. */
import { declaredPrefixes } from '../context.ts'
import type { Reason } from '../../errors.ts'
import type { MasterDataLookup } from '../../master-data.ts'
import type { ExtensionName } from './condition.ts'
import type { EventFilter } from './filter.ts'

export interface EpcisQuery {
  /** What an event must be; for `TraceStore.events` and `TraceStore.feed`. */
  readonly filter: EventFilter
  readonly order: 'ascending' | 'descending'
  readonly orderBy: 'eventTime' | 'recordTime' | ExtensionName
  /** Only the first so many events. */
  readonly eventCountLimit?: number
  /** More than so many events are a QueryTooLargeException. */
  readonly maxEventCount?: number
  /** True when no event can match, as with a place that has no master data: there is nothing to ask a store for. */
  readonly nothing: boolean
  /** The same question gives the same text, whatever the order and spelling of its parameters; for digests and caches. */
  readonly text: string
  /** Of a URL only. */
  readonly perPage?: number
  readonly nextPageToken?: string
}

export interface QueryOptions {
  /** In a URL every value is text and lists are separated by pipes; in a body values have JSON types and lists are arrays. */
  readonly form: 'url' | 'body'
  /** JSON-LD context that declares prefixes beside the body's own `@context`, as `GS1-Extensions` does. */
  readonly context?: unknown
  readonly masterData?: MasterDataLookup
  /** Names of a URL that somebody else reads, as `stream`. */
  readonly ignored?: readonly string[]
}

export const queryExceptions = ['QueryParameterException', 'QueryTooComplexException'] as const
export type QueryException = (typeof queryExceptions)[number]

/** `pointer` is into a body; the name of a URL's parameter likewise, after a slash. */
export interface QueryFinding extends Reason {
  readonly exception: QueryException
  readonly name: string
  readonly current?: string
  readonly wanted?: string
  /** The known name that the caller probably meant. */
  readonly nearest?: string
}

export type QueryRead =
  | { readonly ok: true; readonly query: EpcisQuery }
  | { readonly ok: false; readonly findings: readonly QueryFinding[] }

export function readQuery(parameters: Readonly<Record<string, unknown>>, options: QueryOptions): QueryRead {
  void [parameters, options, declaredPrefixes]
  return { ok: false, findings: [] }
}
