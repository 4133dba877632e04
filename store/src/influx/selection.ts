/**
 * What an adapter asks of an InfluxDB, without a query language: every driver writes it in the one that its server speaks. It is kept as
 * small as the adapters allow, so that the languages cannot come to differ.
 */
import { influxTimeMsMax } from './line-protocol.ts'

export type InfluxValue = string | number | boolean

/** One tag or field has one of the values; of none, nothing is found. Tag values are texts as they were written; numbers are exact. */
export type Condition =
  | { readonly tag: string; readonly anyOf: readonly string[] }
  | { readonly field: string; readonly anyOf: readonly (string | number)[] }
  /** Tag and field together have one of the pairs of values. */
  | { readonly pairOf: readonly [tag: string, field: string]; readonly anyOf: readonly (readonly [tagValue: string, fieldValue: string])[] }

/** Both ends included, nanoseconds as decimal text (`nanosTextOf`). */
export interface TimeSpan {
  readonly fromNanos: string
  readonly toNanos: string
}

export interface Selection {
  readonly measurement: string
  /** The first one is in every point of the measurement; the others are null where a point has none. */
  readonly fields: readonly [string, ...string[]]
  /** All hold. Fields only where `pick` is `every`. */
  readonly where?: readonly Condition[]
  readonly span?: TimeSpan
  /** The points lie on whole milliseconds: their times are cheaper to read then. */
  readonly wholeMs?: boolean
  /**
   * every: the points in order of time, over all series, `tags` beside them; at most `limit`.
   * newest, oldest: one point of each series, all of its tags beside it. count: how many points a series has, its only value.
   */
  readonly pick:
    | { readonly type: 'every'; readonly tags: readonly string[]; readonly order: 'ascending' | 'descending'; readonly limit: number }
    | { readonly type: 'newest' | 'oldest' | 'count' }
}

export interface SelectedRow {
  readonly timeMs: number
  /** 0 to 999,999 after the millisecond; 0 in an answer to `wholeMs`. */
  readonly nanos: number
  /** Of `every` those asked for, of the other picks all of the series; a tag that a series has not is left out or empty. */
  readonly tags: Readonly<Record<string, string>>
  /** In the order of the fields asked for. */
  readonly values: readonly (InfluxValue | null)[]
}

export interface SelectAnswer {
  readonly rows: readonly SelectedRow[]
  /** The server cut the answer at a limit of its own: of `every` the first rows came; other picks reject instead. */
  readonly cut: boolean
}

export const wholeTime: TimeSpan = { fromNanos: '0', toNanos: `${influxTimeMsMax}999999` }

/** Milliseconds, both included, cut to what InfluxDB can hold; undefined when nothing is left. */
export function spanOfMs(fromMs: number, toMs: number): TimeSpan | undefined {
  const from = Math.max(0, fromMs)
  const to = Math.min(toMs, influxTimeMsMax)
  return from > to ? undefined : { fromNanos: from === 0 ? '0' : `${from}000000`, toNanos: `${to}999999` }
}

export function selectsNothing({ where = [], pick }: Selection): boolean {
  return where.some(({ anyOf }) => anyOf.length === 0) || (pick.type === 'every' && pick.limit < 1)
}
